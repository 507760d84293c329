"""What an operator may do with a transaction: try it again, speed it up, cancel it, each with a reason that stays."""

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from common.tasks import nudge
from contracts.chains import Chain, chain_of
from contracts.errors import SignerRefused, SignerUnavailable
from contracts.hooks import outcome_of
from contracts.models import ChainTransaction, OperatorOrder, TransactionAttempt
from contracts.outbox.broadcasting import broadcast, replace
from contracts.outbox.calls import FILL_NONCE
from contracts.outbox.states import advance, give_up
from contracts.outbox.tracking import PATIENCE
from contracts.signers import signer_of

logger = structlog.get_logger(__name__)

Action = OperatorOrder.Action
State = ChainTransaction.State


class OrderRefused(Exception):
    """It cannot be done with this transaction (now); `str()` says why."""


def possible_orders(tx: ChainTransaction) -> list[str]:
    """What can be asked for in the state that it is in."""
    if tx.state == State.PLANNED:
        return [Action.RETRY] if tx.kind == FILL_NONCE else [Action.RETRY, Action.CANCEL]
    if tx.state in ChainTransaction.IN_FLIGHT:
        canceling = tx.kind == FILL_NONCE or any(attempt.cancels for attempt in tx.attempts.all())
        return [Action.RETRY, Action.SPEED_UP, *([] if canceling else [Action.CANCEL])]
    return [Action.RETRY] if _can_be_planned_anew(tx) else []


def _can_be_planned_anew(tx: ChainTransaction) -> bool:
    """An app that was told of the failure has acted on it, and has its own way to begin anew."""
    return tx.state == State.FAILED and tx.nonce is None and outcome_of(tx.kind) is None


def order(*, tx: ChainTransaction, action: str, reason: str, operator: str) -> OperatorOrder:
    """Note what an operator wants, for a worker to carry out. Raises OrderRefused."""
    reason = reason.strip()
    if not reason:
        raise OrderRefused(_("Say why: the reason is kept with the transaction."))
    try:
        with transaction.atomic():
            tx = ChainTransaction.objects.select_for_update().get(pk=tx.pk)
            if action not in possible_orders(tx):
                raise OrderRefused(
                    _("It is %(state)s now: that cannot be done with it any more.") % {"state": tx.state}
                )
            made = OperatorOrder.objects.create(transaction=tx, action=action, reason=reason, operator=operator)
            from contracts.tasks import carry_out_orders

            nudge(carry_out_orders, chain_of(tx.chain_id).role)
    except IntegrityError as error:
        raise OrderRefused(_("Another order for it is still open: wait until that is done.")) from error
    logger.warning("operator_order", action=action, kind=tx.kind, subject=tx.subject, operator=operator, reason=reason)
    return made


def carry_out(chain: Chain) -> int:
    """Do what operators asked for. Returns how many. Raises what sending raises, and the order stays open then, but for
    SignerRefused: that would not change. While a key's signer is away the orders about that key stay open.
    """
    orders = OperatorOrder.objects.filter(transaction__chain_id=chain.chain_id, done_at__isnull=True)
    done = 0
    for one in orders.select_related("transaction"):
        try:
            result = _carry_out(chain, one.transaction, one)
        except SignerRefused as error:
            result = str(error)
        except SignerUnavailable as error:
            logger.warning("order_waits", action=one.action, subject=one.transaction.subject, error=str(error))
            continue
        done += OperatorOrder.objects.filter(pk=one.pk, done_at__isnull=True).update(
            done_at=timezone.now(), result=result
        )
    return done


def _carry_out(chain: Chain, tx: ChainTransaction, asked: OperatorOrder) -> str:
    """What came of it, in a sentence. Doing it twice does no harm: a process may die before it can say that it did."""
    tx.refresh_from_db()  # much may have become of it since the orders were read
    action, why = asked.action, f"{asked.operator}: {asked.reason}"
    if action == Action.RETRY:
        return _retry(tx, why)
    if action == Action.CANCEL and give_up(tx, [State.PLANNED], f"canceled by {why}", after=State.CANCELED):
        return _("Canceled before it was signed.")
    last = tx.attempts.order_by("-number").first()
    if tx.state not in ChainTransaction.IN_FLIGHT or last is None:
        return _("Too late: it is %(state)s.") % {"state": tx.state}
    signer = signer_of(chain, tx.sender)
    cancel = action == Action.CANCEL
    is_signed = last.cancels if cancel else last.signed_at > asked.at
    attempt = last if is_signed else replace(chain, signer, tx, last, cancel=cancel)
    if attempt is None:
        tx.refresh_from_db()
        return tx.error or _("Nothing was signed: it is %(state)s.") % {"state": tx.state}
    broadcast(chain, signer, [(tx, attempt)])
    tx.refresh_from_db()
    if tx.error:
        return tx.error
    if cancel:
        return _("An empty transaction competes for its nonce: which of the two the chain takes decides.")
    return _("Sent with fees of at most %(fee)s wei per gas.") % {"fee": attempt.max_fee_per_gas}


def _retry(tx: ChainTransaction, why: str) -> str:
    if _can_be_planned_anew(tx) and advance(tx, [State.FAILED], State.PLANNED, why, error="", outcome_delivered=False):
        return _("Planned anew.")
    if ChainTransaction.objects.filter(pk=tx.pk, state=State.PLANNED).update(error="", waits_for_nonce=None):
        return _("It is simulated again.")
    if tx.state not in ChainTransaction.IN_FLIGHT:
        return _("Too late: it is %(state)s.") % {"state": tx.state}
    # Not as if it had never been tried: what was handed over may have been taken.
    tried = TransactionAttempt.objects.filter(transaction=tx, tried_at__isnull=False)
    tried.update(tried_at=timezone.now() - 2 * PATIENCE)
    return _("Its bytes are handed over again where the node does not have them.")
