"""Real workers and indexers killed by SIGKILL at the registration, the sale and the payout: each happens once."""

import signal
import time
from collections.abc import Callable

import pytest
from django.conf import settings

from accounts.models import User
from config.celery import app
from contracts.client import client
from contracts.models import ChainTransaction
from designs.models import RegistryEntry
from licensing.models import LicenseSale
from marketplace.models import Order
from royalties.models import Payout
from royalties.services.payouts import pay_out_due
from tests.faults.conftest import StartWorker
from tests.faults.market import Market, mails_to, wait_until

State = ChainTransaction.State
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]
KILLED = -signal.SIGKILL


@pytest.mark.parametrize("point", [pytest.param("outbox.stored", marks=pytest.mark.long), "outbox.broadcast"])
def test_workers_killed_at_each_step_publish_sell_and_pay_out_once(
    market: Market, start_worker: StartWorker, point: str
) -> None:
    """Whichever worker takes the message dies with it, and the next ones have the next step."""
    market.announce()
    workers = [start_worker("solo", LOOMPRINT_KILL_AT=point) for _step in range(3)]
    for number, (kind, act) in enumerate(steps_of(market), start=1):
        act()
        wait_until(lambda: sum(worker.poll() == KILLED for worker in workers) == number)  # noqa: B023
        tx = market.transaction(kind)
        sent = bool(client(market.live.chain).known([tx.attempts.get().hash]))
        assert (tx.state, sent) == (State.SIGNED, point == "outbox.broadcast")
        market.live.settle()

    market.finish()
    market.check()
    assert all(tx.attempts.count() == 1 for tx in ChainTransaction.objects.all())


@pytest.mark.long
def test_an_indexer_killed_at_each_step_projects_each_event_once(market: Market) -> None:
    market.announce()
    for (_kind, act), projected in zip(steps_of(market), (RegistryEntry, LicenseSale, Payout), strict=True):
        act()
        market.live.sweep()
        code, output = market.live.manage("follow_chain", kill_at="indexer.before_projection")
        assert code == KILLED, output
        assert not projected.objects.exists()
        market.live.follow()
        assert projected.objects.exists()

    market.finish()
    market.check()


def steps_of(market: Market) -> list[tuple[str, Callable[[], object]]]:
    """The kind of each transaction on the way of one sale, and what plans it."""
    return [("register", market.submit), ("buy", market.buy), ("claim_for", pay_out_due)]


@pytest.mark.long
def test_two_workers_two_indexers_and_every_message_twice_do_each_thing_once(
    market: Market, start_worker: StartWorker, stranger: User
) -> None:
    market.announce()
    worker = start_worker("prefork", "--concurrency", "2")
    indexers = [market.live.start("manage.py", "follow_chain", until=b"following") for _ in range(2)]
    market.submit()
    wait_until(lambda: beat_twice() and RegistryEntry.objects.exists())
    for buyer in (market.buyer, stranger, market.buyer):
        market.buy(buyer)

    def is_done() -> bool:
        beat_twice()
        market.live.node.mine(3)
        told = Order.objects.filter(told_at__isnull=False).count()
        states = set(ChainTransaction.objects.values_list("state", flat=True))
        return told == 3 and states == {State.FINAL} and market.coins(market.creator) == 34_200_017

    wait_until(is_done, seconds=180)
    wait_until(lambda: mails_to(stranger, "Your license for") == 1)
    for process in (*indexers, worker):
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)  # reading on: a full pipe would keep it from ending
        assert process.returncode == 0
    market.finish()
    market.check({market.buyer: 2, stranger: 1})


def beat_twice() -> bool:
    """Send all that is due every few seconds, twice at the same time, and leave the workers time for it."""
    for due in settings.CELERY_BEAT_SCHEDULE.values():
        for _time in range(2):
            app.send_task(due["task"], **due["options"])
    time.sleep(0.5)
    return True
