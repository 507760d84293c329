"""From planned to broadcast: simulate, take a nonce, sign, store, and only then send (laws 3 and 4)."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q

from contracts.chains import Chain
from contracts.client import Fees, client
from contracts.errors import Reverted, RpcError, SignerRefused
from contracts.indexer.standing import require_ours
from contracts.killpoints import reach
from contracts.models import ChainTransaction, SenderNonce, TransactionAttempt, TransactionHistory
from contracts.outbox.broadcasting import BATCH, Signed, broadcast
from contracts.outbox.calls import FILL_NONCE, TRANSFER_GAS, call_of, unsigned
from contracts.outbox.states import advance_all, give_up
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
    looked_at: set[int] = set()
    sent = 0
    while open_slots := room(chain, sender):
        # One by one: two that share an allowance both pass a simulation on the same state, and the second would revert.
        planned = _next_planned(chain, sender, looked_at)[: min(open_slots, 1)]
        if not planned:
            break
        run = _sendable_run(chain, planned)
        looked_at.update(run.looked_at)
        signed = _store_signed(chain, signer, run.sendable, fees)
        if signed:
            reach("outbox.stored")
            broadcast(chain, signer, signed)
            sent += len(signed)
    return sent


def room(chain: Chain, sender: str) -> int:
    """How many more transactions of this key may be open."""
    return max(0, settings.CHAIN_MAX_IN_FLIGHT - _open_count(chain, sender))


def _open_count(chain: Chain, sender: str) -> int:
    return ChainTransaction.objects.filter(
        chain_id=chain.chain_id, sender=sender, state__in=ChainTransaction.IN_FLIGHT
    ).count()


def _next_planned(chain: Chain, sender: str, looked_at: set[int]) -> Sequence[ChainTransaction]:
    planned = ChainTransaction.objects.filter(chain_id=chain.chain_id, sender=sender, state=State.PLANNED).exclude(
        pk__in=looked_at
    )
    waiting = planned.filter(waits_for_nonce__isnull=False)
    if waiting.exists():
        reached = client(chain).nonce(sender)
        planned = planned.filter(Q(waits_for_nonce__isnull=True) | Q(waits_for_nonce__lte=reached))
    # What fills a gap goes first: everything above it waits for it.
    return list(planned.order_by("nonce", "id")[:BATCH])


@dataclass
class _Run:
    """Of some planned transactions those to send now, with their gas limits, and the ids of all that are dealt with."""

    sendable: list[tuple[ChainTransaction, int]] = field(default_factory=list)
    looked_at: list[int] = field(default_factory=list)


def _sendable_run(chain: Chain, planned: Sequence[ChainTransaction]) -> _Run:
    """Simulate all on the same state: deal with those refused at the beginning, take those up to the next refusal."""
    run = _Run()
    for tx, gas in zip(planned, _gas_limits(chain, planned), strict=True):
        if isinstance(gas, int):
            run.sendable.append((tx, gas))
        elif run.sendable:
            break
        else:
            _refused(chain, tx, gas)
        run.looked_at.append(tx.pk)
    return run


def _gas_limits(chain: Chain, planned: Sequence[ChainTransaction]) -> list[int | Exception]:
    """For each the gas limit with head room, or why it cannot be sent now."""
    limits: dict[int, int | Exception] = {}
    calls: dict[int, dict[str, Any]] = {}
    for tx in planned:
        if tx.kind == FILL_NONCE:
            limits[tx.pk] = TRANSFER_GAS
            continue
        try:
            calls[tx.pk] = call_of(tx, chain)
        except (KeyError, ValueError) as error:
            limits[tx.pk] = error
    for pk, gas in zip(calls, client(chain).simulations(list(calls.values())), strict=True):
        limits[pk] = gas * 5 // 4 + 20_000 if isinstance(gas, int) else gas
    return [limits[tx.pk] for tx in planned]


def _refused(chain: Chain, tx: ChainTransaction, error: Exception) -> None:
    if isinstance(error, Reverted):
        _would_revert(chain, tx, error)
    elif isinstance(error, RpcError):
        # Not the action's fault, as far as we can tell (the sender's coin, the node): it stays planned.
        logger.warning("simulation_refused", kind=tx.kind, subject=tx.subject, error=str(error))
        ChainTransaction.objects.filter(pk=tx.pk, state=State.PLANNED).update(error=str(error))
    else:
        give_up(tx, [State.PLANNED], f"it cannot be encoded: {error}")


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
    chain: Chain, signer: Signer, sendable: Sequence[tuple[ChainTransaction, int]], fees: Fees
) -> list[Signed]:
    """Take nonces, sign, and store all of it in one transaction; what another process was first at is left out."""
    if not sendable:
        return []
    with transaction.atomic():
        allocator = allocator_of(chain, signer.address)
        taken = _still_planned([tx.pk for tx, _gas in sendable])
        mine = [(tx, gas) for tx, gas in sendable if tx.pk in taken][: room(chain, signer.address)]
        before = dict(
            TransactionAttempt.objects.filter(transaction__in=[tx.pk for tx, _gas in mine])
            .values_list("transaction")
            .annotate(Count("pk"))
        )
        attempts = []
        for tx, gas in mine:
            nonce = allocator.next_nonce if tx.nonce is None else tx.nonce
            allocator.next_nonce = max(allocator.next_nonce, nonce + 1)
            signed = signer.sign_transaction(unsigned(call_of(tx, chain), chain=chain, nonce=nonce, gas=gas, fees=fees))
            tx.nonce, tx.transaction_hash, tx.error, tx.waits_for_nonce = nonce, signed.hash, "", None
            attempts.append(
                TransactionAttempt(
                    transaction=tx,
                    number=before.get(tx.pk, 0) + 1,
                    nonce=nonce,
                    hash=signed.hash,
                    raw=signed.raw,
                    gas_limit=gas,
                    max_fee_per_gas=fees.max_fee,
                    max_priority_fee_per_gas=fees.priority,
                )
            )
        allocator.save(update_fields=["next_nonce"])
        advance_all(
            [tx for tx, _gas in mine],
            [State.PLANNED],
            State.SIGNED,
            lambda tx: f"nonce {tx.nonce}",
            *("nonce", "transaction_hash", "error", "waits_for_nonce"),
        )
        TransactionAttempt.objects.bulk_create(attempts)
    return [(attempt.transaction, attempt) for attempt in attempts]


def _still_planned(pks: Sequence[int]) -> set[int]:
    """Those that are planned, locked until the end of the transaction."""
    rows = ChainTransaction.objects.select_for_update().filter(pk__in=pks, state=State.PLANNED)
    return set(rows.order_by("pk").values_list("pk", flat=True))


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
