"""Orders: one for each press of Buy, money back when the chain says no, nobody else's to see."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import connection
from django.urls import reverse

from accounts.models import Notification
from accounts.services import export_personal_data
from common.testing import others_wait, wait_until
from contracts.chains import chain
from contracts.errors import NotDecidedYet
from contracts.models import ChainTransaction
from contracts.testing import database_url
from licensing.models import DownloadGrant
from licensing.selectors import licenses_of, offers_of
from licensing.services.downloads import DownloadRefused, grant_download
from marketplace.models import Order
from marketplace.services.checkout import (
    CheckoutRefused,
    place_order,
    purchase_failed,
    sweep_orders,
)
from marketplace.tests.support import head_at, published, sold
from payments.models import PaymentIntent
from payments.providers.test_provider import TestPaymentProvider
from payments.services import carry_refund, receive_webhook

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]


@pytest.fixture
def design(creator, png):
    return published(creator, png)


@pytest.fixture
def wanted(design):
    return offers_of(chain_id=chain().chain_id, entry_id=design.entry_id)[0]


def bought(buyer, design, wanted, *, key=None, price=None) -> Order:
    return place_order(
        buyer=buyer,
        design=design,
        wanted=wanted,
        price_seen=wanted.offer.price if price is None else price,
        checkout_key=key or uuid.uuid4(),
    )


def pay(order: Order, *, pays: bool = True) -> None:
    headers, body = TestPaymentProvider().decide(order.payment, pays=pays)
    receive_webhook(provider_name="test", headers=headers, body=body)
    order.refresh_from_db()


def test_two_presses_of_buy_are_one_order(buyer, design, wanted) -> None:
    key = uuid.uuid4()

    first, second = bought(buyer, design, wanted, key=key), bought(buyer, design, wanted, key=key)

    assert first == second
    assert PaymentIntent.objects.count() == 1


def test_orders_and_works_are_part_of_what_a_person_may_take_along(buyer, creator, design, wanted) -> None:
    order = bought(buyer, design, wanted)
    (told,) = export_personal_data(user=buyer)["marketplace"]["orders"]
    assert (told["id"], told["title"], told["price"]) == (str(order.public_id), design.title, str(order.price))
    works = export_personal_data(user=creator)["designs"]
    (work,) = works["designs"]
    assert (work["title"], work["versions"][0]["sha256"]) == (design.title, design.versions.get().master.sha256)
    assert [part["role"] for part in works["parts"]]
    assert export_personal_data(user=buyer)["designs"]["designs"] == []


def test_a_changed_price_is_refused_before_any_money(buyer, design, wanted) -> None:
    with pytest.raises(CheckoutRefused):
        bought(buyer, design, wanted, price=wanted.offer.price - 1)

    assert not Order.objects.exists()
    assert not PaymentIntent.objects.exists()


def test_a_paid_order_plans_one_purchase_for_the_custody_address(buyer, design, wanted) -> None:
    order = bought(buyer, design, wanted)

    pay(order)
    pay(order)

    planned = ChainTransaction.objects.get(kind="buy")
    assert order.state == Order.State.PAID
    assert planned.ref == order.ref
    intent, proof, ref = planned.args
    assert (intent[1], int(intent[3]), intent[5]) == (
        wanted.offer.terms_hash,
        wanted.offer.price,
        buyer.custody_key.address,
    )
    assert proof == []
    assert ref == order.ref


def test_a_declined_payment_cancels_the_order(buyer, design, wanted) -> None:
    order = bought(buyer, design, wanted)

    pay(order, pays=False)

    assert order.state == Order.State.CANCELED
    assert not ChainTransaction.objects.filter(kind="buy").exists()


def test_a_purchase_that_the_chain_refuses_is_refunded_once(buyer, design, wanted) -> None:
    order = bought(buyer, design, wanted)
    pay(order)
    action = ChainTransaction.objects.get(kind="buy")
    action.error = "LicenseMarket__SoldOut"

    purchase_failed(action)
    purchase_failed(action)
    carry_refund(intent_id=order.payment.pk)

    order.refresh_from_db()
    assert order.state == Order.State.REFUNDED
    assert "LicenseMarket__SoldOut" in order.state_reason
    assert order.payment.events.filter(kind="refunded").count() == 1
    assert Notification.objects.filter(user=buyer, kind="order_failed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_failed_purchase_and_news_of_its_payment_wait_for_each_other(buyer, design, wanted) -> None:
    order = bought(buyer, design, wanted)
    pay(order)
    action = ChainTransaction.objects.get(kind="buy")

    def fail() -> None:
        purchase_failed(action)
        connection.close()

    with ThreadPoolExecutor(1) as pool, psycopg.connect(database_url()) as news:
        news.execute("SELECT FROM payments_paymentintent WHERE id = %s FOR UPDATE", [order.payment.pk])
        failing = pool.submit(fail)
        wait_until(others_wait, seconds=10)
        news.execute("SELECT FROM marketplace_order WHERE id = %s FOR UPDATE NOWAIT", [order.pk])
        news.rollback()
        failing.result(timeout=10)

    order.refresh_from_db()
    assert order.state == Order.State.FAILED
    assert PaymentIntent.objects.get().state == PaymentIntent.State.REFUNDING


def test_a_purchase_of_which_the_chain_has_the_sale_is_not_refunded(buyer, design, wanted) -> None:
    order = bought(buyer, design, wanted)
    pay(order)
    sold(design, to=buyer.custody_key.address, block=20, ref=order.ref)

    action = ChainTransaction.objects.get(kind="buy")
    head_at(19)
    with pytest.raises(NotDecidedYet):
        purchase_failed(action)
    head_at(25)
    purchase_failed(action)

    order.refresh_from_db()
    assert order.state == Order.State.PAID
    assert not order.payment.events.filter(kind="refunded").exists()


def test_the_download_opens_at_the_confirmations_of_the_chain(settings, buyer, design) -> None:
    license_id = sold(design, to=buyer.custody_key.address, block=20)
    head_at(20)

    with pytest.raises(DownloadRefused):
        grant_download(user=buyer, license_id=license_id)
    assert not DownloadGrant.objects.exists()

    head_at(21)
    assert grant_download(user=buyer, license_id=license_id).user == buyer


def test_a_license_of_someone_else_gives_nothing(client, buyer, stranger, design) -> None:
    license_id = sold(design, to=buyer.custody_key.address, block=20)
    head_at(40)
    grant = grant_download(user=buyer, license_id=license_id)

    with pytest.raises(DownloadRefused):
        grant_download(user=stranger, license_id=license_id)
    client.force_login(stranger)
    assert client.get(reverse("licensing:fetch", args=[grant.public_id])).status_code == 404
    assert DownloadGrant.objects.get().fetched_at is None


def test_an_expired_link_leads_back_to_the_library(client, buyer, design, png) -> None:
    license_id = sold(design, to=buyer.custody_key.address, block=20)
    head_at(40)
    grant = grant_download(user=buyer, license_id=license_id)
    client.force_login(buyer)
    address = reverse("licensing:fetch", args=[grant.public_id])
    answer = client.get(address)
    assert b"".join(answer.streaming_content) == png

    DownloadGrant.objects.update(expires_at=grant.created_at)

    assert client.get(address).url == reverse("licensing:library")


def test_a_passed_on_license_downloads_no_more(buyer, design, stranger) -> None:
    from common.identifiers import ZERO_ADDRESS
    from marketplace.tests.support import event

    license_id = sold(design, to=buyer.custody_key.address, block=20)
    moved = {
        "operator": ZERO_ADDRESS,
        "from": buyer.custody_key.address,
        "to": stranger.custody_key.address,
        "id": str(license_id),
        "value": "1",
    }
    event("DesignLicenses", "TransferSingle", moved, block=21)
    head_at(40)

    assert licenses_of(user=buyer) == []
    assert [held.license_id for held in licenses_of(user=stranger)] == [license_id]


def test_an_order_of_someone_else_is_not_there(client, buyer, stranger, design, wanted) -> None:
    order = bought(buyer, design, wanted)
    client.force_login(stranger)

    for name in ("marketplace:order", "marketplace:order_status"):
        assert client.get(reverse(name, args=[order.public_id])).status_code == 404
    assert client.get(reverse("api_action", args=[order.public_id])).status_code == 404


def test_the_buyer_is_told_once_when_the_license_is_confirmed(buyer, design, wanted) -> None:
    order = bought(buyer, design, wanted)
    pay(order)
    sold(design, to=buyer.custody_key.address, block=20, ref=order.ref)

    head_at(20)
    sweep_orders()
    assert not Notification.objects.filter(kind="license_ready").exists()
    head_at(25)
    sweep_orders()
    sweep_orders()

    assert Notification.objects.filter(kind="license_ready", user=buyer).count() == 1


def test_signing_in_is_asked_before_buying(client, design, wanted) -> None:
    address = reverse("marketplace:checkout", args=[design.public_id, wanted.offer.terms_hash])

    answer = client.post(address, {"price": wanted.offer.price, "checkout_key": uuid.uuid4()})

    assert answer.status_code == 302
    assert reverse("account_login") in answer.url
    assert not Order.objects.exists()
