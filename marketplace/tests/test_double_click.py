"""Pressing twice, in two threads with real transactions: one order, one charge, the same page."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.testing import at_once
from contracts.models import ChainTransaction
from designs.models import Design
from licensing.models import LicenseTemplate
from marketplace.models import Order
from marketplace.tests import rows
from marketplace.tests.pages import page, signed_in, text
from payments.models import PaymentIntent, ProviderEvent
from payments.providers.test_provider import TestPaymentProvider

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("recorded_deployment")]

PRESSES = 4


def clients(user: User) -> list[Client]:
    return [signed_in(user) for _number in range(PRESSES)]


@pytest.fixture
def checkout(lantern: Design) -> str:
    template = LicenseTemplate.objects.get(code="personal", active=True)
    return reverse("marketplace:checkout", args=[lantern.public_id, template.terms_hash])


@pytest.fixture
def form(checkout: str, buyer: User) -> dict[str, str]:
    """What the one checkout page that was loaded would post."""
    html = page(buyer, checkout)
    return {name: re.search(rf'name="{name}" value="([^"]+)"', html)[1] for name in ("price", "checkout_key")}  # type: ignore[index]


@pytest.fixture
def order(checkout: str, form: dict[str, str], buyer: User) -> Order:
    signed_in(buyer).post(checkout, form)
    return Order.objects.get()


def test_a_double_click_on_buy_is_one_order_and_leads_to_one_payment(
    checkout: str, form: dict[str, str], buyer: User
) -> None:
    pressed = clients(buyer)

    answers = at_once(lambda number: pressed[number].post(checkout, form), PRESSES)

    order = Order.objects.get()
    intent = PaymentIntent.objects.get()
    assert order.payment == intent
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {
        (302, reverse("payments:test_page", args=[intent.public_id]))
    }
    assert "18.00 tUSD" in text(page(buyer, answers[0]["Location"]))


def test_a_double_click_on_pay_charges_once_and_buys_once(order: Order, buyer: User) -> None:
    address = reverse("payments:test_page", args=[order.payment.public_id])
    pressed = clients(buyer)

    answers = at_once(lambda number: pressed[number].post(address, {"decision": "pay"}), PRESSES)

    shown = reverse("marketplace:order", args=[order.public_id])
    assert {answer["Location"] for answer in answers} == {shown}
    order.refresh_from_db()
    assert (order.state, order.payment.state) == (Order.State.PAID, PaymentIntent.State.PAID)
    assert ProviderEvent.objects.filter(kind="paid", outcome="applied").count() == 1
    assert ChainTransaction.objects.get(kind="buy").ref == order.ref
    assert "Your payment arrived." in page(buyer, shown)


def test_paying_and_declining_in_the_same_moment_is_one_of_both(order: Order, buyer: User) -> None:
    address = reverse("payments:test_page", args=[order.payment.public_id])
    pressed = clients(buyer)

    at_once(lambda number: pressed[number].post(address, {"decision": "pay" if number % 2 else "decline"}), PRESSES)

    order.refresh_from_db()
    order.payment.refresh_from_db()
    bought = ChainTransaction.objects.filter(kind="buy").count()
    assert (order.state, order.payment.state, bought) in {
        ("paid", "paid", 1),
        ("canceled", "failed", 0),
        ("canceled", "refunding", 0),
    }


def test_a_webhook_that_comes_several_times_at_once_buys_once(order: Order) -> None:
    headers, body = TestPaymentProvider().decide(order.payment, pays=True)
    senders = [Client() for _number in range(PRESSES)]

    def send(number: int) -> Any:
        return senders[number].post(
            "/payments/webhook/test/", body, content_type="application/json", headers=dict(headers)
        )

    answers = at_once(send, PRESSES)

    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"outcome": "applied"})] * PRESSES
    order.refresh_from_db()
    assert order.state == Order.State.PAID
    assert ProviderEvent.objects.count() == 1
    assert ChainTransaction.objects.filter(kind="buy").count() == 1
    assert send(0).json() == {"outcome": "applied"}
    assert ChainTransaction.objects.filter(kind="buy").count() == 1


def test_a_press_after_it_was_paid_shows_the_same_order(
    checkout: str, form: dict[str, str], order: Order, buyer: User
) -> None:
    signed_in(buyer).post(reverse("payments:test_page", args=[order.payment.public_id]), {"decision": "pay"})

    answer = signed_in(buyer).post(checkout, form)

    assert answer["Location"] == reverse("marketplace:order", args=[order.public_id])
    assert (Order.objects.count(), PaymentIntent.objects.count()) == (1, 1)


def test_two_pages_that_were_loaded_are_two_purchases(checkout: str, form: dict[str, str], buyer: User) -> None:
    key = re.search(r'name="checkout_key" value="([^"]+)"', page(buyer, checkout))[1]  # type: ignore[index]
    assert key != form["checkout_key"]

    for one in (form["checkout_key"], key):
        signed_in(buyer).post(checkout, {**form, "checkout_key": one})

    assert (Order.objects.count(), PaymentIntent.objects.count()) == (2, 2)


def test_a_page_taken_from_someone_else_buys_for_oneself(
    checkout: str, form: dict[str, str], order: Order, stranger: User
) -> None:
    answer = signed_in(stranger).post(checkout, form)

    mine = Order.objects.get(buyer=stranger)
    assert answer["Location"] == reverse("payments:test_page", args=[mine.payment.public_id])
    assert mine.recipient == stranger.custody_key.address
    assert order.public_id != mine.public_id


@pytest.mark.parametrize(
    "changes",
    [{"price": "1"}, {"price": "17999999"}, {"price": "-18000000"}, {"price": ""}, {"price": "9" * 5000}],
    ids=["one", "a unit less", "negative", "empty", "5000 digits"],
)
def test_a_price_that_was_tampered_with_buys_nothing(
    checkout: str, form: dict[str, str], buyer: User, changes: dict[str, str]
) -> None:
    answer = signed_in(buyer).post(checkout, {**form, **changes}, follow=True)

    assert "The price has changed to 18.00 tUSD. Nothing was charged; look at it and decide again." in text(
        answer.content.decode()
    )
    assert not Order.objects.exists()
    assert not PaymentIntent.objects.exists()


@pytest.mark.parametrize("key", ["", "1", "x" * 100])
def test_a_key_that_was_tampered_with_buys_nothing(checkout: str, form: dict[str, str], buyer: User, key: str) -> None:
    answer = signed_in(buyer).post(checkout, {**form, "checkout_key": key}, follow=True)

    assert "This page was not whole. Nothing was charged; look at it and decide again." in text(answer.content.decode())
    assert not Order.objects.exists()


def test_the_last_license_is_sold_once(checkout: str, form: dict[str, str], lantern: Design, buyer: User) -> None:
    from licensing.models import Offer

    Offer.objects.filter(entry_id=lantern.entry_id).update(supply=1)
    rows.sale(lantern, lantern.owner, block=50)

    answer = signed_in(buyer).post(checkout, form, follow=True)

    assert "The last license was just sold. Nothing was charged." in text(answer.content.decode())
    assert not Order.objects.exists()
