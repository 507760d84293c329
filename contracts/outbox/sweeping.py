"""The passes over the outbox: one key's when it is woken, and the level-triggered one over everything (law 5)."""

import time

import structlog

from common.tasks import nudge_now
from contracts import tasks
from contracts.chains import Chain, chain, chains
from contracts.client import distrusting
from contracts.errors import ChainError, SignerRefused, SignerUnavailable
from contracts.indexer.standing import require_ours
from contracts.models import ChainTransaction, OperatorOrder
from contracts.outbox.operating import carry_out
from contracts.outbox.sending import fill_gaps, room, send_planned, senders_with_gaps
from contracts.outbox.states import deliver_outcomes
from contracts.outbox.tracking import let_go_of_used, observe, push, senders_with_work

logger = structlog.get_logger(__name__)

TURN_SECONDS = 20.0
PATIENCE_SECONDS = 1.0
PAUSE_SECONDS = 0.02


def wake_senders(here: Chain) -> None:
    """Wake a sender for each key with something planned, where a block has made room for it."""
    for sender in senders_with_work(here, [ChainTransaction.State.PLANNED]):
        if room(here, sender):
            nudge_now(tasks.send_planned, here.role, sender)


def send_now(*, chain_role: str, sender: str) -> int:
    """Send what is planned for one key, for as long as it moves; when the chain is away, the sweeper does it later."""
    here = chain(chain_role)
    try:
        with distrusting(here):
            return _send_while_it_moves(here, sender)
    except ChainError as error:
        logger.warning("sending_waits", chain=chain_role, error=str(error))
        return 0


def _send_while_it_moves(here: Chain, sender: str) -> int:
    """Send, and where as many are open as may be, watch them go into blocks and send on.

    What makes room counts as moving, and nothing else: older ones become final all the time. Where nothing does, the
    node may have the next one and yet not take it: it is handed over again, or replaced once it is stuck.
    """
    begun = moved = time.monotonic()
    sent = 0
    while True:
        sent_now = send_planned(here, sender)
        sent += sent_now
        if room(here, sender):
            return sent
        observe(here, sender)
        if sent_now or room(here, sender):
            moved = time.monotonic()
        elif time.monotonic() - moved > PATIENCE_SECONDS:
            push(here, sender)
            return sent  # the next block that makes room wakes a sender again
        else:
            time.sleep(PAUSE_SECONDS)
        if time.monotonic() - begun > TURN_SECONDS:
            nudge_now(tasks.send_planned, here.role, sender)
            return sent


def carry_out_now(*, chain_role: str) -> None:
    """Do what operators asked for, and what follows from it; when the chain is away, the sweeper does it later."""
    try:
        sweep_chain(chain(chain_role))
    except ChainError as error:
        logger.warning("orders_wait", chain=chain_role, error=str(error))


def sweep_chain(here: Chain) -> None:
    """Everything that is due on one chain. Raises ChainError when the chain is away or sending is stopped."""
    with distrusting(here):
        _sweep(here)


def _sweep(here: Chain) -> None:
    deliver_outcomes(here.chain_id)
    gaps = senders_with_gaps(here)
    if not gaps and not senders_with_work(here) and not OperatorOrder.objects.filter(done_at__isnull=True).exists():
        return
    require_ours(here)
    observe(here)
    carry_out(here)
    for sender in gaps:
        # Though nothing waits above it: each nonce is used, or held.
        if not fill_gaps(here, sender):
            let_go_of_used(here, sender)
    for sender in senders_with_work(here):
        try:
            push(here, sender)
            fill_gaps(here, sender)
            send_planned(here, sender)
        except SignerRefused as error:  # the key was changed, or its signer says no: the others are sent
            logger.error("sender_without_key", chain=here.role, sender=sender, error=str(error))
        except SignerUnavailable as error:  # the others are sent, and this one's in a later sweep
            logger.warning("sender_without_signer", chain=here.role, sender=sender, error=str(error))


def sweep_all() -> None:
    """Sweep every chain; one that is away keeps no other waiting."""
    for here in chains():
        try:
            sweep_chain(here)
        except ChainError as error:
            logger.warning("sweep_waits", chain=here.role, error=str(error))
