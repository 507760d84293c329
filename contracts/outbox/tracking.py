"""What became of what was sent: mined, final, vanished with its block, stuck, or taken by somebody else's nonce."""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Prefetch
from django.utils import timezone

from contracts.chains import Chain
from contracts.client import Receipt, client
from contracts.errors import RpcError
from contracts.killpoints import reach
from contracts.models import ChainCursor, ChainTransaction, SenderNonce, TransactionAttempt
from contracts.outbox.broadcasting import broadcast, replace
from contracts.outbox.calls import FILL_NONCE, call_of
from contracts.outbox.sending import signer_for
from contracts.outbox.states import advance, give_up
from contracts.signers import Signer

logger = structlog.get_logger(__name__)

State = ChainTransaction.State
CHUNK = 100
# A node that has just been handed bytes may not show them for a moment.
PATIENCE = timedelta(seconds=2)
NO_BLOCK = {"block_number": None, "block_hash": None, "succeeded": None, "gas_used": None, "gas_price": None}


def observe(chain: Chain) -> int:
    """Bring the states of sent transactions in line with the chain's receipts. Returns how many moved.

    Final is what the indexer has read as final, so that a final transaction's events are in the database.
    """
    cursor = ChainCursor.objects.filter(chain_id=chain.chain_id).first()
    finalized = -1 if cursor is None else cursor.finalized_number
    rows = list(
        ChainTransaction.objects.filter(chain_id=chain.chain_id, state__in=[*ChainTransaction.IN_FLIGHT, State.MINED])
        .order_by("sender", "nonce")
        .prefetch_related(Prefetch("attempts", TransactionAttempt.objects.only("transaction_id", "hash")))
    )
    moved = 0
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        receipts = client(chain).receipts([attempt.hash for tx in chunk for attempt in tx.attempts.all()])
        for tx in chunk:
            mine = [receipts[a.hash] for a in tx.attempts.all() if a.hash in receipts]
            moved += _settle(chain, tx, mine[0] if mine else None, finalized)
    return moved


def _settle(chain: Chain, tx: ChainTransaction, receipt: Receipt | None, finalized: int) -> bool:
    if receipt is None:
        return tx.state == State.MINED and forget_block(tx, "its block was reorganized away")
    moved = False
    if tx.state != State.MINED or tx.block_hash != receipt.block_hash:
        moved = advance(
            tx,
            [tx.state],
            State.MINED,
            f"in block {receipt.block_number}",
            transaction_hash=receipt.transaction_hash,
            block_number=receipt.block_number,
            block_hash=receipt.block_hash,
            succeeded=receipt.succeeded,
            gas_used=receipt.gas_used,
            gas_price=receipt.gas_price,
            error="" if receipt.succeeded else _failure(chain, tx, receipt),
        )
        if not moved:
            return False
    # A failed one is given up only when its block is final: a reorganization may yet let it succeed.
    if receipt.block_number <= finalized:
        if receipt.succeeded:
            return advance(tx, [State.MINED], State.FINAL, f"block {receipt.block_number} is final")
        return give_up(tx, [State.MINED], tx.error)
    return moved


def forget_block(tx: ChainTransaction, note: str) -> bool:
    """Back from mined or final to broadcast: its bytes are sent again at once."""
    TransactionAttempt.objects.filter(transaction=tx).update(tried_at=None)
    return advance(tx, [State.MINED, State.FINAL], State.BROADCAST, note, error="", **NO_BLOCK)


def _failure(chain: Chain, tx: ChainTransaction, receipt: Receipt) -> str:
    """The reason of a reverted transaction: the same call again, on the state before its block."""
    found = client(chain).revert_reason(call_of(tx, chain), receipt.block_number - 1)
    return str(found) if found is not None else f"reverted in block {receipt.block_number}"


def push(chain: Chain, sender: str) -> int:
    """Send again what the node does not have, raise the fees of what is stuck. Returns how many were handed over.

    In the order of nonces: after a reorganization nodes would drop what comes before its predecessors.
    """
    rows = list(
        ChainTransaction.objects.filter(chain_id=chain.chain_id, sender=sender, state__in=ChainTransaction.IN_FLIGHT)
        .order_by("nonce")
        .prefetch_related("attempts")
    )
    if not rows:
        return 0
    signer = signer_for(chain, sender)
    node = client(chain)
    reached = node.nonce(sender)
    newest = {tx.pk: list(tx.attempts.all())[-1] for tx in rows}
    known: set[str] = set()
    for start in range(0, len(rows), CHUNK):
        known |= node.known([newest[tx.pk].hash for tx in rows[start : start + CHUNK]])
    handed = 0
    for tx in rows:
        attempt = newest[tx.pk]
        if tx.nonce is not None and tx.nonce < reached:
            _look_for_thief(chain, tx, reached)
        elif attempt.hash not in known:
            if attempt.tried_at is None or attempt.tried_at < timezone.now() - PATIENCE:
                broadcast(chain, signer, tx, attempt)
                handed += 1
        else:
            handed += _push_known(chain, signer, tx, attempt, is_next=tx.nonce == reached)
    return handed


def _push_known(
    chain: Chain, signer: Signer, tx: ChainTransaction, attempt: TransactionAttempt, *, is_next: bool
) -> int:
    if tx.state == State.SIGNED:
        # It was sent by a process that died before it could say so.
        TransactionAttempt.objects.filter(pk=attempt.pk, broadcast_at__isnull=True).update(
            broadcast_at=timezone.now(), tried_at=timezone.now()
        )
        advance(tx, [State.SIGNED], State.BROADCAST, attempt.hash, error="")
        return 0
    since = attempt.tried_at or attempt.signed_at
    # Only the lowest open nonce can be stuck for its own fees; the others wait for it.
    if not is_next or since > timezone.now() - timedelta(seconds=settings.CHAIN_STUCK_SECONDS):
        return 0
    replacement = replace(chain, signer, tx, attempt)
    if replacement is None:
        return 0
    reach("outbox.replaced")
    logger.warning("transaction_replaced", kind=tx.kind, subject=tx.subject, nonce=attempt.nonce)
    broadcast(chain, signer, tx, replacement)
    return 1


def _look_for_thief(chain: Chain, tx: ChainTransaction, reached: int) -> None:
    """The chain has a transaction of this nonce. It is not ours only if no receipt of ours turns up once it is final.

    Then the action never happened: it is planned anew. Should both happen after all, the contract takes its `ref`
    only once.
    """
    cursor = ChainCursor.objects.filter(chain_id=chain.chain_id).first()
    if cursor is None or tx.nonce is None:
        return
    try:
        final_count = client(chain).nonce(tx.sender, cursor.finalized_number)
    except RpcError:
        return  # the node has no state of that block (any more): the next final block will do
    if final_count <= tx.nonce or client(chain).receipts([attempt.hash for attempt in tx.attempts.all()]):
        return
    note = f"nonce {tx.nonce} was used by another transaction of this key"
    logger.error("nonce_used_elsewhere", sender=tx.sender, nonce=tx.nonce, kind=tx.kind)
    SenderNonce.objects.filter(chain_id=chain.chain_id, address=tx.sender, next_nonce__lt=reached).update(
        next_nonce=reached
    )
    if tx.kind == FILL_NONCE:
        give_up(tx, ChainTransaction.IN_FLIGHT, note, after=State.CANCELED)
    else:
        advance(tx, ChainTransaction.IN_FLIGHT, State.PLANNED, note, nonce=None, transaction_hash=None)


def senders_with_work(chain: Chain, states: Sequence[str] = ChainTransaction.LIVE) -> list[str]:
    """Keys that have transactions in these states."""
    rows = ChainTransaction.objects.filter(chain_id=chain.chain_id, state__in=states)
    return sorted(set(rows.values_list("sender", flat=True)))
