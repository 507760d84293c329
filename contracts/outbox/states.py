"""The one way in which a transaction's state moves (law 10), and what a failed one brings about."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from contracts.errors import NotDecidedYet
from contracts.hooks import outcome_of
from contracts.killpoints import reach
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


def advance_all(
    txs: Sequence[ChainTransaction],
    before: Collection[str],
    after: str,
    note: Callable[[ChainTransaction], str],
    *fields: str,
) -> list[ChainTransaction]:
    """Move those of `txs` that still are in one of the states `before`, together. Returns those that moved.

    `fields` names what the caller has set on the instances, to be stored with the state.
    """
    with transaction.atomic():
        standing = ChainTransaction.objects.select_for_update().filter(pk__in=[tx.pk for tx in txs], state__in=before)
        found = dict(standing.order_by("pk").values_list("pk", "state"))
        moving = [tx for tx in txs if tx.pk in found]
        if not moving:
            return []
        now = timezone.now()
        for tx in moving:
            tx.state, tx.state_at = after, now
        _store(moving, ["state", "state_at", *fields])
        TransactionHistory.objects.bulk_create(
            TransactionHistory(transaction=tx, before=found[tx.pk], after=after, note=note(tx)) for tx in moving
        )
    for tx in moving:
        logger.info("transaction_moved", kind=tx.kind, subject=tx.subject, before=found[tx.pk], after=after)
    return moving


def _store(txs: Sequence[ChainTransaction], names: Sequence[str]) -> None:
    """Write these fields of many rows in one statement; bulk_update of Django takes ten times as long."""
    key = ChainTransaction._meta.pk
    fields = [key, *(field for field in ChainTransaction._meta.concrete_fields if field.name in names)]
    arrays = [[field.get_db_prep_save(getattr(tx, field.attname), connection) for tx in txs] for field in fields]
    types = [field.rel_db_type(connection) if field is key else field.db_type(connection) for field in fields]
    columns = [str(field.column) for field in fields]
    changes = ", ".join(f"{column} = new.{column}" for column in columns[1:])
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {ChainTransaction._meta.db_table} AS old SET {changes} "  # noqa: S608
            f"FROM unnest({', '.join(f'%s::{kind}[]' for kind in types)}) "
            f"AS new({', '.join(columns)}) WHERE old.id = new.id",
            arrays,
        )


def give_up(tx: ChainTransaction, before: Collection[str], reason: str, *, after: str = State.FAILED) -> bool:
    """Move `tx` to failed (or canceled) and tell its app."""
    if not advance(tx, before, after, reason, error=reason):
        return False
    deliver_outcome(tx)
    return True


def deliver_outcome(tx: ChainTransaction) -> bool:
    """Call the handler of a failed or canceled action, once: its flag and its work are one transaction.

    A handler that raises leaves the flag as it was; the sweeper calls it again. One that waits is no alarm.
    """
    handler = outcome_of(tx.kind)
    try:
        with transaction.atomic():
            taken = ChainTransaction.objects.filter(
                pk=tx.pk, state__in=ChainTransaction.GIVEN_UP, outcome_delivered=False
            ).update(outcome_delivered=True)
            if taken and handler is not None:
                handler(tx)
                reach("outbox.outcome")
    except NotDecidedYet as error:
        logger.info("outcome_waits", kind=tx.kind, subject=tx.subject, reason=str(error))
        waits = True
    except Exception:
        logger.exception("outcome_handler_failed", kind=tx.kind, subject=tx.subject)
        waits = False
    else:
        return bool(taken)
    ChainTransaction.objects.filter(pk=tx.pk, outcome_waits=not waits).update(outcome_waits=waits)
    return False


def deliver_outcomes(chain_id: int, *, limit: int = 200) -> int:
    """Deliver what an interrupted process, or a handler that raised, left behind.

    In no order: many whose handler always raises keep none of the others from their turn.
    """
    left = ChainTransaction.objects.filter(
        chain_id=chain_id, state__in=ChainTransaction.GIVEN_UP, outcome_delivered=False
    ).order_by("?")[:limit]
    return sum(deliver_outcome(tx) for tx in left)
