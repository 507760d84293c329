"""Rebuilding everything that was read, and repairing a local chain that was killed."""

from collections.abc import Callable

import structlog
from django.db import transaction

from common.locks import Lock, hold
from contracts.chains import Chain
from contracts.client import client, distrusting
from contracts.deployment import ensure_deployed
from contracts.errors import ChainError
from contracts.indexer.following import PATIENCE, follow_to_head, start_cursor
from contracts.indexer.standing import why_not_ours
from contracts.models import ChainBlock, ChainCursor, ChainEvent
from contracts.outbox.resending import resend_forgotten

logger = structlog.get_logger(__name__)


class CannotRebuild(ChainError):
    """The chain does not have what a rebuild needs; `str()` says what."""


def reindex(chain: Chain, *, say: Callable[[str], None]) -> None:
    """Drop all that was read of a chain, read it again from the deployment's block, send what the chain forgot.

    Readers see the old rows until the new ones are complete. Raises a ChainError; then nothing has changed.
    """
    node = client(chain)
    for name, address in chain.deployment.addresses.items():
        if not node.has_code(address):
            raise CannotRebuild(f"{name} has no code at {address}: this is not the chain it was deployed on.")
    with transaction.atomic():
        hold(Lock.INDEXER, chain.chain_id)
        before = ChainEvent.objects.filter(chain_id=chain.chain_id).count()
        old = ChainCursor.objects.filter(chain_id=chain.chain_id).first()
        ChainBlock.objects.filter(chain_id=chain.chain_id).delete()
        ChainCursor.objects.filter(chain_id=chain.chain_id).delete()
        start_cursor(chain)
        ChainCursor.objects.filter(chain_id=chain.chain_id).update(tells_finality=bool(old and old.tells_finality))
        number = events = 0
        for step in follow_to_head(chain, patience=PATIENCE):
            number, events = step.number, events + step.events - step.dropped
        _require_all(chain, old)
    say(f"Read again from block {chain.deployment.deployed_block} to {number}: {events} events (before: {before}).")
    with distrusting(chain):
        forgotten = resend_forgotten(chain)
    if forgotten:
        say(f"{forgotten} transactions that the chain did not have were sent again.")


def _require_all(chain: Chain, old: ChainCursor | None) -> None:
    """Raise CannotRebuild when less was read than the chain has of what had been read before."""
    cursor = ChainCursor.objects.get(chain_id=chain.chain_id)
    if cursor.sending_stopped:
        raise CannotRebuild(f"The node changed to another chain meanwhile: {cursor.sending_stopped}")
    if old is None or cursor.number >= old.number:
        return
    found = client(chain).header(old.number)
    if found is not None and found.hash == old.hash:
        raise CannotRebuild(
            f"Two nodes agree up to block {cursor.number} only, and the chain has block {old.number}, which was read: "
            "try again when the second node has it."
        )


def repair_local(chain: Chain, *, say: Callable[[str], None]) -> None:
    """Make a local chain that was killed, and came back older than what we read, and the database agree again.

    Raises a ChainError.
    """
    if not chain.is_local:
        raise CannotRebuild("Only the local chain is repaired by itself; for others there is manage.py reindex.")
    ensure_deployed(chain, say=lambda line: logger.info("deployment", said=line))
    cursor = ChainCursor.objects.filter(chain_id=chain.chain_id).first()
    if cursor is None:
        say("Nothing was read of the chain yet.")
        return
    reason = cursor.sending_stopped or why_not_ours(chain, cursor)
    if reason:
        say(f"The chain came back at block {client(chain).head().number} and was read to block {cursor.number}.")
        reindex(chain, say=say)
        return
    dropped = sum(step.dropped for step in follow_to_head(chain, patience=PATIENCE))
    with distrusting(chain):
        forgotten = resend_forgotten(chain)
    if dropped or forgotten:
        say(f"Took back {dropped} events and sent {forgotten} transactions again.")
    else:
        say("Chain and database agree.")
