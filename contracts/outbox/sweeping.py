"""The level-triggered pass over the outbox: it reads what is so, and moves it on (law 5)."""

import structlog

from contracts.chains import Chain, chain, chains
from contracts.errors import ChainError
from contracts.indexer.standing import require_ours
from contracts.outbox.sending import fill_gaps, send_planned
from contracts.outbox.states import deliver_outcomes
from contracts.outbox.tracking import observe, push, senders_with_work

logger = structlog.get_logger(__name__)


def send_now(*, chain_role: str, sender: str) -> int:
    """Send what is planned for one key; when the chain is away, the sweeper does it later."""
    try:
        return send_planned(chain(chain_role), sender)
    except ChainError as error:
        logger.warning("sending_waits", chain=chain_role, error=str(error))
        return 0


def sweep_chain(here: Chain) -> None:
    """Everything that is due on one chain. Raises ChainError when the chain is away or sending is stopped."""
    deliver_outcomes(here.chain_id)
    senders = senders_with_work(here)
    if not senders:
        return
    require_ours(here)
    observe(here)
    for sender in senders:
        push(here, sender)
        fill_gaps(here, sender)
        send_planned(here, sender)


def sweep_all() -> None:
    """Sweep every chain; one that is away keeps no other waiting."""
    for here in chains():
        try:
            sweep_chain(here)
        except ChainError as error:
            logger.warning("sweep_waits", chain=here.role, error=str(error))
