"""A market for one test, and workers whose messages reach no other test."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from eth_account import Account
from eth_account.signers.local import LocalAccount

from accounts.models import User
from config.celery import app
from config.settings.tasks import broker_url
from contracts.testing import LiveChain, free_port
from tests.faults.market import Market, address_of
from tests.faults.services import OwnPostgres, OwnRedis, folder_for_services

WORKER = "-m celery -A config worker -Q chain,default --without-gossip --without-mingle --loglevel ERROR"
StartWorker = Callable[..., "subprocess.Popen[bytes]"]


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
def sold(market: Market) -> Market:
    """A design that is sold once."""
    market.publish()
    market.buy()
    market.live.finalize()
    market.live.node.rpc("anvil_setBalance", address_of(market.creator), hex(10**20))
    return market


@pytest.fixture
def outsider(market: Market) -> LocalAccount:
    """Somebody with a wallet, coins and no account here."""
    account: LocalAccount = Account.create()
    market.live.node.rpc("anvil_setBalance", account.address, hex(10**21))
    return account


@pytest.fixture
def start_worker(live_chain: LiveChain) -> Iterator[StartWorker]:
    """Start a worker on an empty Redis database, to which the test's own nudges go from now on."""
    url = live_chain.worker_broker()
    before = app.conf.broker_url
    _nudge_by(broker_url(url))

    def start(pool: str, *words: str, **changes: str) -> "subprocess.Popen[bytes]":
        command = [*WORKER.split(), "--pool", pool, *words]
        return live_chain.start(*command, REDIS_URL=url, C_FORCE_ROOT="1", **changes)

    yield start
    _nudge_by(before)


@pytest.fixture
def service_folder() -> Iterator[Path]:
    folder = folder_for_services()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_redis(service_folder: Path, settings: Any) -> Iterator[OwnRedis]:
    """A Redis of this test alone, to which its settings and its workers are led."""
    server = OwnRedis(service_folder)
    server.start()
    settings.REDIS_URL = server.url
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": server.url}}
    before = app.conf.broker_url
    _nudge_by(broker_url(server.url))
    yield server
    _nudge_by(before)
    server.end()


@pytest.fixture
def own_postgres(transactional_db: None, service_folder: Path) -> Iterator[OwnPostgres]:
    """A PostgreSQL of this test alone, with the test's database in it. Ask for it before what writes."""
    server = OwnPostgres(service_folder)
    server.start()
    database = connection.settings_dict
    before = {name: database[name] for name in server.place}
    server.copy(database)
    connection.close()
    database.update(server.place)
    yield server
    connection.close()
    database.update(before)
    server.end()
    server.remove()


def beat_twice() -> bool:
    """Send all that is due every few seconds, twice at the same time, and leave the workers time for it."""
    for due in django_settings.CELERY_BEAT_SCHEDULE.values():
        for _time in range(2):
            app.send_task(due["task"], **due["options"])
    time.sleep(0.5)
    return True


@pytest.fixture
def lose_redis(settings: Any) -> Iterator[Callable[[], None]]:
    """From the call on nothing answers where Redis was: no broker, no cache, no counters."""
    before = app.conf.broker_url

    def lose() -> None:
        gone = f"redis://127.0.0.1:{free_port()}/0"
        settings.REDIS_URL = gone
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": gone}}
        _nudge_by(gone)

    yield lose
    _nudge_by(before)


def _nudge_by(url: str) -> None:
    app.conf.broker_url = app.conf.broker_write_url = app.conf.broker_read_url = url
    app._pool = app.amqp._producer_pool = None
