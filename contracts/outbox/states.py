"""The one way in which a transaction's state moves (law 10), and what a failed one brings about."""

from collections.abc import Collection
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from contracts.hooks import outcome_of
from contracts.models import ChainTransaction, TransactionHistory

logger = structlog.get_logger(__name__)

State = ChainTransaction.State


def advance(tx: ChainTransaction, before: Collection[str], after: str, note: str = "", **fields: Any) -> bool:
    """Move `tx` from one of the states `before` to `after`, with its history row. False when it has moved on."""
    with transaction.atomic():
        found = ChainTransaction.objects.select_for_update().filter(pk=tx.pk).values_list("state", flat=True).first()
        if found is None or found not in before:
            return False
        moved = ChainTransaction.objects.filter(pk=tx.pk, state=found).update(
            state=after, state_at=timezone.now(), **fields
        )
        if not moved:
            return False
        TransactionHistory.objects.create(transaction=tx, before=found, after=after, note=note)
    tx.state = after
    for name, value in fields.items():
        setattr(tx, name, value)
    logger.info("transaction_moved", kind=tx.kind, subject=tx.subject, before=found, after=after, note=note)
    return True


def give_up(tx: ChainTransaction, before: Collection[str], reason: str, *, after: str = State.FAILED) -> bool:
    """Move `tx` to failed (or canceled) and tell its app."""
    if not advance(tx, before, after, reason, error=reason):
        return False
    deliver_outcome(tx)
    return True


def deliver_outcome(tx: ChainTransaction) -> bool:
    """Call the handler of a failed or canceled action, once: its flag and its work are one transaction.

    A handler that raises leaves the flag as it was; the sweeper calls it again.
    """
    handler = outcome_of(tx.kind)
    try:
        with transaction.atomic():
            taken = ChainTransaction.objects.filter(
                pk=tx.pk, state__in=ChainTransaction.GIVEN_UP, outcome_delivered=False
            ).update(outcome_delivered=True)
            if taken and handler is not None:
                handler(tx)
    except Exception:
        logger.exception("outcome_handler_failed", kind=tx.kind, subject=tx.subject)
        return False
    return bool(taken)


def deliver_outcomes(chain_id: int, *, limit: int = 200) -> int:
    """Deliver what an interrupted process, or a handler that raised, left behind."""
    left = ChainTransaction.objects.filter(
        chain_id=chain_id, state__in=ChainTransaction.GIVEN_UP, outcome_delivered=False
    ).order_by("id")[:limit]
    return sum(deliver_outcome(tx) for tx in left)
