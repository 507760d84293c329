"""Holdings, statements and what is claimable, from the projections alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain as joined

from django.db import connection
from django.db.models import Case, F, IntegerField, Q, Sum, When

from royalties.ledger import FEE_PPM, SUPPLY, Entry, EntryLedger, Movement, Paid, Revenue
from royalties.models import Payout, RevenueEvent, ShareMovement


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
    sent = moves.values_list("sender").annotate(units=Sum("units"))
    units: dict[str, int] = {}
    for address, amount in received:
        units[address] = units.get(address, 0) + amount
    for address, amount in sent:
        units[address] = units.get(address, 0) - amount
    held = [Holding(address, amount) for address, amount in units.items() if amount > 0]
    return sorted(held, key=lambda holding: (-holding.units, holding.address))[:limit]


@dataclass(frozen=True)
class StatementLine:
    """One credit: a sale, the holder's units at that moment, and what it brought them (base units)."""

    chain_id: int
    entry_id: str
    currency: str
    gross: int
    fee: int
    own: int
    units: int
    amount: int
    ref: str
    transaction_hash: str
    block_number: int
    at: datetime


_STATEMENT = """  -- only named parameters below: values never enter the text
WITH mine AS (
    SELECT m.chain_id, m.entry_id, b.number, e.log_index,
           CASE WHEN m.receiver = %(holder)s THEN m.units ELSE 0 END
         - CASE WHEN m.sender = %(holder)s THEN m.units ELSE 0 END AS units
    FROM royalties_sharemovement m
    JOIN contracts_chainevent e ON e.id = m.event_id
    JOIN contracts_chainblock b ON b.id = e.block_id
    WHERE m.chain_id = %(chain)s AND (m.receiver = %(holder)s OR m.sender = %(holder)s)
), credits AS (
    SELECT r.chain_id, r.entry_id, r.currency, r.gross, r.fee, r.own, r.ref, e.transaction_hash,
           b.number, b.timestamp, e.log_index, held.units,
           SUM(r.own * held.units) OVER (
               PARTITION BY r.entry_id, r.currency ORDER BY b.number, e.log_index
           ) AS cumulative
    FROM royalties_revenueevent r
    JOIN contracts_chainevent e ON e.id = r.event_id
    JOIN contracts_chainblock b ON b.id = e.block_id
    CROSS JOIN LATERAL (
        SELECT COALESCE(SUM(mine.units), 0) AS units FROM mine
        WHERE mine.entry_id = r.entry_id AND (mine.number, mine.log_index) < (b.number, e.log_index)
    ) held
    WHERE r.chain_id = %(chain)s AND r.entry_id IN (SELECT entry_id FROM mine) AND held.units > 0
)
"""

_LINES = (
    _STATEMENT
    + """
SELECT chain_id, entry_id, currency, gross, fee, own, units,
       div(cumulative, %(supply)s) - div(cumulative - own * units, %(supply)s) AS amount,
       ref, transaction_hash, number, timestamp
FROM credits
WHERE %(before)s::bigint IS NULL OR number < %(before)s::bigint
ORDER BY number DESC, log_index DESC
LIMIT %(limit)s
"""
)

_TOTALS = (
    _STATEMENT  # noqa: S608
    + """
SELECT credits.entry_id, credits.currency, SUM(own * units) AS numerator,
       (SELECT COALESCE(SUM(p.amount), 0) FROM royalties_payout p
        WHERE p.chain_id = %(chain)s AND p.entry_id = credits.entry_id
          AND p.currency = credits.currency AND p.holder = %(holder)s) AS paid
FROM credits GROUP BY credits.entry_id, credits.currency
"""
)


def statement(*, chain_id: int, holder: str, before_block: int | None = None, limit: int = 50) -> list[StatementLine]:
    """A holder's credits, newest first. Amounts add up to exactly what was credited: each is the step between
    two whole totals, so a fraction left by one sale shows in a later one."""
    values: dict[str, int | str | None] = {
        "chain": chain_id,
        "holder": holder,
        "before": before_block,
        "limit": limit,
        "supply": SUPPLY,
    }
    with connection.cursor() as cursor:
        cursor.execute(_LINES, values)
        rows = cursor.fetchall()
    return [
        StatementLine(
            chain_id=row[0],
            entry_id=row[1],
            currency=row[2],
            gross=int(row[3]),
            fee=int(row[4]),
            own=int(row[5]),
            units=int(row[6]),
            amount=int(row[7]),
            ref=row[8],
            transaction_hash=row[9],
            block_number=row[10],
            at=row[11],
        )
        for row in rows
    ]


@dataclass(frozen=True)
class EarningTotal:
    """Base units of one entry and currency for one holder. `credited` = `paid` + `claimable`."""

    entry_id: str
    currency: str
    credited: int
    paid: int

    @property
    def claimable(self) -> int:
        return self.credited - self.paid


def earning_totals(*, chain_id: int, holder: str) -> list[EarningTotal]:
    """What each entry ever brought a holder, and what of it was paid."""
    with connection.cursor() as cursor:
        cursor.execute(_TOTALS, {"chain": chain_id, "holder": holder})
        rows = cursor.fetchall()
    return [EarningTotal(row[0], row[1], int(row[2]) // SUPPLY, int(row[3])) for row in rows]


def payouts_to(*, chain_id: int, holder: str, limit: int = 50) -> list[Payout]:
    """Money that reached the holder's address, newest first."""
    return list(
        Payout.objects.filter(chain_id=chain_id, holder=holder)
        .select_related("event__block")
        .order_by("-event__block__number", "-event__log_index")[:limit]
    )


def replay(*, chain_id: int, entry_id: str, currency: str) -> EntryLedger:
    """The exact ledger of one entry and currency, from its projected events in chain order."""
    here = Q(chain_id=chain_id, entry_id=entry_id)
    order = ("event__block__number", "event__log_index")
    moves = (
        ((number, index, position), Movement(sender, receiver, units))
        for number, index, position, sender, receiver, units in ShareMovement.objects.filter(here).values_list(
            *order, "position", "sender", "receiver", "units"
        )
    )
    revenue = (
        ((number, index, 0), Revenue(own))
        for number, index, own in RevenueEvent.objects.filter(here, currency=currency).values_list(*order, "own")
    )
    paid = (
        ((number, index, 0), Paid(holder, amount))
        for number, index, holder, amount in Payout.objects.filter(here, currency=currency).values_list(
            *order, "holder", "amount"
        )
    )
    ordered: Iterable[tuple[tuple[int, int, int], Entry]] = sorted(
        joined(moves, revenue, paid), key=lambda item: item[0]
    )
    return EntryLedger().apply(event for _, event in ordered)


@dataclass(frozen=True)
class Slice:
    """A part of a price: who gets how much (base units)."""

    address: str
    units: int
    amount: int


@dataclass(frozen=True)
class Breakdown:
    """Where a price goes. `fee` and the slices may leave a few base units that the next sale carries."""

    price: int
    fee: int
    slices: Sequence[Slice]


def breakdown(*, chain_id: int, entry_id: str, price: int) -> Breakdown:
    """Where the money of one sale would go if it happened now."""
    fee = price * FEE_PPM // 1_000_000
    own = price - fee
    return Breakdown(
        price=price,
        fee=fee,
        slices=[
            Slice(holding.address, holding.units, own * holding.units // SUPPLY)
            for holding in holdings(chain_id=chain_id, entry_id=entry_id, limit=20)
        ],
    )


def units_of(*, chain_id: int, holder: str) -> dict[str, int]:
    """Share units a holder has now, by entry."""
    moved = (
        ShareMovement.objects.filter(Q(receiver=holder) | Q(sender=holder), chain_id=chain_id)
        .values_list("entry_id")
        .annotate(
            units=Sum(
                Case(When(receiver=holder, then=F("units")), default=0, output_field=IntegerField())
                - Case(When(sender=holder, then=F("units")), default=0, output_field=IntegerField())
            )
        )
    )
    return {entry_id: units for entry_id, units in moved if units}
