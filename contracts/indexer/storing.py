"""Storing a window: blocks, events, projections and cursor in one transaction, by one indexer at a time."""

from datetime import UTC, datetime

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from common.locks import Lock, try_hold
from contracts import artifacts
from contracts.chains import Chain
from contracts.client import Header, Log
from contracts.encoding import decode_event
from contracts.hooks import projections_of
from contracts.indexer.reading import Window
from contracts.killpoints import reach
from contracts.models import ChainBlock, ChainCursor, ChainEvent

logger = structlog.get_logger(__name__)

LINKED_BLOCKS = 128


class CursorMoved(Exception):
    """Another indexer has read this window, or is reading it now."""


def store(chain: Chain, cursor: ChainCursor, window: Window, *, finalized: tuple[int, str]) -> list[ChainEvent]:
    """Store what was read and move the cursor from where it was. Raises CursorMoved, and then stores nothing."""
    with transaction.atomic():
        if not try_hold(Lock.INDEXER, chain.chain_id):
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
        for event in events:
            for project in projections_of(event.contract, event.name):
                project(event)
        _prune(chain, finalized[0], window.last.number)
        reach("indexer.before_commit")
    return events


def roll_back(chain: Chain, cursor: ChainCursor, ancestor: tuple[int, str]) -> int:
    """Forget everything above a block, projections with it; the cursor stands on it then. Returns events dropped.

    Raises CursorMoved, and then nothing is forgotten.
    """
    number, block_hash = ancestor
    with transaction.atomic():
        if not try_hold(Lock.INDEXER, chain.chain_id):
            raise CursorMoved
        moved = ChainCursor.objects.filter(chain_id=chain.chain_id, number=cursor.number, hash=cursor.hash).update(
            number=number, hash=block_hash, moved_at=timezone.now()
        )
        if not moved:
            raise CursorMoved
        above = ChainBlock.objects.filter(chain_id=chain.chain_id, number__gt=number)
        dropped = ChainEvent.objects.filter(block__in=above).count()
        above.delete()
    return dropped


def _store_rows(chain: Chain, window: Window) -> list[ChainEvent]:
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
    by_number = {block.number: block for block in blocks}
    names = chain.deployment.followed
    return ChainEvent.objects.bulk_create(
        _event(chain, by_number[log.block_number], names[log.address], log) for log in window.logs
    )


def _worth_keeping(window: Window, with_logs: set[int]) -> list[Header]:
    oldest = window.last.number - LINKED_BLOCKS
    return [header for header in window.headers if header.number in with_logs or header.number > oldest]


def _event(chain: Chain, block: ChainBlock, contract: str, log: Log) -> ChainEvent:
    name, args = decode_log(contract, log)
    return ChainEvent(
        block=block,
        chain_id=chain.chain_id,
        contract=contract,
        address=log.address,
        name=name,
        args=args,
        transaction_hash=log.transaction_hash,
        transaction_index=log.transaction_index,
        log_index=log.log_index,
        topics=log.topics,
        data=log.data,
    )


def decode_log(contract: str, log: Log) -> tuple[str, dict[str, object]]:
    """Name and arguments; ("", {}) for what no ABI of ours knows, which is kept raw and decodable later."""
    item = artifacts.events(contract).get(log.topics[0]) if log.topics else None
    if item is None:
        return "", {}
    try:
        return item["name"], decode_event(item, log.topics, log.data)
    except ValueError as error:
        logger.error("event_not_decoded", contract=contract, error=str(error), hash=log.transaction_hash)
        return "", {}


def _prune(chain: Chain, finalized: int, last: int) -> None:
    """Blocks without events are kept only for linkage, as long as they may be reorganized."""
    ChainBlock.objects.filter(
        Q(number__lt=min(finalized, last - LINKED_BLOCKS)), chain_id=chain.chain_id, has_events=False
    ).delete()
