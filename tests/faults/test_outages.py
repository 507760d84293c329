"""Node or Redis away, or a node without a part of its past, amid purchases: nothing is lost or done twice."""

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from contracts.errors import ChainUnavailable, SendingStopped
from contracts.indexer.rebuilding import repair_local
from contracts.models import ChainTransaction
from licensing.selectors import licenses_of
from marketplace.models import Order
from tests.faults.market import PRICE, Market

State = ChainTransaction.State
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]


def test_purchases_go_on_after_the_node_stopped_and_started(market: Market, stranger: User) -> None:
    market.publish()
    market.live.finalize()
    market.buy()
    market.live.sweep()
    market.live.node.stop()

    order = market.buy(stranger)
    market.beat()
    with pytest.raises(ChainUnavailable):
        market.live.sweep()
    with pytest.raises(ChainUnavailable):
        market.live.follow()
    read_pages(market, order)
    assert ChainTransaction.objects.get(ref=order.ref).state == State.PLANNED

    market.live.node.start()
    market.finish()
    market.check({market.buyer: 1, stranger: 1})


def test_purchases_go_on_while_redis_is_away(market: Market, lose_redis: Callable[[], None]) -> None:
    market.publish()
    market.live.finalize()
    lose_redis()
    browser = Client()
    browser.force_login(market.buyer, backend="django.contrib.auth.backends.ModelBackend")
    checkout = reverse("marketplace:checkout", args=[market.design.public_id, market.offer.offer.terms_hash])

    pressed = browser.post(checkout, {"price": PRICE, "checkout_key": uuid.uuid4()})
    paid = browser.post(pressed.url, {"decision": "pay"})

    order = Order.objects.get()
    assert paid.url == reverse("marketplace:order", args=[order.public_id])
    assert order.state == Order.State.PAID
    read_pages(market, order)
    market.finish()
    market.check()


def read_pages(market: Market, order: Order) -> None:
    """Reading needs neither the node nor Redis."""
    browser = Client()
    browser.force_login(order.buyer, backend="django.contrib.auth.backends.ModelBackend")
    for name, *args in (
        ("marketplace:home",),
        ("marketplace:design", market.design.public_id),
        ("marketplace:order", order.public_id),
        ("licensing:library",),
        ("royalties:earnings",),
    ):
        assert browser.get(reverse(name, args=args)).status_code == 200


@pytest.mark.parametrize("lost", ["newest", "final"])
def test_a_node_that_comes_back_without_the_sale_and_its_payout_gets_both_again(
    market: Market, stranger: User, lost: str
) -> None:
    market.publish()
    market.live.finalize()
    market.live.node.stop()
    market.live.node.start()
    market.buy()
    market.live.settle()
    market.deepen()
    market.live.settle()
    if lost == "final":
        market.live.finalize()
    assert (market.licenses_on_chain(market.buyer), market.coins(market.creator)) == (1, 11_400_005)

    market.live.node.kill()
    market.live.node.start()
    market.buy(stranger)

    assert (market.licenses_on_chain(market.buyer), market.coins(market.creator)) == (0, 0)
    if lost == "final":
        with pytest.raises(SendingStopped):
            market.live.sweep()
        repair_local(market.live.chain, say=lambda _line: None)
    else:
        market.live.follow()
        assert licenses_of(user=market.buyer) == []
    market.finish()
    market.check({market.buyer: 1, stranger: 1})
