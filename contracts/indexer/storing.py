"""Storing a window: blocks, events, projections and cursor in one transaction, by one indexer at a time."""

import json
from contextvars import ContextVar
from datetime import UTC, datetime

import structlog
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from common.locks import Lock, try_hold
from contracts.answers import Header, Log
from contracts.chains import Chain
from contracts.decoding import Decoded, decode_all, raw_beside
from contracts.hooks import Event
from contracts.indexer.copying import copy_rows, escaped, next_ids
from contracts.indexer.projecting import Projector
from contracts.indexer.reading import Window
from contracts.killpoints import reach
from contracts.models import ChainBlock, ChainCursor, ChainEvent

logger = structlog.get_logger(__name__)

LINKED_BLOCKS = 128
_EVENT_COLUMNS = (
    "id",
    "chain_id",
    "block_id",
    "contract",
    "address",
    "name",
    "args",
    "transaction_hash",
    "transaction_index",
    "log_index",
    "topics",
    "data",
)


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
        for event in events:
            projector.take(event)
        projector.flush()
        _prune(chain, finalized[0], window.last.number)
        reach("indexer.before_commit")
    return len(events)


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


def _store_rows(chain: Chain, window: Window) -> list[Event]:
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
    if not window.logs:
        return []
    by_number = {block.number: block.pk for block in blocks}
    names, logs = chain.deployment.followed, window.logs
    decoded = window.decoded or decode_all(logs, names)
    events, lines = [], []
    with connection.cursor() as cursor:
        for row_id, log, found in zip(next_ids(cursor, ChainEvent, len(logs)), logs, decoded, strict=True):
            contract, block_id = names[log.address], by_number[log.block_number]
            event = Event(
                row_id,
                chain.chain_id,
                block_id,
                contract,
                found.name,
                found.args,
                log.transaction_hash,
                log.log_index,
            )
            lines.append(_line(event, log, found))
            events.append(event)
        copy_rows(cursor, ChainEvent, _EVENT_COLUMNS, lines)
    return events


def _line(event: Event, log: Log, found: Decoded) -> str:
    """The event as COPY reads it, in the order of _EVENT_COLUMNS."""
    topics, data = raw_beside(found, log)
    return (
        f"{event.id}\t{event.chain_id}\t{event.block_id}\t{event.contract}\t{log.address}\t{found.name}"
        f"\t{escaped(found.text)}\t{escaped(log.transaction_hash)}\t{log.transaction_index}\t{log.log_index}"
        f"\t{escaped(json.dumps(topics)) if topics else '[]'}\t{escaped(data)}"
    )


def _worth_keeping(window: Window, with_logs: set[int]) -> list[Header]:
    oldest = window.last.number - LINKED_BLOCKS
    return [header for header in window.headers if header.number in with_logs or header.number > oldest]


def _prune(chain: Chain, finalized: int, last: int) -> None:
    """Blocks without events are kept only for linkage, as long as they may be reorganized."""
    ChainBlock.objects.filter(
        Q(number__lt=min(finalized, last - LINKED_BLOCKS)), chain_id=chain.chain_id, has_events=False
    ).delete()
