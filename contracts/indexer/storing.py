"""Storing a window: blocks, events, projections and cursor in one transaction, by one indexer at a time."""

from collections.abc import Sequence
from contextvars import ContextVar
from datetime import UTC, datetime

import structlog
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from common.locks import Lock, try_hold
from contracts.answers import Header
from contracts.chains import Chain
from contracts.hooks import Event, Projection, projections_of
from contracts.indexer.copying import copy_rows, next_ids
from contracts.indexer.projecting import Projector
from contracts.indexer.reading import Window
from contracts.indexer.rows import COLUMNS, rows_of
from contracts.killpoints import reach
from contracts.models import ChainBlock, ChainCursor, ChainEvent

logger = structlog.get_logger(__name__)

LINKED_BLOCKS = 128
reading_beside: ContextVar[bool] = ContextVar("reading_beside", default=False)
"""Whether what is stored goes into tables of its own, which one reader at a time has (contracts.indexer.beside)."""


class CursorMoved(Exception):
    """Another indexer has read this window, or is reading it now."""


def store(chain: Chain, cursor: ChainCursor, window: Window, *, finalized: tuple[int, str]) -> int:
    """Store what was read and move the cursor from where it was. Returns how many events it stored.

    Raises CursorMoved, and then stores nothing.
    """
    with transaction.atomic():
        if not _alone(chain):
            raise CursorMoved
        moved = ChainCursor.objects.filter(chain_id=chain.chain_id, number=cursor.number, hash=cursor.hash).update(
            number=window.last.number,
            hash=window.last.hash,
            finalized_number=finalized[0],
            finalized_hash=finalized[1],
            moved_at=timezone.now(),
        )
        if not moved:
            raise CursorMoved
        events = _store_rows(chain, window)
        reach("indexer.before_projection")
        projector = Projector()
        for event, projections in events:
            projector.take(event, projections)
        projector.flush()
        _prune(chain, finalized[0], window.last.number)
        reach("indexer.before_commit")
    return len(window.logs)


def roll_back(chain: Chain, cursor: ChainCursor, ancestor: tuple[int, str]) -> int:
    """Forget everything above a block, projections with it; the cursor stands on it then. Returns events dropped.

    Raises CursorMoved, and then nothing is forgotten.
    """
    number, block_hash = ancestor
    with transaction.atomic():
        if not _alone(chain):
            raise CursorMoved
        moved = ChainCursor.objects.filter(chain_id=chain.chain_id, number=cursor.number, hash=cursor.hash).update(
            number=number, hash=block_hash, moved_at=timezone.now()
        )
        if not moved:
            raise CursorMoved
        above = ChainBlock.objects.filter(chain_id=chain.chain_id, number__gt=number)
        dropped = ChainEvent.objects.filter(block__in=above).count()
        above.delete()
        reach("indexer.rolling_back")
    return dropped


def _alone(chain: Chain) -> bool:
    """Whether no other indexer writes into these tables until the transaction ends."""
    return reading_beside.get() or try_hold(Lock.INDEXER, chain.chain_id)


def _store_rows(chain: Chain, window: Window) -> list[tuple[Event, Sequence[Projection]]]:
    """Store blocks and events. Returns the events that mean rows of other tables, with what makes these."""
    with_logs = {log.block_number for log in window.logs}
    blocks = ChainBlock.objects.bulk_create(
        ChainBlock(
            chain_id=chain.chain_id,
            number=header.number,
            hash=header.hash,
            parent_hash=header.parent_hash,
            timestamp=datetime.fromtimestamp(header.timestamp, UTC),
            has_events=header.number in with_logs,
        )
        for header in _worth_keeping(window, with_logs)
    )
    logs = window.logs
    if not logs:
        return []
    by_number = {block.number: block.pk for block in blocks}
    rows = window.rows or rows_of(logs, chain_id=chain.chain_id, names=chain.deployment.followed)
    with connection.cursor() as cursor:
        ids = next_ids(cursor, ChainEvent, len(logs))
        copy_rows(
            cursor,
            ChainEvent,
            COLUMNS,
            (
                f"{row_id}\t{by_number[log.block_number]}\t{row.text}"
                for row_id, log, row in zip(ids, logs, rows, strict=True)
            ),
        )
    events: list[tuple[Event, Sequence[Projection]]] = []
    for row_id, log, row in zip(ids, logs, rows, strict=True):
        if projections := projections_of(row.contract, row.name):
            block_id = by_number[log.block_number]
            event = Event(
                row_id,
                chain.chain_id,
                block_id,
                row.contract,
                row.name,
                row.args,
                log.transaction_hash,
                log.log_index,
            )
            events.append((event, projections))
    return events


def _worth_keeping(window: Window, with_logs: set[int]) -> list[Header]:
    oldest = window.last.number - LINKED_BLOCKS
    return [header for header in window.headers if header.number in with_logs or header.number > oldest]


def _prune(chain: Chain, finalized: int, last: int) -> None:
    """Blocks without events are kept only for linkage, as long as they may be reorganized."""
    ChainBlock.objects.filter(
        Q(number__lt=min(finalized, last - LINKED_BLOCKS)), chain_id=chain.chain_id, has_events=False
    ).delete()
