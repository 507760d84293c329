"""From planned to broadcast: simulate, take a nonce, sign, store, and only then send (laws 3 and 4)."""

import hashlib
from collections.abc import Sequence
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q

from contracts.chains import Chain
from contracts.client import Fees, client
from contracts.deployment.records import load_record
from contracts.errors import ChainUnavailable, InconsistentNode, Reverted, RpcError
from contracts.indexer.standing import lags, require_ours
from contracts.killpoints import reach
from contracts.models import ChainTransaction, SenderNonce, TransactionAttempt, TransactionHistory
from contracts.outbox.broadcasting import BATCH, Signed, broadcast
from contracts.outbox.calls import FILL_NONCE, TRANSFER_GAS, call_of, unsigned
from contracts.outbox.states import advance_all, give_up
from contracts.rpc import Rpc
from contracts.signers import Signer, signer_of

logger = structlog.get_logger(__name__)

State = ChainTransaction.State
Simulated = tuple[ChainTransaction, int | Exception]
"""An action and the gas limit to send it with, or why it cannot be sent now."""

SIGNED_FIELDS = ("nonce", "transaction_hash", "error", "waits_for_nonce")
# claimFor pays nobody with less than 212,381 left (Payment.sol), of which what it used says nothing.
HEAD_ROOM = 250_000
MOST_GAS = 2**24
"""What one transaction may use, by EIP-7825."""


def send_planned(chain: Chain, sender: str) -> int:
    """Send what is planned for one key, as far as the bound on open transactions allows. Returns how many.

    Any number of processes may run this at once. Raises ChainUnavailable, InconsistentNode, WrongChain, SendingStopped,
    ChainNotDeployed or SignerRefused; whatever was stored by then is found again by the sweeper.
    """
    require_ours(chain)
    signer = signer_of(chain, sender)
    if lags(chain):
        # On a state without what an action builds on it would revert, or pass with too little gas.
        logger.warning("sending_waits_for_node", chain=chain.role)
        client(chain).node.distrust(InconsistentNode("The node lags behind what was read."))
        return 0
    fees = client(chain).fees()
    tried: set[int] = set()
    sent = 0
    while batch := _within_bound(_next_planned(chain, sender, tried), room(chain, sender)):
        found = _simulated(chain, batch)
        tried.update(tx.pk for tx, _gas in found)
        sent += _send(chain, signer, found, fees)
    return sent


def room(chain: Chain, sender: str) -> int:
    """How many more transactions of this key may be open."""
    return max(0, settings.CHAIN_MAX_IN_FLIGHT - _open_count(chain, sender))


def _within_bound(txs: Sequence[ChainTransaction], slots: int) -> Sequence[ChainTransaction]:
    """Those that may be opened now. What fills a gap always may: all that is open above it waits for it."""
    fillers = sum(tx.nonce is not None for tx in txs)  # they come first
    return txs[: fillers + slots]


def _open_count(chain: Chain, sender: str) -> int:
    return ChainTransaction.objects.filter(
        chain_id=chain.chain_id, sender=sender, state__in=ChainTransaction.IN_FLIGHT
    ).count()


def _next_planned(chain: Chain, sender: str, tried: set[int]) -> Sequence[ChainTransaction]:
    planned = ChainTransaction.objects.filter(chain_id=chain.chain_id, sender=sender, state=State.PLANNED).exclude(
        pk__in=tried
    )
    waiting = planned.filter(waits_for_nonce__isnull=False)
    if waiting.exists():
        reached = client(chain).nonce(sender)
        planned = planned.filter(Q(waits_for_nonce__isnull=True) | Q(waits_for_nonce__lte=reached))
    # What fills a gap goes first: everything above it waits for it.
    return list(planned.order_by("nonce", "id")[:BATCH])


def _send(chain: Chain, signer: Signer, simulated: Sequence[Simulated], fees: Fees) -> int:
    """Sign and broadcast what the chain would take now, in one go. Returns how many."""
    first = next((place for place, (_tx, gas) in enumerate(simulated) if isinstance(gas, int)), len(simulated))
    # What fails before anything is sent does not fail for what is sent here.
    _note_failed(chain, simulated[:first])
    passed = [(tx, gas) for tx, gas in simulated if isinstance(gas, int)]
    signed = _store_signed(chain, signer, passed, fees) if passed else []
    if signed:
        reach("outbox.stored")
        broadcast(chain, signer, signed)
    _note_failed(chain, simulated[first:])
    return len(signed)


def _simulated(chain: Chain, batch: Sequence[ChainTransaction]) -> list[Simulated]:
    """The gas limit of each, or why it cannot be sent now. At least the first is answered.

    Each is asked on the state that those before it leave: two that share an allowance both pass on the same one.
    A node that cannot do that answers for the first alone; the others are asked when it is sent.
    """
    calls: list[dict[str, Any]] = []
    for tx in batch:
        try:
            calls.append(call_of(tx, chain))
        except (KeyError, ValueError) as error:
            if not calls:
                return [(tx, error)]
            break
    if len(calls) > 1:
        try:
            answers = client(chain).simulate_all(calls)
        except RpcError as error:
            logger.info("simulated_alone", chain=chain.role, error=str(error))
        else:
            clear = _up_to_an_unclear_one([(tx, _limit(found)) for tx, found in zip(batch, answers, strict=False)])
            if clear:
                return clear
    tx = batch[0]
    try:
        return [(tx, _limit(client(chain).simulate(calls[0])))]
    except RpcError as error:
        return [(tx, error)]


def _up_to_an_unclear_one(simulated: list[Simulated]) -> list[Simulated]:
    """Without what did not pass for a reason that may lie with those before it, as the gas of one block."""
    for place, (_tx, found) in enumerate(simulated):
        if isinstance(found, RpcError) and not isinstance(found, Reverted):
            return simulated[:place]
    return simulated


def _limit(gas: int | RpcError) -> int | RpcError:
    """Gas used, with head room: refunds give back up to a fifth of it, and a call passes on 63 of 64 parts."""
    if isinstance(gas, RpcError) or gas == TRANSFER_GAS:
        return gas
    return min(gas * 3 // 2 + HEAD_ROOM, max(gas, MOST_GAS))


def _note_failed(chain: Chain, simulated: Sequence[Simulated]) -> None:
    for tx, error in simulated:
        if isinstance(error, Reverted) and tx.kind != FILL_NONCE:  # nothing can revert there, whatever the node says
            _would_revert(chain, tx, error)
        elif isinstance(error, RpcError):
            # Not the action's fault, as far as we can tell (the sender's coin, the node): it stays planned.
            logger.warning("simulation_refused", kind=tx.kind, subject=tx.subject, error=str(error))
            ChainTransaction.objects.filter(pk=tx.pk, state=State.PLANNED).update(error=str(error))
        elif isinstance(error, Exception):
            give_up(tx, [State.PLANNED], f"it cannot be encoded: {error}")


def _would_revert(chain: Chain, tx: ChainTransaction, error: Reverted) -> None:
    """A revert is certain only when no earlier transaction of ours is open that may change the answer, when the node
    that gave it has all that we have read (what it lacks may be what the action builds on), and on the chain itself: in
    the pool stand transactions of strangers that may never be mined.
    """
    if lags(chain):
        ChainTransaction.objects.filter(pk=tx.pk, state=State.PLANNED).update(error=f"{error}, on a node that lags")
        return
    allocator = SenderNonce.objects.filter(chain_id=chain.chain_id, address=tx.sender).first()
    waits_for = tx.waits_for_nonce if tx.waits_for_nonce is not None or allocator is None else allocator.next_nonce
    # Asked again, for a block may have gone since it was found that those before it are in one.
    if waits_for is None or client(chain).nonce(tx.sender) >= waits_for:
        if _reverts_on_chain(chain, call_of(tx, chain)):
            give_up(tx, [State.PLANNED], str(error))
            return
        waits_for = tx.waits_for_nonce
    ChainTransaction.objects.filter(pk=tx.pk, state=State.PLANNED).update(waits_for_nonce=waits_for, error=str(error))


def _reverts_on_chain(chain: Chain, call: dict[str, Any]) -> bool:
    """Whether the call reverts on the newest block, for a second node too where there is one: who is told of a failure
    gives money back.
    """
    node = client(chain)
    head = node.head()
    if node.revert_reason(call, head.number) is None:
        return False
    if not node.node.has_witnesses:
        return True

    def reverts(rpc: Rpc) -> bool | None:
        try:
            rpc.call("eth_call", call | {"value": hex(call["value"])}, {"blockHash": head.hash})
        except RpcError as answer:
            return True if isinstance(answer, Reverted) else None  # it may not have that block yet
        return False

    try:
        seen = node.node.witness(reverts)
    except ChainUnavailable:
        return False
    if seen is False:
        node.node.distrust(InconsistentNode("Another node does not tell that the same call reverts."))
    return bool(seen)


def allocator_of(chain: Chain, sender: str) -> SenderNonce:
    """The locked allocator row of a key. Must run inside a transaction."""
    rows = SenderNonce.objects.select_for_update()
    key = {"chain_id": chain.chain_id, "address": sender}
    found = rows.filter(**key).first()
    if found is None:
        # The chain's own count, pending ones included: the key may have been used before we kept a row.
        start = client(chain).nonce(sender, "pending")
        SenderNonce.objects.get_or_create(**key, defaults={"next_nonce": start})
        found = rows.get(**key)
    return found


def _store_signed(
    chain: Chain, signer: Signer, passed: Sequence[tuple[ChainTransaction, int]], fees: Fees
) -> list[Signed]:
    """Take nonces, sign, and store all in one transaction; without those at which another process was first."""
    with transaction.atomic():
        allocator = allocator_of(chain, signer.address)
        gas_of = {tx.pk: gas for tx, gas in passed}
        allowed = _within_bound([tx for tx, _gas in passed], room(chain, signer.address))
        rows = ChainTransaction.objects.filter(pk__in=[tx.pk for tx in allowed], state=State.PLANNED)
        standing = set(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
        tries = dict(rows.annotate(tries=Count("attempts")).values_list("pk", "tries"))
        attempts = []
        for tx in allowed:
            if tx.pk not in standing:
                continue
            gas = gas_of[tx.pk]
            nonce = allocator.next_nonce if tx.nonce is None else tx.nonce
            allocator.next_nonce = max(allocator.next_nonce, nonce + 1)
            signed = signer.sign_transaction(unsigned(call_of(tx, chain), chain=chain, nonce=nonce, gas=gas, fees=fees))
            tx.nonce, tx.transaction_hash, tx.error, tx.waits_for_nonce = nonce, signed.hash, "", None
            attempts.append(
                TransactionAttempt(
                    transaction=tx,
                    number=tries[tx.pk] + 1,
                    nonce=nonce,
                    hash=signed.hash,
                    raw=signed.raw,
                    gas_limit=gas,
                    max_fee_per_gas=fees.max_fee,
                    max_priority_fee_per_gas=fees.priority,
                )
            )
        taken = [attempt.transaction for attempt in attempts]
        advance_all(taken, [State.PLANNED], State.SIGNED, "nonce {0.nonce}".format, *SIGNED_FIELDS)
        allocator.save(update_fields=["next_nonce"])
        TransactionAttempt.objects.bulk_create(attempts)
        reach("outbox.before_storing")
    return [(attempt.transaction, attempt) for attempt in attempts]


def senders_with_gaps(chain: Chain) -> list[str]:
    """Keys whose last nonce a send left that was given up: nothing above it is open, by which it would be found.

    Not those whose last nonces a deployment has taken.
    """
    last = {"chain_id": OuterRef("chain_id"), "sender": OuterRef("address"), "nonce": OuterRef("next_nonce") - 1}
    held = ChainTransaction.objects.filter(**last).exclude(state__in=ChainTransaction.GIVEN_UP)
    keys = SenderNonce.objects.filter(~Exists(held), chain_id=chain.chain_id).order_by("address")
    left = ChainTransaction.objects.filter(state__in=ChainTransaction.GIVEN_UP, block_hash__isnull=True)
    return [
        key.address
        for key in keys
        if left.filter(chain_id=chain.chain_id, sender=key.address, nonce=key.next_nonce - 1).exists()
    ]


def fill_gaps(chain: Chain, sender: str) -> int:
    """Plan an empty transaction for each nonce that nothing of ours holds any more. Returns how many.

    A send that was refused for good, or canceled, leaves such a gap, and everything above it would wait for ever. What
    a deployment under way has reserved is no gap.
    """
    reached = client(chain).nonce(sender)
    with transaction.atomic():
        allocator = SenderNonce.objects.select_for_update().filter(chain_id=chain.chain_id, address=sender).first()
        if allocator is None or reached >= allocator.next_nonce:
            return 0
        # A reverted transaction has failed and yet used its nonce.
        held = ChainTransaction.objects.filter(
            ~Q(state__in=ChainTransaction.GIVEN_UP) | Q(block_hash__isnull=False),
            chain_id=chain.chain_id,
            sender=sender,
            nonce__gte=reached,
        ).values_list("nonce", flat=True)
        gaps = sorted(set(range(reached, allocator.next_nonce)) - set(held) - _reserved(chain, sender))
        for nonce in gaps:
            _plan_filler(chain, sender, nonce)
        if gaps:
            reach("outbox.gap")
    return len(gaps)


def _reserved(chain: Chain, sender: str) -> set[int]:
    """Nonces that a deployment under way sends at by itself."""
    record = load_record(chain)
    if record is None or record.complete or record.plan.deployer != sender:
        return set()
    return set(range(record.plan.first_nonce, record.plan.end_nonce))


def _plan_filler(chain: Chain, sender: str, nonce: int) -> None:
    earlier = ChainTransaction.objects.filter(
        chain_id=chain.chain_id, kind=FILL_NONCE, subject=f"{sender}:{nonce}"
    ).count()
    tx = ChainTransaction.objects.create(
        chain_id=chain.chain_id,
        kind=FILL_NONCE,
        subject=f"{sender}:{nonce}",
        ref="0x" + hashlib.sha256(f"{sender}:{nonce}:{earlier}".encode()).hexdigest(),
        sender=sender,
        nonce=nonce,
    )
    TransactionHistory.objects.create(transaction=tx, after=tx.state, note=f"nonce {nonce} was left empty")
    logger.warning("nonce_gap_filled", sender=sender, nonce=nonce)
