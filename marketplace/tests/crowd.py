"""Very many designs on show, made by the database itself: for searches that must stay quick."""

from django.conf import settings
from django.db import connection

from accounts.models import User
from marketplace.tests import rows

_PREPARE = """
INSERT INTO contracts_chainblock (chain_id, number, hash, parent_hash, timestamp, has_events)
SELECT %(chain)s, n, '0x' || lpad(to_hex(n), 64, '0'), '0x' || lpad(to_hex(n - 1), 64, '0'),
  timestamptz '2026-11-01' + n * interval '5 seconds', true
FROM generate_series(%(first)s, %(first)s + (%(number)s - 1) / %(a_block)s) n;
INSERT INTO contracts_chainevent
  (block_id, chain_id, contract, address, name, args, transaction_hash, transaction_index, log_index, topics, data)
SELECT b.id, b.chain_id, what[1], %(address)s, what[2], '{}', '0x' || lpad(to_hex(n), 64, '0'), 0,
  2 * n + what[3]::int, '[]', '0x'
FROM generate_series(0, %(number)s - 1) n
JOIN contracts_chainblock b ON b.chain_id = %(chain)s AND b.number = %(first)s + n / %(a_block)s
CROSS JOIN (VALUES (ARRAY['DesignRegistry', 'EntryRegistered', '0']),
  (ARRAY['LicenseMarket', 'OfferOpened', '1'])) x(what);
INSERT INTO designs_asset (sha256, cid, size, media_type, created_at)
VALUES (repeat('c0', 32), 'bafkreicrowd', 1000, 'image/png', now());
INSERT INTO designs_design (public_id, owner_id, title, description, tags, kind, disclosure, state, state_reason,
  watermark, chain_id, entry_id, created_at, updated_at)
SELECT gen_random_uuid(), %(owner)s,
  (ARRAY['Gyroid','Estuary','Voronoi','Coral','Helix','Lattice','Terrace','Murmuration'])[1 + n %% 8] || ' '
    || (ARRAY['Lantern','Shell','Tile','Vessel','Bracket','Relief','Screen'])[1 + n / 8 %% 7] || ' ' || n,
  'A study of surfaces with period ' || n %% 13 || ' and thickness ' || n %% 7,
  ARRAY[(ARRAY['lattice','vessel','relief','print-ready','drawing'])[1 + n %% 5], 'series-' || n %% 40],
  (ARRAY['mesh','image'])[1 + n %% 2], (ARRAY['not_ai','ai_assisted','ai_generated'])[1 + n %% 3], 'anchoring', '',
  false, %(chain)s, '0xee' || lpad(to_hex(n), 30, '0'), now(), now()
FROM generate_series(0, %(number)s - 1) n;
INSERT INTO designs_designversion (design_id, number, master_id, file_name, model_name, model_version, parameters,
  prompt, seed, facts, tools, file_says, read_from_file, stated_units, stated_up, bulk, created_at)
SELECT d.id, 1, (SELECT id FROM designs_asset WHERE cid = 'bafkreicrowd'), 'piece.png',
  (ARRAY['flow-field','lattice-lantern','voronoi-shell','twisted-vessel',''])[1 + d.id %% 5], '', '{}', '', '',
  '{}', '{}', '{}', '{}', '', '', false, now()
FROM designs_design d WHERE d.owner_id = %(owner)s AND d.entry_id LIKE '0xee00000000%%';
INSERT INTO designs_registryentry
  (event_id, chain_id, entry_id, creator, output_hash, kind, record_root, claimed_at, signers, custodial)
SELECT e.id, %(chain)s, '0xee' || lpad(to_hex(e.log_index / 2), 30, '0'), %(address)s,
  '0x' || lpad(to_hex(e.log_index), 64, '0'), 0, '0x' || lpad(to_hex(e.log_index), 64, '1'), b.timestamp,
  ARRAY[%(address)s], ARRAY[true]
FROM contracts_chainevent e JOIN contracts_chainblock b ON b.id = e.block_id
WHERE e.name = 'EntryRegistered' AND b.number >= %(first)s;
INSERT INTO licensing_offer (event_id, chain_id, entry_id, terms_hash, currency, is_open, price, supply, wallet_cap,
  unit_price, restricted)
SELECT e.id, %(chain)s, '0xee' || lpad(to_hex(e.log_index / 2), 30, '0'), %(terms)s, %(currency)s, true,
  1000000 * (1 + e.log_index / 2 %% 120), 0, 0, 0, false
FROM contracts_chainevent e JOIN contracts_chainblock b ON b.id = e.block_id
WHERE e.name = 'OfferOpened' AND b.number >= %(first)s AND e.log_index / 2 %% 10 <> 0;
"""


def crowd(owner: User, number: int, *, first_block: int = 1_000_000, a_block: int = 4) -> None:
    """So many anchored designs, some in one block and so claimed at one time; nine of ten have a price."""
    terms = rows.templates()["personal"].terms_hash
    values = {
        "chain": settings.CHAINS["public"]["chain_id"],
        "first": first_block,
        "number": number,
        "a_block": a_block,
        "address": rows.REGISTRY,
        "owner": owner.pk,
        "terms": terms,
        "currency": rows.CURRENCY,
    }
    with connection.cursor() as cursor:
        for statement in _PREPARE.split(";\n"):
            if statement.strip():
                cursor.execute(statement, values)
