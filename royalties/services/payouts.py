"""Paying out: the worker calls claimFor, which pays each holder at the address that holds the shares."""

from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F, Max, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from common.fields import UintField
from common.identifiers import new_ref
from contracts.chains import chain
from contracts.models import ChainBlock
from contracts.outbox import enqueue
from contracts.selectors import for_ref
from royalties.models import Payout, PayoutRun, RevenueEvent
from royalties.selectors import replay

logger = structlog.get_logger(__name__)

CLAIM_FOR = "claim_for"
RETRY_AFTER = timedelta(minutes=10)
FINISHED = frozenset({"mined", "final"})


def pay_out_due(*, limit: int = 20) -> int:
    """Start a payout for each entry whose holders wait for the threshold. Returns how many were started."""
    close_finished_runs()
    return sum(_start(**entry) for entry in _due(chain_id=chain().chain_id, limit=limit))


def _due(*, chain_id: int, limit: int) -> list[dict[str, Any]]:
    """Entries with revenue newer than their last payout run, with no run open, and enough money waiting."""
    paid = (
        Payout.objects.filter(chain_id=chain_id, entry_id=OuterRef("entry_id"), currency=OuterRef("currency"))
        .values("entry_id")
        .annotate(total=Sum("amount"))
        .values("total")
    )
    runs = PayoutRun.objects.filter(
        chain_id=chain_id, entry_id=OuterRef(OuterRef("entry_id")), currency=OuterRef(OuterRef("currency"))
    ).exclude(state=PayoutRun.State.FAILED, created_at__lt=timezone.now() - RETRY_AFTER)
    # By hash: what a run saw in a block that was reorganized away may stand elsewhere now, beside what it never saw.
    looked = (
        ChainBlock.objects.filter(chain_id=chain_id, hash__in=runs.values("through_hash"))
        .values("chain_id")
        .annotate(number=Max("number"))
        .values("number")
    )
    entries = (
        RevenueEvent.objects.filter(chain_id=chain_id)
        .values("chain_id", "entry_id", "currency")
        .annotate(
            credited=Sum("own"),
            newest=Max("event__block__number"),
            paid=Coalesce(Subquery(paid, output_field=UintField()), 0, output_field=UintField()),
            looked=Coalesce(Subquery(looked), -1),
        )
        .filter(newest__gt=F("looked"), credited__gte=F("paid") + settings.PAYOUT_THRESHOLD)
        .order_by("newest")[:limit]
    )
    return [{key: entry[key] for key in ("chain_id", "entry_id", "currency", "newest")} for entry in entries]


def _start(*, chain_id: int, entry_id: str, currency: str, newest: int) -> int:
    newest_hash = ChainBlock.objects.filter(chain_id=chain_id, number=newest).values_list("hash", flat=True).first()
    ledger = replay(chain_id=chain_id, entry_id=entry_id, currency=currency)
    waiting = [holder for holder in ledger.holders() if ledger.claimable(holder) >= settings.PAYOUT_THRESHOLD]
    if not waiting:
        # A finished run of nobody: the next sweep has room for entries that it has not looked at.
        PayoutRun.objects.create(
            chain_id=chain_id,
            entry_id=entry_id,
            currency=currency,
            holders=[],
            state=PayoutRun.State.DONE,
            through_hash=newest_hash,
            ref=new_ref(),
        )
        return 0
    holders = sorted(waiting, key=lambda holder: -ledger.claimable(holder))[: settings.PAYOUT_BATCH]
    try:
        with transaction.atomic():
            run = PayoutRun.objects.create(
                chain_id=chain_id,
                entry_id=entry_id,
                currency=currency,
                holders=holders,
                # A batch that had to leave holders out looks again at the same revenue.
                through_hash=newest_hash if len(holders) == len(waiting) else None,
                ref=new_ref(),
            )
            enqueue(
                kind=CLAIM_FOR,
                subject=f"royalties.payoutrun:{run.public_id}",
                ref=bytes.fromhex(run.ref[2:]),
                contract="DesignShares",
                function="claimFor",
                args=[int(entry_id, 16), currency, holders],
            )
    except IntegrityError:
        return 0  # another worker opened the run for this entry first
    logger.info("payout_started", entry_id=entry_id, holders=len(holders))
    return 1


def close_finished_runs() -> None:
    """Mark runs whose transaction is in a block, so that the entry's next revenue can be paid out."""
    for run in PayoutRun.objects.filter(state=PayoutRun.State.SENT)[:100]:
        action = for_ref(CLAIM_FOR, bytes.fromhex(run.ref[2:]))
        if action is not None and action.state in FINISHED:
            PayoutRun.objects.filter(pk=run.pk, state=PayoutRun.State.SENT).update(state=PayoutRun.State.DONE)


def payout_failed(action: Any) -> None:
    """Outcome handler: the claimFor failed for good. The money stays claimable; a later sweep tries anew.

    A run may be done by then: it was in a block that vanished.
    """
    PayoutRun.objects.filter(ref=action.ref).exclude(state=PayoutRun.State.FAILED).update(
        state=PayoutRun.State.FAILED, reason=action.error
    )
