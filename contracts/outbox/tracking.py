"""What became of what was sent: mined, final, vanished with its block, stuck, or taken by somebody else's nonce."""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from django.conf import settings
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.answers import Receipt
from contracts.chains import Chain
from contracts.client import client
from contracts.errors import ChainUnavailable, InconsistentNode, RpcError
from contracts.killpoints import reach
from contracts.models import ChainBlock, ChainCursor, ChainTransaction, SenderNonce, TransactionAttempt
from contracts.outbox.broadcasting import Signed, broadcast, replace
from contracts.outbox.calls import FILL_NONCE, call_of
from contracts.outbox.states import advance, advance_all, give_up
from contracts.signers import Signer, signer_of

logger = structlog.get_logger(__name__)

State = ChainTransaction.State
Mined = tuple[ChainTransaction, Receipt]
CHUNK = 100
# A node that has just been handed bytes may not show them for a moment.
PATIENCE = timedelta(seconds=2)
RECEIPT_FIELDS = ("transaction_hash", "error", "block_number", "block_hash", "succeeded", "gas_used", "gas_price")
NO_BLOCK = {"block_number": None, "block_hash": None, "succeeded": None, "gas_used": None, "gas_price": None}


def observe(chain: Chain, sender: str = "") -> int:
    """Bring the states of sent transactions (of one key, or all) in line with the chain. Returns how many moved.

    Final is what the indexer has read as final, so that a final transaction's events are in the database.
    """
    cursor = ChainCursor.objects.filter(chain_id=chain.chain_id).first()
    rows = list(_to_observe(chain, cursor, sender))
    finalized = -1 if cursor is None else cursor.finalized_number
    moved = 0
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        receipts = client(chain).receipts([attempt.hash for tx in chunk for attempt in tx.attempts.all()])
        found = [(tx, next((receipts[a.hash] for a in tx.attempts.all() if a.hash in receipts), None)) for tx in chunk]
        moved += _settle(chain, found, finalized)
    return moved


def _to_observe(chain: Chain, cursor: ChainCursor | None, sender: str) -> QuerySet[ChainTransaction]:
    """What is open, and what is in a block that is final now, or is not the one that the indexer has read there.

    A block that was read and still stands says by itself that its transactions do.
    """
    rows = ChainTransaction.objects.filter(chain_id=chain.chain_id).order_by("sender", "nonce")
    rows = rows.prefetch_related(
        Prefetch("attempts", TransactionAttempt.objects.only("transaction_id", "hash", "cancels"))
    )
    if sender:
        rows = rows.filter(sender=sender)
    mined = Q(state=State.MINED)
    if cursor is not None:
        read = ChainBlock.objects.filter(
            chain_id=chain.chain_id, number=OuterRef("block_number"), hash=OuterRef("block_hash")
        )
        mined &= Q(block_number__lte=cursor.finalized_number) | ~Q(Exists(read))
    return rows.filter(Q(state__in=ChainTransaction.IN_FLIGHT) | mined)


def _settle(chain: Chain, found: Sequence[tuple[ChainTransaction, Receipt | None]], finalized: int) -> int:
    """Move these to what their receipts say. Returns how many moved."""
    lost = [tx for tx, receipt in found if receipt is None and tx.state == State.MINED]
    moved = sum(forget_block(tx, "its block was reorganized away") for tx in _gone(chain, lost))
    arrived = []
    for tx, receipt in found:
        if receipt is not None and _is_news(tx, receipt):
            _take_over(tx, receipt)
            if _was_canceled(tx):
                tx.succeeded, tx.error = False, _("It was canceled: an empty transaction took its nonce.")
            elif not tx.succeeded:
                tx.error = _failure(chain, tx, receipt)
            arrived.append(tx)
    note = "in block {0.block_number}".format
    came = advance_all(arrived, [*ChainTransaction.IN_FLIGHT, State.MINED], State.MINED, note, *RECEIPT_FIELDS)
    if came:
        reach("outbox.mined")
    # A failed one is given up only when its block is final: a reorganization may yet let it succeed.
    below = [
        (tx, receipt)
        for tx, receipt in found
        if receipt is not None and receipt.block_number <= finalized and tx.state == State.MINED
    ]
    settled = _in_blocks_that_were_read(chain, below)
    final = [tx for tx, _receipt in settled if tx.succeeded]
    ended = advance_all(final, [State.MINED], State.FINAL, "block {0.block_number} is final".format)
    if ended:
        reach("outbox.final")
    failed = _witnessed(chain, [(tx, receipt) for tx, receipt in settled if not tx.succeeded])
    return moved + len({tx.pk for tx in [*came, *ended]}) + sum(_end(tx) for tx in failed)


def _gone(chain: Chain, lost: Sequence[ChainTransaction]) -> list[ChainTransaction]:
    """Those whose blocks the chain has no more. A missing receipt alone proves nothing: a node may have lost it."""
    if not lost:
        return []
    contents = client(chain).contents(sorted({tx.block_number for tx in lost if tx.block_number is not None}))
    gone = [tx for tx in lost if tx.transaction_hash not in contents.get(tx.block_hash or "", ())]
    if len(gone) < len(lost):
        client(chain).node.distrust(InconsistentNode("The node has no receipt of what is in a block that it has."))
        logger.warning("receipts_lost", chain=chain.role, count=len(lost) - len(gone))
    return gone


def _is_news(tx: ChainTransaction, receipt: Receipt) -> bool:
    if tx.state != State.MINED or tx.block_hash != receipt.block_hash:
        return True
    return tx.succeeded != (receipt.succeeded and not _was_canceled(tx))


def _in_blocks_that_were_read(chain: Chain, below: Sequence[Mined]) -> list[Mined]:
    """Those whose receipt is of the block that was read at its height: a number alone may be of another branch.

    Of blocks without events none is kept; of those the node's own header must say it.
    """
    numbers = {receipt.block_number for _tx, receipt in below}
    blocks = ChainBlock.objects.filter(chain_id=chain.chain_id, number__in=numbers)
    hashes = dict(blocks.values_list("number", "hash"))
    missing = sorted(numbers - hashes.keys())
    for number, header in zip(missing, client(chain).headers(missing), strict=True):
        hashes[number] = header.hash if header is not None else ""
    return [(tx, receipt) for tx, receipt in below if hashes[receipt.block_number] == receipt.block_hash]


def _witnessed(chain: Chain, failed: Sequence[Mined]) -> list[ChainTransaction]:
    """Those of which a second node, where there is one, tells the same: who is told of a failure gives money back."""
    node = client(chain)
    if not failed or not node.node.has_witnesses:
        return [tx for tx, _receipt in failed]
    try:
        seen = node.receipts_of_another([receipt.transaction_hash for _tx, receipt in failed])
    except ChainUnavailable:
        return []
    same = [
        tx
        for tx, receipt in failed
        if (found := seen.get(receipt.transaction_hash))
        and (found.block_hash, found.succeeded) == (receipt.block_hash, receipt.succeeded)
    ]
    if len(same) < len(failed):
        node.node.distrust(InconsistentNode("Another node does not tell the same of transactions that failed."))
    return same


def _end(tx: ChainTransaction) -> bool:
    return give_up(tx, [State.MINED], tx.error, after=State.CANCELED if _was_canceled(tx) else State.FAILED)


def _was_canceled(tx: ChainTransaction) -> bool:
    """Whether the form of it that is in a block is the empty one."""
    return any(attempt.cancels for attempt in tx.attempts.all() if attempt.hash == tx.transaction_hash)


def _take_over(tx: ChainTransaction, receipt: Receipt) -> None:
    tx.transaction_hash = receipt.transaction_hash
    tx.block_number, tx.block_hash = receipt.block_number, receipt.block_hash
    tx.succeeded, tx.error = receipt.succeeded, ""
    tx.gas_used, tx.gas_price = receipt.gas_used, receipt.gas_price


def forget_block(tx: ChainTransaction, note: str) -> bool:
    """Back from mined or final to broadcast: its bytes are sent again at once."""
    TransactionAttempt.objects.filter(transaction=tx).update(tried_at=None)
    return advance(tx, [State.MINED, State.FINAL], State.BROADCAST, note, error="", **NO_BLOCK)


def _failure(chain: Chain, tx: ChainTransaction, receipt: Receipt) -> str:
    """The reason of a reverted transaction: the same call again, on the state before its block."""
    found = client(chain).revert_reason(call_of(tx, chain), receipt.block_number - 1)
    return _("reverted in block %(number)d") % {"number": receipt.block_number} if found is None else str(found)


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
    signer = signer_of(chain, sender)
    node = client(chain)
    reached = node.nonce(sender)
    newest = {tx.pk: list(tx.attempts.all())[-1] for tx in rows}
    known: set[str] = set()
    for start in range(0, len(rows), CHUNK):
        known |= node.known([newest[tx.pk].hash for tx in rows[start : start + CHUNK]])
    unknown: list[Signed] = []
    stuck: list[Signed] = []
    lost = False
    for tx in rows:
        attempt = newest[tx.pk]
        if tx.nonce is not None and tx.nonce < reached:
            _look_for_thief(chain, tx, reached)
            continue
        if attempt.hash in known and tx.state == State.SIGNED:
            _note_sent(tx, attempt)
            continue
        if attempt.hash not in known and (attempt.tried_at is None or attempt.tried_at < timezone.now() - PATIENCE):
            unknown.append((tx, attempt))
        lost |= attempt.hash not in known and attempt.broadcast_at is not None and _waits_too_long(tx, attempt)
        # Only the lowest open nonce can be stuck for its own fees; the others wait for it.
        if tx.nonce == reached and (attempt.hash in known or attempt.broadcast_at) and _waits_too_long(tx, attempt):
            stuck.append((tx, attempt))
    if lost:  # by itself, or because its pool is full: the next sweep hands them to another one
        node.node.distrust(InconsistentNode("The node does not have transactions that it took."))
    broadcast(chain, signer, unknown)
    return len(unknown) + sum(_raise_fees(chain, signer, tx, attempt) for tx, attempt in stuck)


def _note_sent(tx: ChainTransaction, attempt: TransactionAttempt) -> None:
    """It was sent by a process that died before it could say so."""
    TransactionAttempt.objects.filter(pk=attempt.pk, broadcast_at__isnull=True).update(
        broadcast_at=timezone.now(), tried_at=timezone.now()
    )
    advance(tx, [State.SIGNED], State.BROADCAST, attempt.hash, error="")


def _waits_too_long(tx: ChainTransaction, attempt: TransactionAttempt) -> bool:
    """Since a node took it. Handing it over again begins no new wait: a node may drop it each time."""
    since = max(tx.state_at, attempt.broadcast_at or attempt.signed_at)
    return since <= timezone.now() - timedelta(seconds=settings.CHAIN_STUCK_SECONDS)


def _raise_fees(chain: Chain, signer: Signer, tx: ChainTransaction, attempt: TransactionAttempt) -> int:
    replacement = replace(chain, signer, tx, attempt)
    if replacement is None:
        return 0
    reach("outbox.replaced")
    logger.warning("transaction_replaced", kind=tx.kind, subject=tx.subject, nonce=attempt.nonce)
    broadcast(chain, signer, [(tx, replacement)])
    return 1


def _look_for_thief(chain: Chain, tx: ChainTransaction, reached: int) -> None:
    """The chain has a transaction of this nonce. It is not ours only if no receipt of ours turns up once it is final.

    Then the action never happened: it is planned anew. Should both happen after all, the contract takes its `ref`
    only once.
    """
    final_count = _final_count(chain, tx.sender)
    if tx.nonce is None or final_count <= tx.nonce:
        return
    # Read now: another process may have replaced it, and the chain have taken that, since `tx` was read.
    hashes = list(TransactionAttempt.objects.filter(transaction=tx).values_list("hash", flat=True))
    if _have_receipt(chain, hashes):
        return
    note = f"nonce {tx.nonce} was used by another transaction of this key"
    logger.error("nonce_used_elsewhere", sender=tx.sender, nonce=tx.nonce, kind=tx.kind)
    SenderNonce.objects.filter(chain_id=chain.chain_id, address=tx.sender, next_nonce__lt=reached).update(
        next_nonce=reached
    )
    if tx.kind == FILL_NONCE or tx.attempts.filter(cancels=True).exists():
        give_up(tx, ChainTransaction.IN_FLIGHT, note, after=State.CANCELED)
    else:
        advance(tx, ChainTransaction.IN_FLIGHT, State.PLANNED, note, nonce=None, transaction_hash=None)


def let_go_of_used(chain: Chain, sender: str) -> None:
    """Take the key's last nonce from what was given up at it, once the chain has used it for good: there is no gap."""
    allocator = SenderNonce.objects.filter(chain_id=chain.chain_id, address=sender).first()
    if allocator is None or _final_count(chain, sender) < allocator.next_nonce:
        return
    last = allocator.next_nonce - 1
    given_up = ChainTransaction.objects.filter(state__in=ChainTransaction.GIVEN_UP, block_hash__isnull=True)
    if given_up.filter(chain_id=chain.chain_id, sender=sender, nonce=last).update(nonce=None):
        logger.error("nonce_used_elsewhere", sender=sender, nonce=last)


def _final_count(chain: Chain, sender: str) -> int:
    """How many transactions of a key are final; 0 where that cannot be told."""
    cursor = ChainCursor.objects.filter(chain_id=chain.chain_id).first()
    if cursor is None:
        return 0
    try:
        return client(chain).nonce(sender, cursor.finalized_number)
    except RpcError:
        return 0  # the node has no state of that block (any more): the next final block will do


def _have_receipt(chain: Chain, hashes: Sequence[str]) -> bool:
    """Whether a node has one, or it cannot be told: of two nodes neither may have it."""
    node = client(chain)
    if node.receipts(hashes):
        return True
    if not node.node.has_witnesses:
        return False
    try:
        return bool(node.receipts_of_another(hashes))
    except ChainUnavailable:
        return True


def senders_with_work(chain: Chain, states: Sequence[str] = ChainTransaction.LIVE) -> list[str]:
    """Keys that have transactions in these states."""
    rows = ChainTransaction.objects.filter(chain_id=chain.chain_id, state__in=states)
    return list(rows.order_by("sender").values_list("sender", flat=True).distinct())
