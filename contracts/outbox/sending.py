"""From planned to broadcast: simulate, take a nonce, sign, store, and only then send (laws 3 and 4)."""

import hashlib
from collections.abc import Sequence

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from contracts.chains import Chain
from contracts.client import Fees, client
from contracts.errors import Reverted, RpcError, SignerRefused
from contracts.indexer.standing import require_ours
from contracts.killpoints import reach
from contracts.models import ChainTransaction, SenderNonce, TransactionAttempt, TransactionHistory
from contracts.outbox.broadcasting import BATCH, broadcast
from contracts.outbox.calls import FILL_NONCE, TRANSFER_GAS, call_of, unsigned
from contracts.outbox.states import advance, give_up
from contracts.signers import Signer, operator_signer

logger = structlog.get_logger(__name__)

State = ChainTransaction.State


def signer_for(chain: Chain, sender: str) -> Signer:
    """The signer of one of our keys. Raises SignerRefused for an address whose key we do not have."""
    signer = operator_signer(chain)
    if signer.address != sender:
        raise SignerRefused(f"No signer here has the key of {sender}.")
    return signer


def send_planned(chain: Chain, sender: str) -> int:
    """Send what is planned for one key, as far as the bound on open transactions allows. Returns how many.

    Any number of processes may run this at once. Raises ChainUnavailable, WrongChain, SendingStopped,
    ChainNotDeployed or SignerRefused; whatever was stored by then is found again by the sweeper.
    """
    require_ours(chain)
    signer = signer_for(chain, sender)
    fees = client(chain).fees()
    tried: set[int] = set()
    sent = 0
    while open_slots := room(chain, sender):
        batch = _next_planned(chain, sender, tried)[:open_slots]
        if not batch:
            break
        tried.update(tx.pk for tx in batch)
        # Each is simulated after those before it are sent: two that share an allowance both pass on the same state.
        sent += sum(_send(chain, signer, tx, fees) for tx in batch)
    return sent


def room(chain: Chain, sender: str) -> int:
    """How many more transactions of this key may be open."""
    return max(0, settings.CHAIN_MAX_IN_FLIGHT - _open_count(chain, sender))


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


def _send(chain: Chain, signer: Signer, tx: ChainTransaction, fees: Fees) -> bool:
    """Sign and broadcast one planned transaction; False when it is not sent (now, or ever)."""
    gas = _simulated_gas(chain, tx)
    if gas is None:
        return False
    attempt = _store_signed(chain, signer, tx, fees, gas)
    if attempt is None:
        return False
    reach("outbox.stored")
    broadcast(chain, signer, [(tx, attempt)])
    return True


def _simulated_gas(chain: Chain, tx: ChainTransaction) -> int | None:
    """The gas limit with head room, or None when the transaction cannot be sent now."""
    if tx.kind == FILL_NONCE:
        return TRANSFER_GAS
    try:
        gas = client(chain).simulate(call_of(tx, chain))
    except (KeyError, ValueError) as error:
        give_up(tx, [State.PLANNED], f"it cannot be encoded: {error}")
    except Reverted as error:
        _would_revert(chain, tx, error)
    except RpcError as error:
        # Not the action's fault, as far as we can tell (the sender's coin, the node): it stays planned.
        logger.warning("simulation_refused", kind=tx.kind, subject=tx.subject, error=str(error))
        ChainTransaction.objects.filter(pk=tx.pk, state=State.PLANNED).update(error=str(error))
    else:
        return gas * 5 // 4 + 20_000
    return None


def _would_revert(chain: Chain, tx: ChainTransaction, error: Reverted) -> None:
    """A revert is certain only when no earlier transaction of ours is open that may change the answer."""
    allocator = SenderNonce.objects.filter(chain_id=chain.chain_id, address=tx.sender).first()
    still_open = allocator is not None and client(chain).nonce(tx.sender) < allocator.next_nonce
    if allocator is None or not still_open or tx.waits_for_nonce is not None:
        give_up(tx, [State.PLANNED], str(error))
        return
    ChainTransaction.objects.filter(pk=tx.pk, state=State.PLANNED).update(
        waits_for_nonce=allocator.next_nonce, error=str(error)
    )


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
    chain: Chain, signer: Signer, tx: ChainTransaction, fees: Fees, gas: int
) -> TransactionAttempt | None:
    """Take a nonce, sign, and store both in one transaction; None when another process was first."""
    call = call_of(tx, chain)
    with transaction.atomic():
        allocator = allocator_of(chain, signer.address)
        if not room(chain, signer.address):
            return None
        nonce = allocator.next_nonce if tx.nonce is None else tx.nonce
        signed = signer.sign_transaction(unsigned(call, chain=chain, nonce=nonce, gas=gas, fees=fees))
        moved = advance(
            tx,
            [State.PLANNED],
            State.SIGNED,
            f"nonce {nonce}",
            nonce=nonce,
            transaction_hash=signed.hash,
            error="",
            waits_for_nonce=None,
        )
        if not moved:
            return None
        if nonce == allocator.next_nonce:
            allocator.next_nonce = nonce + 1
            allocator.save(update_fields=["next_nonce"])
        return TransactionAttempt.objects.create(
            transaction=tx,
            number=tx.attempts.count() + 1,
            nonce=nonce,
            hash=signed.hash,
            raw=signed.raw,
            gas_limit=gas,
            max_fee_per_gas=fees.max_fee,
            max_priority_fee_per_gas=fees.priority,
        )


def fill_gaps(chain: Chain, sender: str) -> int:
    """Plan an empty transaction for each nonce that nothing of ours holds any more. Returns how many.

    A send that was refused for good, or canceled, leaves such a gap, and everything above it would wait for ever.
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
        gaps = sorted(set(range(reached, allocator.next_nonce)) - set(held))
        for nonce in gaps:
            _plan_filler(chain, sender, nonce)
    return len(gaps)


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
