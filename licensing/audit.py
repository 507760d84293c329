"""Licenses and offers in the database against the contracts' own storage."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Max

from common.identifiers import ZERO_ADDRESS
from common.parts import in_parts
from contracts.chains import Chain
from contracts.client import CALLS_PER_REQUEST, client
from licensing.models import EntryClosing, LicenseExpiry, LicenseMovement, LicenseRevocation, LicenseSale, Offer
from licensing.projections import LAST_SECOND
from licensing.selectors import sold_by_offers

Held = dict[tuple[int, str], int]
"""By license and holder, how many they have, or 0 once they had some."""


def holders(chain: Chain) -> Iterator[str]:
    """Every (license, holder) must have the balance that the movements add up to; exactly what is revoked here must be
    revoked there, and what ends here must end there at the same second."""
    held = _held(chain)
    yield from _balances(chain, held)
    yield from _revocations(chain, held)
    yield from _ends(chain, {license_id for license_id, _holder in held})


def _balances(chain: Chain, held: Held) -> Iterator[str]:
    lines = [(license_id, holder, quantity) for (license_id, holder), quantity in held.items()]
    questions = [(holder, license_id) for license_id, holder, _quantity in lines]
    answers = client(chain).calls("DesignLicenses", "balanceOf", questions)
    for (license_id, holder, quantity), on_chain in zip(lines, answers, strict=True):
        if on_chain != quantity:
            yield f"license {license_id} of {holder}: the chain says {on_chain}, the database {quantity}"


def _held(chain: Chain) -> Held:
    """Read once for all that is asked about it: there are as many movements as there ever were."""
    held: dict[tuple[int, str], int] = defaultdict(int)
    for license_id, sender, receiver, quantity in LicenseMovement.objects.filter(chain_id=chain.chain_id).values_list(
        "license_id", "sender", "receiver", "quantity"
    ):
        held[license_id, receiver] += quantity
        held[license_id, sender] -= quantity
    return {(license_id, holder): number for (license_id, holder), number in held.items() if holder != ZERO_ADDRESS}


def _revocations(chain: Chain, held: Held) -> Iterator[str]:
    rows = LicenseRevocation.objects.filter(chain_id=chain.chain_id).values_list("license_id", "holder")
    revoked = {(license_id, holder): number for license_id, holder, number in rows.annotate(number=Max("quantity"))}
    held = dict.fromkeys(revoked, 0) | held
    answers = client(chain).calls("DesignLicenses", "isRevoked", list(held))
    for ((license_id, holder), quantity), on_chain in zip(held.items(), answers, strict=True):
        in_rows = quantity <= revoked.get((license_id, holder), -1)
        if on_chain != in_rows:
            yield f"license {license_id} of {holder}: the chain says revoked is {on_chain}, the database {in_rows}"


def _ends(chain: Chain, licenses: Iterable[int]) -> Iterator[str]:
    expiries = LicenseExpiry.objects.filter(chain_id=chain.chain_id).values_list("license_id")
    # Of whom nothing is stored it never ends.
    ends = dict.fromkeys(licenses) | dict(expiries.annotate(until=Max("expires_at")))
    answers = client(chain).calls("DesignLicenses", "expiresAt", [(license_id,) for license_id in ends])
    for (license_id, until), expires_at in zip(ends.items(), answers, strict=True):
        on_chain, in_rows = min(expires_at, LAST_SECOND), int(until.timestamp()) if until else 0
        if on_chain != in_rows:
            yield f"license {license_id}: the chain says it ends at {on_chain}, the database at {in_rows}"


def offers(chain: Chain) -> Iterator[str]:
    """Every offer must stand at the market as its newest event left it, with the number sold; what sold must be one."""
    key = ("entry_id", "terms_hash", "currency")
    newest = Offer.objects.filter(chain_id=chain.chain_id).order_by(*key, "-event__block__number", "-event__log_index")
    entries = LicenseSale.objects.filter(chain_id=chain.chain_id).values_list("entry_id", flat=True).distinct()
    sold = sold_by_offers(chain_id=chain.chain_id, entry_ids=list(entries))
    known = set(newest.order_by().values_list(*key))
    for entry_id, terms_hash, currency in sorted(sold.keys() - known):
        yield f"offer {entry_id} {terms_hash} in {currency} has sold, and the database has none"
    for part in in_parts(newest.distinct(*key), CALLS_PER_REQUEST):
        questions = [(int(one.entry_id, 16), bytes.fromhex(one.terms_hash[2:]), one.currency) for one in part]
        answers = client(chain).calls("LicenseMarket", "offer", questions)
        for offer, (terms, number, is_open) in zip(part, answers, strict=True):
            on_chain = _terms_in_words(terms) if is_open else None
            in_rows = _row_in_words(offer) if offer.is_open else None
            name = f"offer {offer.entry_id} {offer.terms_hash} in {offer.currency}"
            if on_chain != in_rows:
                yield f"{name}: the chain says {on_chain}, the database {in_rows}"
            in_sales = sold.get((offer.entry_id, offer.terms_hash, offer.currency), 0)
            if number != in_sales:
                yield f"{name}: the chain has sold {number}, the database {in_sales}"


def _terms_in_words(terms: tuple[Any, ...]) -> tuple[Any, ...]:
    price, supply, starts_at, ends_at, wallet_cap, unit_price, allow_root, gate = terms
    times = (min(at, LAST_SECOND) for at in (starts_at, ends_at))
    return price, supply, *times, wallet_cap, unit_price, any(allow_root) or gate[0] != 0


def _row_in_words(offer: Offer) -> tuple[Any, ...]:
    times = (int(at.timestamp()) if at else 0 for at in (offer.starts_at, offer.ends_at))
    return offer.price, offer.supply, *times, offer.wallet_cap, offer.unit_price, offer.restricted


def closings(chain: Chain) -> Iterator[str]:
    """Exactly the entries of which an exclusive license was sold must be closed."""
    closed = set(EntryClosing.objects.filter(chain_id=chain.chain_id).values_list("entry_id", flat=True))
    offered = set(Offer.objects.filter(chain_id=chain.chain_id).values_list("entry_id", flat=True))
    entries = sorted(closed | offered)
    answers = client(chain).calls("LicenseMarket", "entryState", [(int(entry_id, 16),) for entry_id in entries])
    for entry_id, (on_chain, *_rest) in zip(entries, answers, strict=True):
        if on_chain != (entry_id in closed):
            yield f"entry {entry_id}: the chain says closed is {on_chain}, the database {entry_id in closed}"
