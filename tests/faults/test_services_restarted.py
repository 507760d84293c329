"""Redis and PostgreSQL killed and started again under real workers and an indexer: they go on, and nothing is lost."""

import time

import pytest
from django.db import connection

from accounts.models import User
from designs.models import RegistryEntry
from licensing.models import LicenseSale
from tests.faults.conftest import StartWorker, beat_twice
from tests.faults.market import Market, wait_until
from tests.faults.services import OwnPostgres, OwnRedis

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]


def sold(number: int) -> bool:
    return beat_twice() and LicenseSale.objects.count() == number


def test_purchases_go_on_after_redis_was_killed_and_after_it_was_flushed(
    own_redis: OwnRedis, market: Market, start_worker: StartWorker, stranger: User
) -> None:
    market.announce()
    processes = [start_worker("solo", unheard=True), market.live.start("manage.py", "follow_chain", unheard=True)]
    market.submit()
    wait_until(lambda: beat_twice() and RegistryEntry.objects.exists())

    own_redis.end()
    market.buy()
    own_redis.start()
    wait_until(lambda: sold(1), what="sold after a restart")
    market.buy(stranger)
    own_redis.flush()
    wait_until(lambda: sold(2), what="sold after a flush")

    assert [process.poll() for process in processes] == [None, None]
    for process in processes:
        process.terminate()
        process.wait(timeout=30)
    market.finish()
    market.check({market.buyer: 1, stranger: 1})


def test_purchases_go_on_after_postgresql_crashed(
    own_postgres: OwnPostgres, market: Market, start_worker: StartWorker, stranger: User
) -> None:
    market.announce()
    processes = [start_worker("solo", unheard=True), market.live.start("manage.py", "follow_chain", unheard=True)]
    market.submit()
    wait_until(lambda: beat_twice() and RegistryEntry.objects.exists())

    for number, buyer in enumerate((market.buyer, stranger), start=1):
        market.buy(buyer)
        own_postgres.crash()
        time.sleep(number - 1)  # at once, and after the processes have met it
        own_postgres.start()
        connection.close()
        wait_until(lambda: sold(number), what=f"sold after crash {number}")  # noqa: B023

    assert [process.poll() for process in processes] == [None, None]
    for process in processes:
        process.terminate()
        process.wait(timeout=30)
    market.finish()
    market.check({market.buyer: 1, stranger: 1})
