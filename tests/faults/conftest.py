"""A market for one test, and workers whose messages reach no other test."""

import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from accounts.models import User
from config.celery import app
from config.settings.tasks import broker_url
from contracts.testing import LiveChain
from tests.faults.market import Market, mails_to, wait_until

WORKER = "-m celery -A config worker -Q chain,default --pool prefork --without-gossip --without-mingle"
BEAT = (
    "contracts.tasks.sweep",
    "studio.tasks.sweep_publications",
    "marketplace.tasks.sweep_orders",
    "royalties.tasks.pay_out_due",
    "accounts.tasks.send_unsent_notifications",
)


@pytest.fixture
def market(
    transactional_db: None,
    live_chain: LiveChain,
    creator: User,
    cocreator: User,
    buyer: User,
    png: bytes,
    settings: Any,
) -> Market:
    """Nothing is published yet. Mails go into the folder that the test's workers use too."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = live_chain.var / "mail"
    settings.EMAIL_FILE_PATH.mkdir()
    return Market(live=live_chain, creator=creator, cocreator=cocreator, buyer=buyer, file=png)


class Worker:
    """A running Celery worker, and what it says."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._lines: list[bytes] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        self._lines.extend(self._process.stdout)

    def wait_for(self, words: bytes, *, times: int = 1) -> None:
        wait_until(lambda: sum(words in line for line in list(self._lines)) >= times, seconds=60)

    def wait_for_mail(self, user: User, subject: str) -> None:
        wait_until(lambda: mails_to(user, subject) == 1)

    def beat_twice(self) -> bool:
        """All that is due every few seconds, twice at the same time."""
        for task in BEAT:
            for _time in range(2):
                app.send_task(task)
        return True

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(timeout=30)


@pytest.fixture
def start_worker(live_chain: LiveChain) -> Iterator[Callable[..., Worker]]:
    """Start a worker on an empty Redis database, to which the test's own nudges go from now on."""
    url = live_chain.worker_broker()
    before = app.conf.broker_url
    _nudge_by(broker_url(url))

    def start(*, processes: int = 1, **changes: str) -> Worker:
        words = [*WORKER.split(), "--concurrency", str(processes), "--loglevel", "WARNING"]
        return Worker(live_chain.start(*words, REDIS_URL=url, C_FORCE_ROOT="1", **changes))

    yield start
    _nudge_by(before)


def _nudge_by(url: str) -> None:
    app.conf.broker_url = app.conf.broker_write_url = app.conf.broker_read_url = url
    app._pool = app.amqp._producer_pool = None
