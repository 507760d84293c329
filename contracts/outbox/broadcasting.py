"""Handing stored bytes to a node, reading its answer, and replacing what is stuck at the same nonce."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from contracts.chains import Chain
from contracts.client import GWEI, Fees, client
from contracts.errors import AlreadyKnown, InvalidTransaction, RpcError, Underpriced
from contracts.killpoints import reach
from contracts.models import ChainTransaction, TransactionAttempt
from contracts.outbox.calls import FILL_NONCE, TRANSFER_GAS, call_of, empty_call, unsigned
from contracts.outbox.states import advance, advance_all, deliver_outcome
from contracts.signers import Signer

logger = structlog.get_logger(__name__)

State = ChainTransaction.State
Signed = tuple[ChainTransaction, TransactionAttempt]
"""An action and the signed form of it that is to be sent."""

BATCH = 32
"""Transactions that one request carries."""
REPLACEMENTS_AT_ONCE = 3


def broadcast(chain: Chain, signer: Signer, signed: Sequence[Signed]) -> None:
    """Send stored bytes in this order, for the first time or again. Raises ChainUnavailable and WrongChain.

    What the node refuses is handled by what the refusal means: bytes it has are as good as accepted; a nonce that
    is used up is for the receipts to explain; too low fees are raised; bytes that no node will take end the action, or,
    where no node has said that it took them and yet one may have, an empty transaction takes their nonce. What no node
    takes in place of an empty one keeps its nonce, and is handed over again by each sweep.
    """
    for start in range(0, len(signed), BATCH):
        part: Sequence[Signed] = signed[start : start + BATCH]
        for _round in range(REPLACEMENTS_AT_ONCE):
            underpriced, doubtful = _hand_over(chain, part)
            replaced = [(tx, replace(chain, signer, tx, attempt)) for tx, attempt in underpriced]
            replaced += [
                (tx, replace(chain, signer, tx, attempt, cancel=True, capped=True)) for tx, attempt in doubtful
            ]
            part = [(tx, attempt) for tx, attempt in replaced if attempt is not None]
            if not part:
                break


def _hand_over(chain: Chain, signed: Sequence[Signed]) -> tuple[list[Signed], list[Signed]]:
    """Send the bytes once and note the answers, but for what is not open any more. Returns what was too cheap, and what
    is refused for good and yet may have been taken.
    """
    with transaction.atomic():
        # Locked, as by who gives one up: either it is given up before this, or this is seen then.
        rows = ChainTransaction.objects.select_for_update().filter(pk__in=[tx.pk for tx, _attempt in signed])
        still_open = set(rows.filter(state__in=ChainTransaction.IN_FLIGHT).order_by("pk").values_list("pk", flat=True))
        signed = [(tx, attempt) for tx, attempt in signed if tx.pk in still_open]
        tries = TransactionAttempt.objects.filter(pk__in=[attempt.pk for _tx, attempt in signed])
        first = set(tries.filter(tried_at__isnull=True).values_list("pk", flat=True))
        now = timezone.now()
        tries.update(tried_at=now)
    answers = client(chain).send_all([bytes(attempt.raw) for _tx, attempt in signed])
    told = list(zip(signed, answers, strict=True))
    reach("outbox.broadcast")
    _note_taken([pair for pair, error in told if error is None or isinstance(error, AlreadyKnown)])
    underpriced, doubtful = [], []
    for (tx, attempt), error in told:
        if error is None or isinstance(error, AlreadyKnown):
            continue
        _note_refused(tx, attempt, error)
        if isinstance(error, Underpriced):
            underpriced.append((tx, attempt))
        if isinstance(error, InvalidTransaction):
            if attempt.pk in first and _give_up_untried(tx, attempt, now, f"the node refused it: {error}"):
                continue
            if not attempt.cancels and not tx.attempts.filter(broadcast_at__isnull=False).exists():
                doubtful.append((tx, attempt))
    return underpriced, doubtful


def _give_up_untried(tx: ChainTransaction, attempt: TransactionAttempt, tried_at: datetime, reason: str) -> bool:
    """End the action if no node will take it, and none was handed it but by us. The sweeper fills its nonce; so what
    fills one does not end: the next one would be refused as well, and the one after it.
    """
    if tx.kind == FILL_NONCE:
        return False
    with transaction.atomic():
        ChainTransaction.objects.select_for_update().get(pk=tx.pk)
        if tx.attempts.exclude(pk=attempt.pk, tried_at=tried_at).exists():
            return False
        if not advance(tx, [State.SIGNED], State.FAILED, reason, error=reason):
            return False
    deliver_outcome(tx)
    return True


def _note_taken(taken: Sequence[Signed]) -> None:
    attempts = TransactionAttempt.objects.filter(pk__in=[attempt.pk for _tx, attempt in taken])
    attempts.filter(broadcast_at__isnull=True).update(broadcast_at=timezone.now())
    hashes = {tx.pk: attempt.hash for tx, attempt in taken}
    advance_all([tx for tx, _attempt in taken], [State.SIGNED], State.BROADCAST, lambda tx: hashes[tx.pk])
    refused_before = ChainTransaction.objects.filter(pk__in=hashes, state__in=ChainTransaction.IN_FLIGHT)
    refused_before.exclude(error="").update(error="")


def _note_refused(tx: ChainTransaction, attempt: TransactionAttempt, error: RpcError) -> None:
    TransactionAttempt.objects.filter(pk=attempt.pk).update(answer=str(error))
    ChainTransaction.objects.filter(pk=tx.pk, state__in=ChainTransaction.IN_FLIGHT).update(error=str(error))
    logger.warning("send_refused", kind=tx.kind, subject=tx.subject, nonce=attempt.nonce, error=str(error))


def replace(
    chain: Chain,
    signer: Signer,
    tx: ChainTransaction,
    last: TransactionAttempt,
    *,
    cancel: bool = False,
    capped: bool = False,
) -> TransactionAttempt | None:
    """Sign and store the same call at the same nonce with higher fees. None when another process did, or at the cap.

    With `cancel`, and ever after it, an empty transaction instead of the call. Replacing is never a second action: of
    two transactions of one nonce a chain takes one. With `capped` at the cap's fees where higher ones would pass it: a
    node that does not have what is replaced asks for no more.
    """
    cancel = cancel or last.cancels
    cap = settings.CHAIN_MAX_FEE_GWEI * GWEI
    paid = Fees(max_fee=int(last.max_fee_per_gas), priority=int(last.max_priority_fee_per_gas))
    fees = client(chain).fees().at_least(paid.bumped())
    if fees.max_fee > cap and capped:
        fees = Fees(max_fee=cap, priority=min(fees.priority, cap))
    if fees.max_fee > cap:
        ChainTransaction.objects.filter(pk=tx.pk, state__in=ChainTransaction.IN_FLIGHT).update(
            error=f"stuck: higher fees would pass the cap of {settings.CHAIN_MAX_FEE_GWEI} gwei"
        )
        return None
    call = empty_call(tx) if cancel else call_of(tx, chain)
    gas = _gas_of_nothing(chain, call) if cancel else last.gas_limit
    signed = signer.sign_transaction(unsigned(call, chain=chain, nonce=last.nonce, gas=gas, fees=fees))
    with transaction.atomic():
        current = ChainTransaction.objects.select_for_update().get(pk=tx.pk)
        newest = current.attempts.order_by("-number").first()
        if current.state not in ChainTransaction.IN_FLIGHT or newest is None or newest.pk != last.pk:
            return None
        accepted = current.attempts.filter(broadcast_at__isnull=False).exists()
        after = State.REPLACED if accepted else current.state
        note = f"{'canceling, ' if cancel else ''}fees raised to {fees.max_fee} wei per gas"
        advance(tx, [current.state], after, note, transaction_hash=signed.hash)
        return TransactionAttempt.objects.create(
            transaction=current,
            number=newest.number + 1,
            nonce=last.nonce,
            hash=signed.hash,
            raw=signed.raw,
            gas_limit=gas,
            cancels=cancel,
            max_fee_per_gas=fees.max_fee,
            max_priority_fee_per_gas=fees.priority,
        )


def _gas_of_nothing(chain: Chain, call: dict[str, Any]) -> int:
    """The gas limit of an empty transaction: on some chains it takes more than the 21,000 of most."""
    try:
        return client(chain).simulate(call) * 3 // 2
    except RpcError:
        return TRANSFER_GAS * 3 // 2
