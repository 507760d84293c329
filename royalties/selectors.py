"""Holdings, statements and what is claimable, from the projections alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain as joined

from django.db import connection
from django.db.models import Case, F, IntegerField, Q, Sum, When
from django.utils import timezone

from common.identifiers import ZERO_HASH
from contracts.models import ChainEvent
from designs.models import EntryAncestor
from royalties.ledger import FEE_PPM, SUPPLY, Entry, EntryLedger, Movement, Paid, Revenue
from royalties.models import AncestorSettlement, Payout, RevenueEvent, ShareMovement, Source

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


_STATEMENT = """  -- only named parameters below: values never enter the text
WITH mine AS (
    SELECT m.chain_id, m.entry_id, b.number, e.log_index,
           CASE WHEN m.receiver = %(holder)s THEN m.units ELSE 0 END
         - CASE WHEN m.sender = %(holder)s THEN m.units ELSE 0 END AS units
    FROM royalties_sharemovement m
    JOIN contracts_chainevent e ON e.id = m.event_id
    JOIN contracts_chainblock b ON b.id = e.block_id
    WHERE m.chain_id = %(chain)s AND (m.receiver = %(holder)s OR m.sender = %(holder)s)
), incoming AS (
    SELECT event_id, entry_id, currency, gross, fee, own, source, ref
    FROM royalties_revenueevent WHERE chain_id = %(chain)s
    UNION ALL
    SELECT event_id, entry_id, currency, amount, 0, amount, 0, %(no_ref)s
    FROM royalties_ancestorsettlement WHERE chain_id = %(chain)s
), credits AS (
    SELECT %(chain)s::bigint AS chain_id, r.entry_id, r.currency, r.gross, r.fee, r.own, r.source, r.ref,
           e.transaction_hash, b.number, b.timestamp, e.log_index, held.units,
           SUM(r.own * held.units) OVER (
               PARTITION BY r.entry_id, r.currency ORDER BY b.number, e.log_index
           ) AS cumulative
    FROM incoming r
    JOIN contracts_chainevent e ON e.id = r.event_id
    JOIN contracts_chainblock b ON b.id = e.block_id
    CROSS JOIN LATERAL (
        SELECT COALESCE(SUM(mine.units), 0) AS units FROM mine
        WHERE mine.entry_id = r.entry_id AND (mine.number, mine.log_index) < (b.number, e.log_index)
    ) held
    WHERE r.entry_id IN (SELECT entry_id FROM mine) AND held.units > 0
)
"""

_LINES = (
    _STATEMENT
    + """
SELECT chain_id, entry_id, currency, gross, fee, own, source, units,
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
        "no_ref": ZERO_HASH,
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
            source=Source(row[6]),
            units=int(row[7]),
            amount=int(row[8]),
            ref=row[9],
            transaction_hash=row[10],
            block_number=row[11],
            at=row[12],
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
        cursor.execute(_TOTALS, {"chain": chain_id, "holder": holder, "no_ref": ZERO_HASH})
        rows = cursor.fetchall()
    return [EarningTotal(row[0], row[1], int(row[2]) // SUPPLY, int(row[3])) for row in rows]


def payouts_to(*, chain_id: int, holder: str, limit: int = 50) -> list[Payout]:
    """Money that the holder was paid, at home or where their orders sent it, newest first."""
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
    settled = (
        ((number, index, 0), Revenue(amount))
        for number, index, amount in AncestorSettlement.objects.filter(here, currency=currency).values_list(
            *order, "amount"
        )
    )
    paid = (
        ((number, index, 0), Paid(holder, amount))
        for number, index, holder, amount in Payout.objects.filter(here, currency=currency).values_list(
            *order, "holder", "amount"
        )
    )
    ordered: Iterable[tuple[tuple[int, int, int], Entry]] = sorted(
        joined(moves, revenue, settled, paid), key=lambda item: item[0]
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
