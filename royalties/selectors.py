"""Holdings, statements and what is claimable, from the projections alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Case, F, IntegerField, Q, Sum, When
from django.utils import timezone

from common.identifiers import ZERO_HASH
from contracts.models import ChainEvent
from designs.models import EntryAncestor
from royalties.ledger import FEE_PPM, SUPPLY, Entry, EntryLedger, Movement, Paid, Revenue
from royalties.models import Payout, ShareMovement, Source

PPM = 1_000_000


def fee_ppm(*, chain_id: int, at: datetime | None = None) -> int:
    """The platform's fee on sales now (or at a time), in parts per million: a change is announced before it holds."""
    at = at or timezone.now()
    changes = ChainEvent.objects.filter(chain_id=chain_id, contract="DesignShares", name="FeeScheduled")
    rate = following = FEE_PPM
    holds_from = 0
    for event in changes.select_related("block").order_by("block__number", "log_index"):
        if event.block.timestamp > at:
            break
        rate = following if holds_from <= event.block.timestamp.timestamp() else rate
        following, holds_from = event.integer("feePpm"), event.integer("effectiveAt")
    return following if holds_from <= at.timestamp() else rate


@dataclass(frozen=True)
class Holding:
    address: str
    units: int

    @property
    def percent(self) -> str:
        return f"{self.units / 10_000:.4f}".rstrip("0").rstrip(".")


def holdings(*, chain_id: int, entry_id: str, limit: int = 100) -> list[Holding]:
    """Who holds an entry's share units now, largest first, at most `limit` of them."""
    moves = ShareMovement.objects.filter(chain_id=chain_id, entry_id=entry_id)
    received = moves.values_list("receiver").annotate(units=Sum("units"))
    sent = moves.values_list("sender").annotate(units=-Sum("units"))
    units: dict[str, int] = {}
    # One question: what is stored or taken back meanwhile is in both or in none.
    for address, amount in received.union(sent, all=True):
        units[address] = units.get(address, 0) + amount
    held = [Holding(address, amount) for address, amount in units.items() if amount > 0]
    return sorted(held, key=lambda holding: (-holding.units, holding.address))[:limit]


@dataclass(frozen=True)
class StatementLine:
    """One credit: money that came in, the holder's units at that moment, and what it brought them (base units)."""

    chain_id: int
    entry_id: str
    currency: str
    gross: int
    fee: int
    own: int
    source: Source
    units: int
    amount: int
    ref: str
    transaction_hash: str
    block_number: int
    at: datetime
    log_index: int
    holder: str

    @property
    def place(self) -> str:
        """Where a statement goes on after this line."""
        return f"{self.block_number}.{self.log_index}.{self.holder}"


_STATEMENT = """  -- only named parameters below: values never enter the text
WITH moves AS (
    SELECT m.entry_id, b.number, e.log_index, m.sender, m.receiver, m.units
    FROM royalties_sharemovement m
    JOIN contracts_chainevent e ON e.id = m.event_id
    JOIN contracts_chainblock b ON b.id = e.block_id
    WHERE m.chain_id = %(chain)s AND (m.receiver = ANY(%(holders)s) OR m.sender = ANY(%(holders)s))
), mine AS (
    SELECT entry_id, number, log_index, receiver AS holder, units FROM moves WHERE receiver = ANY(%(holders)s)
    UNION ALL
    SELECT entry_id, number, log_index, sender, -units FROM moves WHERE sender = ANY(%(holders)s)
), incoming AS (
    SELECT event_id, entry_id, currency, gross, fee, own, source, ref
    FROM royalties_revenueevent WHERE chain_id = %(chain)s
    UNION ALL
    SELECT event_id, entry_id, currency, amount, 0, amount, 0, %(no_ref)s
    FROM royalties_ancestorsettlement WHERE chain_id = %(chain)s
), credits AS (
    SELECT %(chain)s::bigint AS chain_id, r.entry_id, r.currency, r.gross, r.fee, r.own, r.source, r.ref,
           e.transaction_hash, b.number, b.timestamp, e.log_index, held.holder, held.units,
           SUM(r.own * held.units) OVER (
               PARTITION BY r.entry_id, r.currency, held.holder ORDER BY b.number, e.log_index
           ) AS cumulative
    FROM incoming r
    JOIN contracts_chainevent e ON e.id = r.event_id
    JOIN contracts_chainblock b ON b.id = e.block_id
    CROSS JOIN LATERAL (
        SELECT mine.holder, SUM(mine.units) AS units FROM mine
        WHERE mine.entry_id = r.entry_id AND (mine.number, mine.log_index) < (b.number, e.log_index)
        GROUP BY mine.holder
    ) held
    WHERE r.entry_id IN (SELECT entry_id FROM mine) AND held.units > 0
), lines AS (
    SELECT *, div(cumulative, %(supply)s) - div(cumulative - own * units, %(supply)s) AS amount FROM credits
)
"""

_LINES = (
    _STATEMENT
    + """
SELECT chain_id, entry_id, currency, gross, fee, own, source, units, amount,
       ref, transaction_hash, number, timestamp, log_index, holder
FROM lines
WHERE %(before_block)s::bigint IS NULL
   OR (number, log_index, holder) < (%(before_block)s::bigint, %(before_log)s::bigint, %(before_holder)s::text)
ORDER BY number DESC, log_index DESC, holder DESC
LIMIT %(limit)s
"""
)

_TOTALS = (
    _STATEMENT  # noqa: S608
    + """
SELECT credits.entry_id, credits.currency, credits.holder, SUM(own * units) AS numerator,
       (SELECT COALESCE(SUM(p.amount), 0) FROM royalties_payout p
        WHERE p.chain_id = %(chain)s AND p.entry_id = credits.entry_id
          AND p.currency = credits.currency AND p.holder = credits.holder) AS paid
FROM credits GROUP BY credits.entry_id, credits.currency, credits.holder
"""
)

_DAYS = (
    _STATEMENT
    + """
SELECT (timestamp AT TIME ZONE 'UTC')::date AS day, source, currency, COUNT(*), SUM(amount)
FROM lines GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
)

# One address, or all addresses of a person: each is credited for itself, to the whole unit.
Holder = str | Sequence[str]


def _fetch(text: str, *, chain_id: int, holder: Holder, **values: int | str | None) -> list[tuple[Any, ...]]:
    holders = [holder] if isinstance(holder, str) else list(holder)
    with connection.cursor() as cursor:
        cursor.execute(text, {"chain": chain_id, "holders": holders, "supply": SUPPLY, "no_ref": ZERO_HASH, **values})
        return cursor.fetchall()


def statement(
    *, chain_id: int, holder: Holder, before: tuple[int, int, str] | None = None, limit: int | None = 50
) -> list[StatementLine]:
    """Credits, newest first, from before a place (`StatementLine.place`); all of them without a limit.

    Amounts add up to exactly what was credited: each is the step between two whole totals, so a fraction left by
    one sale shows in a later one.
    """
    block, log, address = before or (None, None, None)
    rows = _fetch(
        _LINES,
        chain_id=chain_id,
        holder=holder,
        before_block=block,
        before_log=log,
        before_holder=address,
        limit=limit,
    )
    return [
        StatementLine(
            chain_id=row[0],
            entry_id=row[1],
            currency=row[2],
            gross=int(row[3]),
            fee=int(row[4]),
            own=int(row[5]),
            source=Source(row[6]),
            units=int(row[7]),
            amount=int(row[8]),
            ref=row[9],
            transaction_hash=row[10],
            block_number=row[11],
            at=row[12],
            log_index=row[13],
            holder=row[14],
        )
        for row in rows
    ]


@dataclass(frozen=True)
class DayTotal:
    """What one source credited in one currency on one day (UTC), in base units, by how many lines."""

    day: date
    source: Source
    currency: str
    lines: int
    amount: int


def earnings_by_day(*, chain_id: int, holder: Holder) -> list[DayTotal]:
    """All credits by day, source and currency, oldest first."""
    rows = _fetch(_DAYS, chain_id=chain_id, holder=holder)
    return [DayTotal(row[0], Source(row[1]), row[2], int(row[3]), int(row[4])) for row in rows]


@dataclass(frozen=True)
class EarningTotal:
    """Base units of one entry and currency for one holder, or for all addresses of one. `credited` = `paid` +
    `claimable`."""

    entry_id: str
    currency: str
    credited: int
    paid: int

    @property
    def claimable(self) -> int:
        return self.credited - self.paid


def earning_totals(*, chain_id: int, holder: Holder) -> list[EarningTotal]:
    """What each entry ever brought, and what of it was paid."""
    found: dict[tuple[str, str], EarningTotal] = {}
    for entry_id, currency, _address, numerator, paid in _fetch(_TOTALS, chain_id=chain_id, holder=holder):
        before = found.get((entry_id, currency), EarningTotal(entry_id, currency, 0, 0))
        credited = before.credited + int(numerator) // SUPPLY
        found[entry_id, currency] = EarningTotal(entry_id, currency, credited, before.paid + int(paid))
    return list(found.values())


def payouts_to(*, chain_id: int, holder: Holder, limit: int = 50) -> list[Payout]:
    """Money that was paid for these addresses, at home or where their orders sent it, newest first."""
    holders = [holder] if isinstance(holder, str) else list(holder)
    return list(
        Payout.objects.filter(chain_id=chain_id, holder__in=holders)
        .select_related("event__block")
        .order_by("-event__block__number", "-event__log_index")[:limit]
    )


# One statement, so that a window of blocks that is stored or taken back meanwhile is in all of it or in none.
_LEDGER = """
SELECT entry.kind, entry.sender, entry.receiver, entry.amount
FROM (
    SELECT event_id, position, 'moved' AS kind, sender, receiver, units::numeric AS amount
    FROM royalties_sharemovement WHERE chain_id = %(chain)s AND entry_id = %(entry)s
    UNION ALL
    SELECT event_id, 0, 'earned', '', '', own
    FROM royalties_revenueevent WHERE chain_id = %(chain)s AND entry_id = %(entry)s AND currency = %(currency)s
    UNION ALL
    SELECT event_id, 0, 'earned', '', '', amount
    FROM royalties_ancestorsettlement WHERE chain_id = %(chain)s AND entry_id = %(entry)s AND currency = %(currency)s
    UNION ALL
    SELECT event_id, 0, 'paid', '', holder, amount
    FROM royalties_payout WHERE chain_id = %(chain)s AND entry_id = %(entry)s AND currency = %(currency)s
) entry
JOIN contracts_chainevent e ON e.id = entry.event_id
JOIN contracts_chainblock b ON b.id = e.block_id
ORDER BY b.number, e.log_index, entry.position
"""


def replay(*, chain_id: int, entry_id: str, currency: str) -> EntryLedger:
    """The exact ledger of one entry and currency, from its projected events in chain order."""
    with connection.cursor() as cursor:
        cursor.execute(_LEDGER, {"chain": chain_id, "entry": entry_id, "currency": currency})
        return EntryLedger().apply(_entry(*row) for row in cursor.fetchall())


def _entry(kind: str, sender: str, receiver: str, amount: Decimal) -> Entry:
    match kind:
        case "moved":
            return Movement(sender, receiver, int(amount))
        case "earned":
            return Revenue(int(amount))
        case _:
            return Paid(receiver, int(amount))


@dataclass(frozen=True)
class Slice:
    """A part of a price: who gets how much (base units)."""

    address: str
    units: int
    amount: int


@dataclass(frozen=True)
class Breakdown:
    """Where a price goes. Fee, ancestors and slices may leave a few base units that the next sale carries."""

    price: int
    fee: int
    fee_ppm: int
    ancestors: int
    ancestors_ppm: int
    slices: Sequence[Slice]


def breakdown(*, chain_id: int, entry_id: str, price: int) -> Breakdown:
    """Where the money of one sale would go if it happened now."""
    rate = fee_ppm(chain_id=chain_id)
    stack = sum(EntryAncestor.objects.filter(chain_id=chain_id, entry_id=entry_id).values_list("ppm", flat=True))
    fee = price * rate // PPM
    ancestors = (price - fee) * stack // PPM
    own = price - fee - ancestors
    return Breakdown(
        price=price,
        fee=fee,
        fee_ppm=rate,
        ancestors=ancestors,
        ancestors_ppm=stack,
        slices=[
            Slice(holding.address, holding.units, own * holding.units // SUPPLY)
            for holding in holdings(chain_id=chain_id, entry_id=entry_id, limit=20)
        ],
    )


def units_of(*, chain_id: int, holder: Holder) -> dict[str, int]:
    """Share units held now, by entry."""
    holders = [holder] if isinstance(holder, str) else list(holder)
    moved = (
        ShareMovement.objects.filter(Q(receiver__in=holders) | Q(sender__in=holders), chain_id=chain_id)
        .values_list("entry_id")
        .annotate(
            units=Sum(
                Case(When(receiver__in=holders, then=F("units")), default=0, output_field=IntegerField())
                - Case(When(sender__in=holders, then=F("units")), default=0, output_field=IntegerField())
            )
        )
    )
    return {entry_id: units for entry_id, units in moved if units}
