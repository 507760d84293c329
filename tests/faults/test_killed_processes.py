"""Real workers and indexers killed by SIGKILL at the registration, the sale and the payout: each happens once."""

import signal
from collections.abc import Callable

import pytest

from accounts.models import User
from contracts.client import client
from contracts.models import ChainTransaction
from designs.models import RegistryEntry
from licensing.models import LicenseSale
from marketplace.models import Order
from marketplace.services.checkout import sweep_orders
from royalties.models import Payout
from royalties.services.payouts import pay_out_due
from tests.faults.conftest import Worker
from tests.faults.market import Market, wait_until

State = ChainTransaction.State
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]
KILLED = -signal.SIGKILL


@pytest.mark.parametrize(
    ("sender_dies_at", "indexer_dies_at"),
    [("outbox.stored", "indexer.before_projection"), ("outbox.broadcast", "indexer.before_commit")],
)
def test_killed_at_each_step_a_design_is_published_sold_and_paid_out_once(
    market: Market, start_worker: Callable[..., Worker], sender_dies_at: str, indexer_dies_at: str
) -> None:
    market.announce()
    worker = start_worker(LOOMPRINT_KILL_AT=sender_dies_at)
    steps = (("register", market.submit, RegistryEntry), ("buy", market.buy, LicenseSale), ("claim_for", None, Payout))
    for number, (kind, act, projected) in enumerate(steps, start=1):
        market.live.follow()
        if act is None:
            assert pay_out_due() == 1
        else:
            act()
        worker.wait_for(b"exited with 'signal 9 (SIGKILL)'", times=number)
        tx = market.transaction(kind)
        attempt = tx.attempts.get()
        sent = bool(client(market.live.chain).known([attempt.hash]))
        assert (tx.state, sent) == (State.SIGNED, sender_dies_at == "outbox.broadcast")

        market.live.sweep()
        code, output = market.live.manage("follow_chain", kill_at=indexer_dies_at)
        assert code == KILLED, output
        assert not projected.objects.exists()
        market.live.follow()
        assert projected.objects.exists()

    market.live.settle()
    sweep_orders()
    worker.wait_for_mail(market.buyer, "Your license for")
    market.finish()
    market.check()
    assert all(tx.attempts.count() == 1 for tx in ChainTransaction.objects.all())


def test_two_workers_two_indexers_and_every_message_twice_do_each_thing_once(
    market: Market, start_worker: Callable[..., Worker], stranger: User
) -> None:
    market.announce()
    worker = start_worker(processes=2)
    indexers = [market.live.start("manage.py", "follow_chain", until=b"following") for _ in range(2)]
    market.submit()
    wait_until(lambda: worker.beat_twice() and RegistryEntry.objects.exists())
    for buyer in (market.buyer, stranger, market.buyer):
        market.buy(buyer)

    def is_done() -> bool:
        worker.beat_twice()
        market.live.node.mine(3)
        told = Order.objects.filter(told_at__isnull=False).count()
        states = set(ChainTransaction.objects.values_list("state", flat=True))
        return told == 3 and states == {State.FINAL} and market.coins(market.creator) == 34_200_017

    wait_until(is_done, seconds=40)
    for process in indexers:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(timeout=20) for process in indexers] == [0, 0]
    worker.stop()
    market.finish()
    market.check({market.buyer: 2, stranger: 1})
