"""Handing stored bytes to a node, reading its answer, and replacing what is stuck at the same nonce."""

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from contracts.chains import Chain
from contracts.client import GWEI, Fees, client
from contracts.errors import AlreadyKnown, InvalidTransaction, RpcError, Underpriced
from contracts.killpoints import reach
from contracts.models import ChainTransaction, TransactionAttempt
from contracts.outbox.calls import call_of, unsigned
from contracts.outbox.states import advance, give_up
from contracts.signers import Signer

logger = structlog.get_logger(__name__)

State = ChainTransaction.State
REPLACEMENTS_AT_ONCE = 3


def broadcast(chain: Chain, signer: Signer, tx: ChainTransaction, attempt: TransactionAttempt) -> None:
    """Send an attempt's bytes, for the first time or again. Raises ChainUnavailable and WrongChain.

    What the node refuses is handled by what the refusal means: bytes it has are as good as accepted; a nonce that
    is used up is for the receipts to explain; too low fees are raised; bytes that no node will take end the action.
    """
    for _round in range(REPLACEMENTS_AT_ONCE):
        try:
            hand_over(chain, tx, attempt)
        except Underpriced:
            replacement = replace(chain, signer, tx, attempt)
            if replacement is None:
                return
            attempt = replacement
        else:
            return


def hand_over(chain: Chain, tx: ChainTransaction, attempt: TransactionAttempt) -> None:
    """Send the bytes once and note the answer. Raises Underpriced, ChainUnavailable and WrongChain."""
    tries = TransactionAttempt.objects.filter(pk=attempt.pk)
    tries.update(tried_at=timezone.now())
    try:
        client(chain).send_raw(bytes(attempt.raw))
    except AlreadyKnown:
        pass
    except RpcError as error:
        tries.update(answer=str(error))
        ChainTransaction.objects.filter(pk=tx.pk, state__in=ChainTransaction.IN_FLIGHT).update(error=str(error))
        logger.warning("send_refused", kind=tx.kind, subject=tx.subject, nonce=attempt.nonce, error=str(error))
        if isinstance(error, Underpriced):
            raise
        if isinstance(error, InvalidTransaction):
            _refused_for_good(tx, error)
        return
    reach("outbox.broadcast")
    tries.filter(broadcast_at__isnull=True).update(broadcast_at=timezone.now())
    if not advance(tx, [State.SIGNED], State.BROADCAST, attempt.hash, error=""):
        ChainTransaction.objects.filter(pk=tx.pk, state__in=ChainTransaction.IN_FLIGHT).update(error="")


def _refused_for_good(tx: ChainTransaction, error: RpcError) -> None:
    """End the action, unless some node took an earlier form of it. Its nonce is filled by the sweeper."""
    if not tx.attempts.filter(broadcast_at__isnull=False).exists():
        give_up(tx, [State.SIGNED], f"the node refused it: {error}")


def replace(chain: Chain, signer: Signer, tx: ChainTransaction, last: TransactionAttempt) -> TransactionAttempt | None:
    """Sign and store the same call at the same nonce with higher fees. None when another process did, or at the cap.

    Replacing is never a second action: of two transactions of one nonce a chain takes one.
    """
    cap = settings.CHAIN_MAX_FEE_GWEI * GWEI
    paid = Fees(max_fee=int(last.max_fee_per_gas), priority=int(last.max_priority_fee_per_gas))
    fees = client(chain).fees().at_least(paid.bumped())
    if fees.max_fee > cap:
        ChainTransaction.objects.filter(pk=tx.pk, state__in=ChainTransaction.IN_FLIGHT).update(
            error=f"stuck: higher fees would pass the cap of {settings.CHAIN_MAX_FEE_GWEI} gwei"
        )
        return None
    call = call_of(tx, chain)
    signed = signer.sign_transaction(unsigned(call, chain=chain, nonce=last.nonce, gas=last.gas_limit, fees=fees))
    with transaction.atomic():
        current = ChainTransaction.objects.select_for_update().get(pk=tx.pk)
        newest = current.attempts.order_by("-number").first()
        if current.state not in ChainTransaction.IN_FLIGHT or newest is None or newest.pk != last.pk:
            return None
        accepted = current.attempts.filter(broadcast_at__isnull=False).exists()
        after = State.REPLACED if accepted else current.state
        note = f"fees raised to {fees.max_fee} wei per gas"
        advance(tx, [current.state], after, note, transaction_hash=signed.hash)
        return TransactionAttempt.objects.create(
            transaction=current,
            number=newest.number + 1,
            nonce=last.nonce,
            hash=signed.hash,
            raw=signed.raw,
            gas_limit=last.gas_limit,
            max_fee_per_gas=fees.max_fee,
            max_priority_fee_per_gas=fees.priority,
        )
