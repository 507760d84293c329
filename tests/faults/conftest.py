"""A market for one test, and workers whose messages reach no other test."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from config.celery import app
from config.settings.tasks import broker_url
from contracts.testing import LiveChain
from tests.faults.market import Market


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


@pytest.fixture
def broker(live_chain: LiveChain) -> Iterator[str]:
    """An empty Redis database to which the test's own nudges go; its REDIS_URL."""
    url = live_chain.worker_broker()
    before = app.conf.broker_url
    _nudge_by(broker_url(url))
    yield url
    _nudge_by(before)


def _nudge_by(url: str) -> None:
    app.conf.broker_url = app.conf.broker_write_url = app.conf.broker_read_url = url
    app._pool = app.amqp._producer_pool = None
