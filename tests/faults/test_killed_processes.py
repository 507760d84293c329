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
from payments.services import carry_refund, receive_webhook
from royalties.models import Payout
from royalties.services.payouts import pay_out_due
from tests.faults.conftest import StartWorker, beat_twice
from tests.faults.market import Market, mails_to, refunds_of, wait_until

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


def test_a_sender_killed_while_it_tells_of_a_refused_purchase_gives_the_money_back_once(
    market: Market, stranger: User
) -> None:
    market.publish(supply=1)
    market.live.finalize()
    orders = [market.order(), market.order(stranger)]
    for order in orders:
        headers, body = market.webhook(order)
        receive_webhook(provider_name="test", headers=headers, body=body)
    market.live.node.automine(False)
    market.live.sweep()  # the second would revert, but the first is open
    market.live.node.automine(True)
    market.live.node.mine()
    market.live.follow()
    code, output = market.live.manage("sweep", kill_at="outbox.outcome")
    assert code == KILLED, output
    refused = ChainTransaction.objects.get(kind="buy", state=State.FAILED)
    late = Order.objects.get(ref=refused.ref)
    assert (refused.outcome_delivered, late.state) == (False, Order.State.PAID)

    market.finish()
    late.refresh_from_db()
    assert late.state == Order.State.FAILED
    assert carry_refund(intent_id=late.payment.pk)
    assert not carry_refund(intent_id=late.payment.pk)
    assert refunds_of(late) == 1
    (sold,) = (order for order in orders if order.pk != late.pk)
    market.check({sold.buyer: 1})


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
