"""The indexer as a process: steps for ever, through outages of node and database, until it is told to stop."""

import gc
import threading
from typing import Any

import structlog
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from contracts.chains import Chain
from contracts.client import client, distrusting
from contracts.errors import ChainError, ChainNotDeployed, SendingStopped, WrongChain
from contracts.indexer.following import Step, follow, note_endpoints, note_error
from contracts.indexer.reading_ahead import ReadAhead
from contracts.outbox.sweeping import wake_senders
from contracts.outbox.tracking import observe

logger = structlog.get_logger(__name__)

LONGEST_PAUSE = 10.0
COLLECTED_EVERY = 200_000


class Follower:
    """Follows one chain. `run` returns after `stop`, never in the middle of a step."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._stopping = threading.Event()
        self._failures = 0
        self._ahead = ReadAhead()
        self._noted: list[dict[str, Any]] = []

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        """Raises WrongChain: whatever is there now, it is not to be read."""
        # What was imported is never garbage: the collector would look through all of it again and again.
        gc.freeze()
        # A window is many small things without cycles, which it would look through every few hundred of them.
        gc.set_threshold(COLLECTED_EVERY)
        logger.info("following", chain=self._chain.role, chain_id=self._chain.chain_id)
        while not self._stopping.is_set():
            pause = self._pause_after_step()
            self._note_endpoints()
            self._stopping.wait(pause)
        self._ahead.close()
        requests = client(self._chain).node.requests
        logger.info("stopped_following", chain=self._chain.role, requests=requests)

    def _pause_after_step(self) -> float:
        try:
            step = follow(self._chain, self._ahead)
            if step.moved:
                with distrusting(self._chain):
                    observe(self._chain)
                wake_senders(self._chain)
        except WrongChain:
            raise
        except Exception as error:
            # A projection that raises must not end the process: its window waits, and the health row says why.
            if isinstance(error, OperationalError | InterfaceError):
                connection.close()  # the database is away
            elif not isinstance(error, ChainError):
                logger.exception("step_failed", chain=self._chain.role)
            self._note(error)
            return self._failed(error)
        if self._failures:
            logger.info("following_again", chain=self._chain.role, block=step.number)
        self._failures = 0
        return self._pause_after(step)

    def _pause_after(self, step: Step) -> float:
        return 0 if step.moved and not step.at_head else settings.CHAIN_POLL_SECONDS

    def _failed(self, error: Exception) -> float:
        self._failures += 1
        if self._failures == 1 or self._failures % 20 == 0:
            expected = isinstance(error, ChainNotDeployed | SendingStopped)
            logger.log(20 if expected else 30, "following_waits", chain=self._chain.role, error=str(error))
        return min(settings.CHAIN_POLL_SECONDS * 2 ** min(self._failures, 8), LONGEST_PAUSE)

    def _note_endpoints(self) -> None:
        try:
            self._noted = note_endpoints(self._chain, self._noted)
        except (DatabaseError, InterfaceError):
            connection.close()

    def _note(self, error: Exception) -> None:
        try:
            note_error(self._chain, error)
        except (DatabaseError, InterfaceError):
            connection.close()
