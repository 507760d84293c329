"""Whether the chain still is the one that we have read (law 11)."""

import structlog
from django.conf import settings
from django.utils import timezone

from contracts.answers import Tips
from contracts.chains import Chain
from contracts.client import client
from contracts.errors import InconsistentNode, SendingStopped
from contracts.models import ChainCursor

logger = structlog.get_logger(__name__)


def finalized_number(tips: Tips, cursor: ChainCursor) -> int:
    """The newest block that no reorganization reaches: the chain's own, else at a fixed depth.

    Raises InconsistentNode when none is told, and the chain told one before or the settings know no depth: whether a
    chain has none, or this node does not say now, its answer does not show.
    """
    if tips.finalized is not None and (cursor.tells_finality or tips.tell_finality):
        return min(tips.finalized.number, tips.head.number)
    if cursor.tells_finality:
        raise InconsistentNode("The node does not tell which block is final, and the chain has told it before.")
    if not settings.CHAIN_FINALITY_DEPTH:
        raise InconsistentNode(
            "The node does not tell which block is final. If this chain has no such block, "
            "CHAIN_FINALITY_DEPTH must say how deep a final one is."
        )
    return max(0, tips.head.number - settings.CHAIN_FINALITY_DEPTH)


def repair_sentence(chain: Chain) -> str:
    """What an operator is to do when chain and database disagree about a final block."""
    command = "repair_local_chain" if chain.is_local else f"reindex --chain {chain.role}"
    return f"Nothing is sent until `manage.py {command}` has run."


def stop_sending(chain: Chain, cursor: ChainCursor, reason: str) -> None:
    """Let nobody send to this chain, and say why; not when it was read anew since `cursor` was looked at."""
    sentence = f"{reason} {repair_sentence(chain)}"
    judged = {"finalized_number": cursor.finalized_number, "finalized_hash": cursor.finalized_hash}
    stopped = ChainCursor.objects.filter(chain_id=chain.chain_id, **judged).exclude(sending_stopped=sentence)
    if stopped.update(sending_stopped=sentence, last_error=sentence, last_error_at=timezone.now()):
        logger.error("sending_stopped", chain_id=chain.chain_id, reason=sentence)


def resume_sending(chain: Chain) -> None:
    """The chain is the one we have read again."""
    resumed = ChainCursor.objects.filter(chain_id=chain.chain_id).exclude(sending_stopped="")
    if resumed.update(sending_stopped=""):
        logger.warning("sending_resumed", chain_id=chain.chain_id)


def why_not_ours(chain: Chain, cursor: ChainCursor) -> str:
    """Empty when the chain has our newest final block, else a sentence.

    Raises InconsistentNode when a second node has that block: then it is this node that is another one, not the chain.
    """
    if cursor.finalized_number == 0:
        return ""  # nothing of ours is final yet, and anvil makes its block 0 anew at every start
    node = client(chain)
    found = node.header(cursor.finalized_number)
    if found is not None and found.hash == cursor.finalized_hash:
        return ""
    if node.node.has_witnesses:
        seen = node.seen_by_another(cursor.finalized_number)
        if seen is not None and seen.hash == cursor.finalized_hash:
            raise InconsistentNode(f"The node does not have block {cursor.finalized_number}, which another one has.")
    if found is None:
        return f"The chain stands behind block {cursor.finalized_number}, which was final."
    return f"The chain has another block {cursor.finalized_number} than the final one that was read."


def lags(chain: Chain) -> bool:
    """Whether the node does not have the newest block that was read: it stands behind, or on another branch."""
    cursor = ChainCursor.objects.filter(chain_id=chain.chain_id).first()
    if cursor is None:
        return False
    found = client(chain).header(cursor.number)
    return found is None or found.hash != cursor.hash


def require_ours(chain: Chain) -> None:
    """Raise SendingStopped, and stop all sending, unless the chain has our newest final block."""
    cursor = ChainCursor.objects.filter(chain_id=chain.chain_id).first()
    if cursor is None:
        return
    if cursor.sending_stopped:
        raise SendingStopped(cursor.sending_stopped)
    reason = why_not_ours(chain, cursor)
    if reason:
        stop_sending(chain, cursor, reason)
        raise SendingStopped(reason)
