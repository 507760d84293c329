"""What the gauges are made of, read from the database alone, with as many questions whatever there is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Min, Q
from django.utils import timezone

from contracts.chains import Chain
from contracts.models import AuditRun, ChainCursor, ChainTransaction, KeyBalance, ReadingError, TransactionAttempt
from contracts.operations.thresholds import DELIVERY_SECONDS, ERROR_SECONDS, REFUSAL_SECONDS

State = ChainTransaction.State
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Facts:
    """How a chain does. `audit` is the last one that came to its end, `audits_since` is when the first began."""

    now: datetime
    cursor: ChainCursor | None = None
    errors: int = 0
    planned: int = 0
    planned_since: datetime | None = None
    in_flight: int = 0
    in_flight_since: datetime | None = None
    failed: int = 0
    undelivered: int = 0
    refused: int = 0
    refused_reason: str = ""
    balances: tuple[KeyBalance, ...] = ()
    audit: AuditRun | None = None
    audits_since: datetime | None = None


def read_facts(chain: Chain) -> Facts:
    """The facts of one chain, in ten questions."""
    now, mine = timezone.now(), Q(chain_id=chain.chain_id)
    open_ones = ChainTransaction.objects.filter(mine, state__in=[State.PLANNED, *ChainTransaction.IN_FLIGHT])
    counted = open_ones.aggregate(
        planned=Count("pk", filter=Q(state=State.PLANNED)),
        planned_since=Min("state_at", filter=Q(state=State.PLANNED)),
        in_flight=Count("pk", filter=Q(state__in=ChainTransaction.IN_FLIGHT)),
    )
    # A replacement begins a new state, and is no news: what counts is when the nonce was first signed for.
    signed = TransactionAttempt.objects.filter(
        transaction__chain_id=chain.chain_id,
        transaction__state__in=ChainTransaction.IN_FLIGHT,
        nonce=F("transaction__nonce"),
    )
    # Nothing of their key goes out behind them.
    untaken = ChainTransaction.objects.filter(
        mine,
        Q(state=State.SIGNED) | Q(state=State.PLANNED, nonce__isnull=False),
        state_at__lt=now - timedelta(seconds=REFUSAL_SECONDS),
    )
    refusals = list(untaken.exclude(error="").order_by("nonce").values_list("error", flat=True))
    return Facts(
        now=now,
        cursor=ChainCursor.objects.filter(mine).first(),
        errors=ReadingError.objects.filter(mine, at__gt=now - timedelta(seconds=ERROR_SECONDS)).count(),
        planned=counted["planned"],
        planned_since=counted["planned_since"],
        in_flight=counted["in_flight"],
        in_flight_since=signed.aggregate(first=Min("signed_at"))["first"],
        failed=ChainTransaction.objects.filter(mine, state=State.FAILED, state_at__gt=now - DAY).count(),
        undelivered=ChainTransaction.objects.filter(
            mine,
            state__in=ChainTransaction.GIVEN_UP,
            outcome_delivered=False,
            outcome_waits=False,
            state_at__lt=now - timedelta(seconds=DELIVERY_SECONDS),
        ).count(),
        refused=len(refusals),
        refused_reason=next(iter(refusals), ""),
        balances=tuple(KeyBalance.objects.filter(mine).order_by("address")),
        audit=AuditRun.objects.filter(mine, differences__isnull=False).order_by("-ended_at").first(),
        audits_since=AuditRun.objects.filter(mine).aggregate(first=Min("began_at"))["first"],
    )
