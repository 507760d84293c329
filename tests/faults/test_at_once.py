"""The same thing from several sides in the same moment, and two people who want the last license."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.testing import at_once
from contracts.models import ChainTransaction
from marketplace.models import Order
from payments.models import PaymentIntent, ProviderEvent
from payments.services import carry_refund
from royalties.models import PayoutRun
from royalties.services.payouts import pay_out_due
from tests.faults.market import Market, mails_to, refunds_of

State = ChainTransaction.State
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]
SIDES = 4


def test_presses_webhooks_and_payout_sweeps_at_once_count_once(market: Market) -> None:
    market.publish()
    key = uuid.uuid4()
    orders = at_once(lambda _side: market.order(key=key), SIDES)
    assert len({order.pk for order in orders}) == PaymentIntent.objects.count() == 1

    headers, body = market.webhook(orders[0])
    address = reverse("payments:webhook", args=["test"])
    answers = at_once(
        lambda _side: Client().post(address, body, content_type="application/json", headers=headers).status_code,
        SIDES,
    )
    assert answers == [200] * SIDES
    assert ProviderEvent.objects.count() == 1
    assert ChainTransaction.objects.filter(kind="buy").count() == 1

    at_once(lambda _side: market.live.sweep(), SIDES)
    market.live.settle()
    assert sorted(at_once(lambda _side: pay_out_due(), SIDES)) == [0, 0, 0, 1]
    assert PayoutRun.objects.count() == 1
    market.finish()
    market.check()


def test_of_two_who_want_the_last_license_one_gets_it_and_the_other_their_money(market: Market, stranger: User) -> None:
    market.publish(supply=1)
    first, second = market.order(), market.order(stranger)
    for order in (second, first):
        headers, body = market.webhook(order)
        Client().post(
            reverse("payments:webhook", args=["test"]), body, content_type="application/json", headers=headers
        )

    market.finish()

    first.refresh_from_db()
    second.refresh_from_db()
    assert (second.state, first.state) == (Order.State.PAID, Order.State.FAILED)
    assert carry_refund(intent_id=first.payment.pk)
    assert not carry_refund(intent_id=first.payment.pk)
    first.refresh_from_db()
    assert first.state == Order.State.REFUNDED
    assert refunds_of(first) == 1
    assert market.licenses_on_chain(market.buyer) == 0
    assert mails_to(market.buyer, "Your purchase of") == 1
    market.check({stranger: 1})


def test_a_payout_that_is_sent_with_others_has_the_gas_that_it_asks_for(market: Market) -> None:
    market.publish()
    market.buy()
    market.live.settle()
    market.buy()
    assert pay_out_due() == 1

    market.live.sweep()

    market.finish()
    payout = market.transaction("claim_for")
    assert (payout.state, payout.attempts.count()) == (State.FINAL, 1)
