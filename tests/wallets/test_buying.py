"""Buying with a wallet: every way ends as one license, or as a sentence with nothing charged."""

import uuid
from typing import Any

import pytest
from django.test import Client
from eth_account import Account

from accounts.models import Notification, Wallet
from common.identifiers import ZERO_ADDRESS, new_ref
from contracts.models import ChainTransaction
from licensing.models import LicenseSale
from marketplace.models import Order
from marketplace.sales import sale_of
from marketplace.services.checkout import sweep_orders
from marketplace.services.wallet_orders import sweep_wallet_orders
from marketplace.tests.pages import signed_in
from tests.faults.market import PRICE
from tests.faults.wallets import as_creator
from tests.wallets.conftest import WalletBuyer, open_coin_offer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]


def key() -> str:
    return str(uuid.uuid4())


def beat() -> None:
    sweep_wallet_orders()
    sweep_orders()


def the_order() -> Order:
    return Order.objects.get()


def nothing_happened(buyer: WalletBuyer) -> None:
    assert not LicenseSale.objects.exists()
    assert not ChainTransaction.objects.filter(kind="buy_signed").exists()
    assert buyer.market.coins(buyer.address) == 100_000_000


def bought(buyer: WalletBuyer) -> None:
    """The wallet holds one license and paid for it, and the buyer was told once."""
    buyer.market.live.finalize()
    beat()
    beat()
    order = the_order()
    sale = sale_of(order)
    assert sale is not None
    assert (sale.holder, sale.payer) == (buyer.address, buyer.address)
    assert (order.state, order.told_at is not None) == (Order.State.PAID, True)
    assert buyer.market.licenses_on_chain(buyer.address) == 1
    assert Notification.objects.filter(user=buyer.market.buyer, kind="license_ready").count() == 1
    assert "The license is yours" in buyer.client.get(f"/orders/{order.public_id}/").content.decode()


def test_what_the_wallet_has_is_shown_before_anything_is_signed(wallet_buyer: WalletBuyer) -> None:
    page = wallet_buyer.quote().content.decode()

    assert "18.00 tUSD" in page
    assert "100.00 tUSD" in page
    assert "0.00 tUSD" in page
    assert "Two signatures" in page
    nothing_happened(wallet_buyer)


def test_two_signatures_buy_and_the_buyer_needs_no_coin(wallet_buyer: WalletBuyer) -> None:
    wallet_buyer.market.live.node.rpc("anvil_setBalance", wallet_buyer.address, "0x0")
    asked = wallet_buyer.place(way="signed", key=key()).json()
    signed = {"signature": wallet_buyer.sign(asked["intent"]), "permit": wallet_buyer.sign(asked["permit"])}

    assert wallet_buyer.client.post(asked["signed"], signed).json()["state"] == "paid"

    bought(wallet_buyer)
    assert wallet_buyer.market.coins(wallet_buyer.address) == 100_000_000 - PRICE


def test_what_is_signed_names_chain_contract_price_and_end(wallet_buyer: WalletBuyer) -> None:
    asked = wallet_buyer.place(way="signed", key=key()).json()

    intent, permit, order = asked["intent"], asked["permit"], the_order()
    assert intent["domain"]["chainId"] == permit["domain"]["chainId"] == order.chain_id
    assert intent["domain"]["verifyingContract"] == permit["message"]["spender"]
    assert intent["message"]["maxPrice"] == permit["message"]["value"] == str(PRICE)
    assert intent["message"]["to"] == intent["message"]["payer"] == wallet_buyer.address
    assert intent["message"]["deadline"] == permit["message"]["deadline"]
    digest = wallet_buyer.market.ask(
        "LicenseMarket",
        "intentDigest",
        [
            wallet_buyer.market.entry,
            order.terms_hash,
            order.currency,
            PRICE,
            1,
            wallet_buyer.address,
            intent["message"]["deadline"],
        ],
        wallet_buyer.address,
    )
    assert "0x" + digest.hex() == order.intent_digest


def test_pressing_twice_and_sending_the_signature_twice_buys_once(wallet_buyer: WalletBuyer) -> None:
    once = key()
    asked = wallet_buyer.place(way="signed", key=once).json()
    again = wallet_buyer.place(way="signed", key=once).json()
    assert asked == again
    signed = {"signature": wallet_buyer.sign(asked["intent"]), "permit": wallet_buyer.sign(asked["permit"])}
    for _time in range(2):
        assert wallet_buyer.client.post(asked["signed"], signed).json()["state"] == "paid"

    bought(wallet_buyer)
    assert ChainTransaction.objects.filter(kind="buy_signed").count() == 1


def test_a_signature_of_another_account_is_refused(wallet_buyer: WalletBuyer) -> None:
    asked = wallet_buyer.place(way="signed", key=key()).json()
    forged = wallet_buyer.sign(asked["intent"], key=Account.create())

    answer = wallet_buyer.client.post(asked["signed"], {"signature": forged, "permit": ""})

    assert answer.status_code == 409
    assert "signed by another account" in answer.json()["error"]
    assert the_order().state == "placed"
    nothing_happened(wallet_buyer)


def test_what_is_no_signature_is_refused(wallet_buyer: WalletBuyer) -> None:
    asked = wallet_buyer.place(way="signed", key=key()).json()
    for hostile in ("", "0x", "zz", "0x" + "00" * 65, "0x" + "ff" * 65, "0x" + "11" * 9000):
        answer = wallet_buyer.client.post(asked["signed"], {"signature": hostile})
        assert (answer.status_code, bool(answer.json()["error"])) == (409, True), hostile
    nothing_happened(wallet_buyer)


def test_a_price_that_rises_after_signing_is_not_paid(wallet_buyer: WalletBuyer) -> None:
    asked = wallet_buyer.place(way="signed", key=key()).json()
    signed = {"signature": wallet_buyer.sign(asked["intent"]), "permit": wallet_buyer.sign(asked["permit"])}
    _reprice(wallet_buyer, PRICE + 1)

    wallet_buyer.client.post(asked["signed"], signed)
    wallet_buyer.market.live.settle()

    order = the_order()
    assert (order.state, order.state_reason) == ("failed", "The price has risen since you looked.")
    assert not LicenseSale.objects.exists()
    assert wallet_buyer.market.coins(wallet_buyer.address) == 100_000_000
    told = Notification.objects.get(user=wallet_buyer.market.buyer, kind="order_failed")
    assert "the price was not taken" in told.body


def test_a_price_that_rose_before_is_told_at_once(wallet_buyer: WalletBuyer) -> None:
    _reprice(wallet_buyer, PRICE + 1)

    answer = wallet_buyer.place(way="signed", key=key())

    assert answer.status_code == 409
    assert "The price has changed to 18.000001 tUSD." in answer.json()["error"]
    assert not Order.objects.exists()


def test_too_little_money_is_told_before_signing(wallet_buyer: WalletBuyer) -> None:
    poor = Account.create()
    Wallet.objects.create(user=wallet_buyer.market.buyer, address=poor.address)

    answer = wallet_buyer.place(way="signed", key=key(), payer=poor.address)

    assert answer.status_code == 409
    assert "holds 0.00 tUSD and the license costs 18.00 tUSD" in answer.json()["error"]
    assert not Order.objects.exists()


def test_money_that_left_after_signing_ends_the_order(wallet_buyer: WalletBuyer) -> None:
    from tests.faults.wallets import send_as

    asked = wallet_buyer.place(way="signed", key=key()).json()
    signed = {"signature": wallet_buyer.sign(asked["intent"]), "permit": wallet_buyer.sign(asked["permit"])}
    market = wallet_buyer.market
    send_as(market, wallet_buyer.address, "TestStablecoin", "transfer", market.live.operator, 100_000_000)

    wallet_buyer.client.post(asked["signed"], signed)
    market.live.settle()

    assert the_order().state == "failed"
    assert not LicenseSale.objects.exists()


def test_two_transactions_of_the_wallet_buy(wallet_buyer: WalletBuyer) -> None:
    asked = wallet_buyer.place(way="sent", key=key()).json()
    wallet_buyer.send(asked["approve"])
    wallet_buyer.market.live.node.wait_until_mined()
    sent = wallet_buyer.send(asked["buy"])

    assert wallet_buyer.client.post(asked["sent"], {"hash": sent}).json()["state"] == "paid"
    assert "Your wallet has sent the purchase" in wallet_buyer.client.get(asked["order"]).content.decode()

    bought(wallet_buyer)


def test_a_purchase_whose_page_was_closed_is_found(wallet_buyer: WalletBuyer) -> None:
    asked = wallet_buyer.place(way="sent", key=key()).json()
    wallet_buyer.send(asked["approve"])
    wallet_buyer.market.live.node.wait_until_mined()
    wallet_buyer.send(asked["buy"])

    bought(wallet_buyer)


def test_a_sped_up_purchase_is_found_under_its_other_hash(wallet_buyer: WalletBuyer) -> None:
    asked = wallet_buyer.place(way="sent", key=key()).json()
    wallet_buyer.send(asked["approve"])
    wallet_buyer.market.live.node.wait_until_mined()
    wallet_buyer.client.post(asked["sent"], {"hash": "0x" + "ab" * 32})
    wallet_buyer.send(asked["buy"])

    bought(wallet_buyer)


def test_a_purchase_that_was_canceled_here_and_sent_all_the_same_is_found(wallet_buyer: WalletBuyer) -> None:
    asked = wallet_buyer.place(way="sent", key=key()).json()
    wallet_buyer.send(asked["approve"])
    wallet_buyer.market.live.node.wait_until_mined()
    assert wallet_buyer.client.post(asked["cancel"]).json()["state"] == "canceled"
    wallet_buyer.send(asked["buy"])

    bought(wallet_buyer)


def test_a_canceled_order_does_not_take_the_sale_that_another_signed_for(wallet_buyer: WalletBuyer) -> None:
    given_up = wallet_buyer.place(way="sent", key=key()).json()
    wallet_buyer.client.post(given_up["cancel"])
    # A purchase of the same second is the very same intent.
    Order.objects.update(intent_digest=new_ref())
    asked = wallet_buyer.place(way="signed", key=key()).json()
    signed = {"signature": wallet_buyer.sign(asked["intent"]), "permit": wallet_buyer.sign(asked["permit"])}
    wallet_buyer.client.post(asked["signed"], signed)
    wallet_buyer.market.live.finalize()
    beat()

    canceled, bought_one = Order.objects.order_by("id")
    assert (canceled.state, sale_of(canceled)) == (Order.State.CANCELED, None)
    assert sale_of(bought_one) is not None
    assert Notification.objects.filter(user=wallet_buyer.market.buyer, kind="license_ready").count() == 1


def test_while_the_chain_is_away_the_sweep_still_finds_what_was_read(wallet_buyer: WalletBuyer, settings: Any) -> None:
    asked = wallet_buyer.place(way="sent", key=key()).json()
    wallet_buyer.client.post(asked["sent"], {"hash": "0x" + "ab" * 32})
    settings.CHAINS = {"public": {**settings.CHAINS["public"], "rpc_url": "http://127.0.0.1:9"}}

    beat()

    assert the_order().state == Order.State.PAID


def test_a_transaction_that_the_chain_refused_ends_the_order(wallet_buyer: WalletBuyer) -> None:
    asked = wallet_buyer.place(way="sent", key=key()).json()
    sent = wallet_buyer.send(asked["buy"])  # without leave to take the price
    wallet_buyer.client.post(asked["sent"], {"hash": sent})
    wallet_buyer.market.live.settle()
    beat()

    order = the_order()
    assert order.state == "failed"
    assert "Only its network fee was spent" in order.state_reason
    nothing_happened(wallet_buyer)


def test_the_chains_own_coin_buys(wallet_buyer: WalletBuyer) -> None:
    open_coin_offer(wallet_buyer.market, 10**15)
    assert "0.001 ETH" in wallet_buyer.quote().content.decode()
    asked = wallet_buyer.place(way="sent", key=key(), price=10**15, currency=ZERO_ADDRESS).json()
    assert asked["approve"] is None
    sent = wallet_buyer.send(asked["buy"])
    wallet_buyer.client.post(asked["sent"], {"hash": sent})

    bought(wallet_buyer)
    assert "0.001 ETH" in wallet_buyer.client.get(asked["order"]).content.decode()
    refused = wallet_buyer.place(way="signed", key=key(), price=10**15, currency=ZERO_ADDRESS)
    assert "cannot be paid by signature" in refused.json()["error"]


def test_a_sale_that_a_reorganization_took_is_no_license(wallet_buyer: WalletBuyer) -> None:
    market = wallet_buyer.market
    asked = wallet_buyer.place(way="sent", key=key()).json()
    wallet_buyer.send(asked["approve"])
    market.live.node.wait_until_mined()
    sent = wallet_buyer.send(asked["buy"])
    wallet_buyer.client.post(asked["sent"], {"hash": sent})
    market.live.follow()
    assert sale_of(the_order()) is not None

    market.live.node.reorg(1)
    market.live.follow()

    assert sale_of(the_order()) is None
    assert market.licenses_on_chain(wallet_buyer.address) == 0


def test_a_wallet_that_is_not_linked_buys_nothing(wallet_buyer: WalletBuyer) -> None:
    Wallet.objects.all().delete()

    assert "not linked to your account" in wallet_buyer.quote().content.decode()
    answer = wallet_buyer.place(way="signed", key=key())

    assert answer.status_code == 409
    assert not Order.objects.exists()


def test_another_persons_wallet_and_the_custody_address_are_refused(wallet_buyer: WalletBuyer, creator: Any) -> None:
    theirs = Wallet.objects.create(user=creator, address=Account.create().address)
    for payer in (theirs.address, wallet_buyer.market.buyer.custody_key.address):
        assert wallet_buyer.place(way="signed", key=key(), payer=payer).status_code == 409
    assert not Order.objects.exists()


@pytest.mark.parametrize("who", ["nobody", "stranger"])
def test_nobody_else_touches_an_order(wallet_buyer: WalletBuyer, stranger: Any, who: str) -> None:
    asked = wallet_buyer.place(way="signed", key=key()).json()
    signature = wallet_buyer.sign(asked["intent"])
    client = Client() if who == "nobody" else signed_in(stranger)

    for page, fields in (
        ("signed", {"signature": signature}),
        ("sent", {"hash": "0x" + "ab" * 32}),
        ("cancel", {}),
        ("order", {}),
    ):
        answer = client.get(asked[page]) if page == "order" else client.post(asked[page], fields)
        assert answer.status_code == (302 if who == "nobody" else 404)
    assert the_order().state == "placed"
    nothing_happened(wallet_buyer)


def test_nobody_takes_an_orders_place_by_naming_its_transaction(wallet_buyer: WalletBuyer) -> None:
    first = wallet_buyer.place(way="sent", key=key()).json()
    wallet_buyer.client.post(first["sent"], {"hash": "0x" + "ab" * 32})
    Order.objects.update(intent_digest=new_ref())  # else one of the same second is the very same intent
    later = wallet_buyer.place(way="sent", key=key())
    answer = wallet_buyer.client.post(later.json()["sent"], {"hash": "0x" + "ab" * 32})

    assert answer.status_code == 409
    assert "another order of yours" in answer.json()["error"]


def test_an_order_of_which_nothing_came_ends_by_itself(wallet_buyer: WalletBuyer) -> None:
    import datetime

    wallet_buyer.place(way="signed", key=key())
    Order.objects.update(deadline=the_order().deadline - datetime.timedelta(hours=3))
    beat()

    assert (the_order().state, the_order().state_reason) == ("canceled", "It did not reach the chain in time.")


def test_the_chain_is_away(wallet_buyer: WalletBuyer, settings: Any) -> None:
    public = settings.CHAINS["public"]
    settings.CHAINS = {"public": {**public, "rpc_url": "http://127.0.0.1:9"}}

    for answer in (wallet_buyer.quote(), wallet_buyer.place(way="signed", key=key())):
        assert answer.status_code == 503
        assert answer.json()["error"].startswith("The chain does not answer.")
    assert not Order.objects.exists()


def _reprice(buyer: WalletBuyer, price: int) -> None:
    market = buyer.market
    market.live.node.rpc("anvil_setBalance", market.creator.custody_key.address, hex(10**18))
    offer = [price, 0, 0, 0, 0, 0, "0x" + "00" * 32, [0, ZERO_ADDRESS, 0, 0]]
    as_creator(market, "LicenseMarket", "openOffer", market.entry, buyer.terms, market.currency, offer)
    market.live.follow()
