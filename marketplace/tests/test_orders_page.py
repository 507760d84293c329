"""A buyer's list of orders: what each became, page by page, for a fixed number of queries."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from accounts.models import User
from designs.models import Design
from licensing.models import LicenseSale
from marketplace.models import Order
from marketplace.selectors import orders_of, orders_under_way
from marketplace.tests import rows
from marketplace.tests.pages import page, signed_in, text
from marketplace.tests.test_pages_render import order_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]


def by_wallet(design: Design, buyer: User, *, block: int) -> Order:
    """An order that a wallet sent, with its sale: the sale names no order, its transaction does."""
    rows.sale(design, buyer, block=block)
    sale = LicenseSale.objects.select_related("event").latest("pk")
    order = order_for(design, buyer, state=Order.State.PAID)
    Order.objects.filter(pk=order.pk).update(
        way=Order.Way.SENT, transaction_hash=sale.event.transaction_hash, payment=None
    )
    order.refresh_from_db()
    return order


def test_each_order_says_what_became_of_it(lantern: Design, buyer: User) -> None:
    order_for(lantern, buyer, state=Order.State.REFUNDED, reason="The offer has ended.")
    rows.sale(lantern, buyer, block=50, ref=order_for(lantern, buyer, state=Order.State.PAID).ref)
    order_for(lantern, buyer)
    words = text(page(buyer, reverse("marketplace:orders")))
    assert words.index("Waiting for payment") < words.index("Licensed") < words.index("Failed and refunded")
    assert words.count("18.00 tUSD") == 3


def test_a_wallets_order_is_licensed_by_its_transaction_and_no_longer_on_its_way(lantern: Design, buyer: User) -> None:
    waiting = order_for(lantern, buyer)
    order = by_wallet(lantern, buyer, block=50)
    assert [line.order for line in orders_of(buyer=buyer).lines if line.sale] == [order]
    assert orders_under_way(buyer=buyer) == [waiting]
    assert "Licensed" in page(buyer, reverse("marketplace:orders"))


def test_the_list_goes_on_and_ends_and_an_empty_one_says_so(lantern: Design, buyer: User) -> None:
    orders = [order_for(lantern, buyer, state=Order.State.CANCELED) for _ in range(5)]
    first = orders_of(buyer=buyer, limit=3)
    second = orders_of(buyer=buyer, before=first.following, limit=3)
    assert [line.order for line in first.lines + second.lines] == orders[::-1]
    assert second.following is None
    address = reverse("marketplace:orders")
    assert "That was everything" in page(buyer, f"{address}?before={orders[0].pk}")
    assert page(buyer, f"{address}?before=nonsense").count('class="row"') == 5


def test_only_ones_own_orders_are_listed(lantern: Design, buyer: User, stranger: User) -> None:
    order_for(lantern, buyer)
    assert "No orders yet" in page(stranger, reverse("marketplace:orders"))
    assert signed_in(None).get(reverse("marketplace:orders")).status_code == 302


def test_many_orders_cost_what_few_cost(lantern: Design, buyer: User, django_assert_max_num_queries: Callable) -> None:
    client, address = signed_in(buyer), reverse("marketplace:orders")
    by_wallet(lantern, buyer, block=40)
    order_for(lantern, buyer)
    client.get(address)
    with django_assert_max_num_queries(16) as few:
        client.get(address)
    for block in range(50, 56):
        by_wallet(lantern, buyer, block=block)
        order_for(lantern, buyer)
    with django_assert_max_num_queries(len(few)):
        client.get(address)
