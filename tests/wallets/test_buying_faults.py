"""Paying by signature while processes die, tabs race, and somebody else is faster."""

import time
import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from common.testing import at_once
from contracts.models import ChainTransaction
from licensing.models import LicenseSale
from marketplace.models import Order
from marketplace.sales import sale_of
from marketplace.services.checkout import sweep_orders
from marketplace.services.wallet_orders import sweep_wallet_orders
from marketplace.tests.pages import signed_in
from tests.faults.conftest import market  # noqa: F401
from tests.faults.market import PRICE, Market
from tests.wallets.conftest import WalletBuyer, linked_buyer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]
DOLLARS = 100_000_000


def signed(buyer: WalletBuyer) -> tuple[str, dict[str, str]]:
    """Where the signatures of a new checkout go, and the signatures."""
    asked = buyer.place(way="signed", key=str(uuid.uuid4())).json()
    return asked["signed"], {"signature": buyer.sign(asked["intent"]), "permit": buyer.sign(asked["permit"])}


def post(client: Client, to: str, fields: dict[str, str]) -> Any:
    return client.post(to, fields).json()


@pytest.mark.parametrize("point", [pytest.param("outbox.stored", marks=pytest.mark.long), "outbox.broadcast"])
def test_a_worker_that_dies_between_two_steps_buys_once(wallet_buyer: WalletBuyer, point: str) -> None:
    to, fields = signed(wallet_buyer)
    assert post(wallet_buyer.client, to, fields)["state"] == "paid"
    code, _output = wallet_buyer.market.live.manage("sweep", kill_at=point)
    assert code == -9

    wallet_buyer.market.finish()
    sweep_wallet_orders()
    sweep_orders()
    order = Order.objects.get()
    assert sale_of(order) is not None
    assert order.told_at is not None
    assert LicenseSale.objects.count() == 1
    assert wallet_buyer.market.licenses_on_chain(wallet_buyer.address) == 1
    assert wallet_buyer.market.coins(wallet_buyer.address) == DOLLARS - PRICE


def test_one_signature_from_two_tabs_at_once_buys_once(wallet_buyer: WalletBuyer) -> None:
    to, fields = signed(wallet_buyer)
    person = wallet_buyer.market.buyer

    answers = at_once(lambda _number: post(signed_in(person), to, fields)["state"])

    assert answers == ["paid"] * 4
    wallet_buyer.market.live.finalize()
    assert ChainTransaction.objects.filter(kind="buy_signed").count() == 1
    assert wallet_buyer.market.licenses_on_chain(wallet_buyer.address) == 1
    assert wallet_buyer.market.coins(wallet_buyer.address) == DOLLARS - PRICE


def test_two_checkouts_that_share_one_leave_take_the_price_once(wallet_buyer: WalletBuyer) -> None:
    """Both permits have the same number, so that one counts; the order without leave ends with a sentence."""
    orders = [signed(wallet_buyer)]
    time.sleep(1.1)  # orders of one second for one license are one order
    orders.append(signed(wallet_buyer))
    assert Order.objects.count() == 2
    for to, fields in orders:
        post(wallet_buyer.client, to, fields)
    wallet_buyer.market.live.settle()
    wallet_buyer.market.live.settle()

    assert LicenseSale.objects.count() == 1
    assert wallet_buyer.market.coins(wallet_buyer.address) == DOLLARS - PRICE
    failed = Order.objects.get(state="failed")
    assert failed.state_reason == "Your wallet does not let the market take the price."


def test_the_last_license_that_somebody_else_bought_is_not_paid(
    market: Market,  # noqa: F811
    stranger: User,
) -> None:
    market.publish(supply=1)
    market.live.finalize()
    buyer = linked_buyer(market)
    to, fields = signed(buyer)
    market.buy(stranger)
    market.live.settle()
    post(buyer.client, to, fields)
    market.live.settle()

    order = Order.objects.get(way="signed")
    assert (order.state, order.state_reason) == ("failed", "The last license was sold just before.")
    assert market.coins(buyer.address) == DOLLARS
