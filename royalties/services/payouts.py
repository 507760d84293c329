"""Paying out: the worker calls claimFor, which pays each holder at the address that holds the shares."""

from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from common.identifiers import ZERO_ADDRESS, new_ref
from contracts.chains import chain
from contracts.models import ChainBlock
from contracts.outbox import enqueue
from contracts.selectors import for_ref
from contracts.signers import payout_signer
from royalties.kinds import CLAIM_FOR
from royalties.models import PayoutRun
from royalties.selectors import replay

logger = structlog.get_logger(__name__)

RETRY_AFTER = timedelta(minutes=10)
FINISHED = frozenset({"mined", "final"})


def pay_out_due(*, limit: int = 20) -> int:
    """Start a payout for each entry whose holders wait for the threshold. Returns how many were started."""
    close_finished_runs()
    return sum(_start(**entry) for entry in _due(chain_id=chain().chain_id, limit=limit))


# By hash: what a run saw in a block that was reorganized away may stand elsewhere now, beside what it never saw.
_DUE = """
WITH credits AS (
    SELECT event_id, entry_id, currency, own FROM royalties_revenueevent WHERE chain_id = %(chain)s
    UNION ALL
    SELECT event_id, entry_id, currency, amount FROM royalties_ancestorsettlement WHERE chain_id = %(chain)s
), credited AS (
    SELECT c.entry_id, c.currency, SUM(c.own) AS amount, MAX(b.number) AS newest
    FROM credits c
    JOIN contracts_chainevent e ON e.id = c.event_id
    JOIN contracts_chainblock b ON b.id = e.block_id
    GROUP BY c.entry_id, c.currency
)
SELECT credited.entry_id, credited.currency, credited.newest
FROM credited
WHERE credited.newest > COALESCE((
    SELECT MAX(b.number) FROM royalties_payoutrun r
    JOIN contracts_chainblock b ON b.chain_id = r.chain_id AND b.hash = r.through_hash
    WHERE r.chain_id = %(chain)s AND r.entry_id = credited.entry_id AND r.currency = credited.currency
      AND NOT (r.state = 'failed' AND r.created_at < %(rested)s)
), -1)
AND credited.amount >= COALESCE((
    SELECT SUM(p.amount) FROM royalties_payout p
    WHERE p.chain_id = %(chain)s AND p.entry_id = credited.entry_id AND p.currency = credited.currency
), 0) + CASE WHEN credited.currency = %(native)s THEN %(native_threshold)s ELSE %(threshold)s END
ORDER BY credited.newest
LIMIT %(limit)s
"""


def _due(*, chain_id: int, limit: int) -> list[dict[str, Any]]:
    """Entries with money newer than their last payout run, and enough of it waiting."""
    values: dict[str, Any] = {
        "chain": chain_id,
        "rested": timezone.now() - RETRY_AFTER,
        "native": ZERO_ADDRESS,
        "native_threshold": _threshold(ZERO_ADDRESS),
        "threshold": _threshold(""),
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, values)
        rows = cursor.fetchall()
    return [
        {"chain_id": chain_id, "entry_id": entry_id, "currency": currency, "newest": newest}
        for entry_id, currency, newest in rows
    ]


def _threshold(currency: str) -> int:
    """Base units that must wait: a unit of the native coin is worth far less than the gas that pays it."""
    value: int = settings.PAYOUT_THRESHOLD_NATIVE if currency == ZERO_ADDRESS else settings.PAYOUT_THRESHOLD
    return value


def _start(*, chain_id: int, entry_id: str, currency: str, newest: int) -> int:
    newest_hash = ChainBlock.objects.filter(chain_id=chain_id, number=newest).values_list("hash", flat=True).first()
    ledger = replay(chain_id=chain_id, entry_id=entry_id, currency=currency)
    waiting = [holder for holder in ledger.holders() if ledger.claimable(holder) >= _threshold(currency)]
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
                by=payout_signer,
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
