"""Buying with the demo wallet: each way to a license, and each way in which a transaction ends otherwise."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from contracts.models import ChainTransaction
from licensing.models import LicenseSale
from marketplace.models import Order
from tests.faults.market import PRICE
from tests.faults.wallets import as_creator
from tests.wallets.browser.conftest import DOLLARS, Shopper
from tests.wallets.conftest import open_coin_offer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
ZERO = "0x" + "00" * 20


@pytest.mark.parametrize("width", [360, 1440])
def test_two_signatures_buy(shopper: Shopper, width: int) -> None:
    shopper.width(width)
    shopper.connect()
    for line in ("18.00 tUSD", "100.00 tUSD", "0.00 tUSD"):
        assert line in shopper.page.locator("[data-pay]").inner_text()
    shopper.press("Sign to pay 18.00 tUSD")
    assert "Permit" in (asked := shopper.wallet.asked())
    assert "LicenseMarket" in asked
    shopper.wallet.approve()
    shopper.page.locator("dialog.demo-wallet", has_text="BuyIntent").wait_for()
    asked = shopper.wallet.asked()
    assert str(PRICE) in asked
    assert shopper.address in asked
    shopper.wallet.approve()

    order = shopper.wait_for_order()
    assert (order.way, order.state) == ("signed", "paid")
    shopper.visitor.judge()
    shopper.licensed()
    assert shopper.market.coins(shopper.address) == DOLLARS - PRICE
    assert download(shopper) == shopper.market.design.versions.get().master.sha256


def download(shopper: Shopper) -> str:
    """The SHA-256 of the file that the library gives to the wallet's holder."""
    shopper.page.get_by_role("link", name="Open my library").click()
    shopper.see("held on chain")
    assert shopper.page.get_by_text("On their way").count() == 0
    with shopper.page.expect_download() as waiting:
        shopper.press("Download")
    return hashlib.sha256(Path(waiting.value.path()).read_bytes()).hexdigest()


def test_a_purchase_by_keyboard_alone(shopper: Shopper) -> None:
    shopper.visitor.go(shopper.checkout)

    def go_to(name: str) -> None:
        for _ in range(60):
            if name in shopper.page.evaluate("document.activeElement.closest('button')?.textContent ?? ''"):
                return
            shopper.page.keyboard.press("Tab")
        raise AssertionError(f"{name!r} is not reached by Tab")

    go_to("Pay with a wallet")
    shopper.page.keyboard.press("Enter")
    shopper.page.locator("dialog.wallet-dialog").wait_for()
    go_to("Loomprint demo wallet")
    shopper.page.keyboard.press("Enter")
    shopper.page.locator("dialog.demo-wallet").wait_for()
    go_to("Connect")
    shopper.page.keyboard.press("Enter")
    shopper.see("Your wallet holds")
    go_to("Sign to pay")
    shopper.page.keyboard.press("Enter")
    for kind in ("Permit", "BuyIntent"):
        shopper.page.locator("dialog.demo-wallet", has_text=kind).wait_for()
        go_to("Sign")
        shopper.page.keyboard.press("Enter")

    shopper.wait_for_order()
    shopper.licensed()


def send_purchase(shopper: Shopper, *, hold: bool = False) -> None:
    """Approve the allowance, then the purchase; held, it waits in the pool."""
    shopper.press("Send it yourself")
    assert "TestStablecoin" in shopper.wallet.asked()
    shopper.wallet.approve()
    shopper.page.locator("dialog.demo-wallet", has_text="maxPrice").wait_for()
    if hold:
        shopper.market.live.node.automine(False)
    shopper.wallet.approve()
    if hold:
        shopper.see("On its way to the chain")


@pytest.mark.parametrize("width", [360, 1440])
def test_two_transactions_of_ones_own_buy(shopper: Shopper, width: int) -> None:
    shopper.width(width)
    shopper.connect()
    send_purchase(shopper)

    order = shopper.wait_for_order()
    assert (order.way, order.state, bool(order.transaction_hash)) == ("sent", "paid", True)
    shopper.licensed()
    assert shopper.market.coins(shopper.address) == DOLLARS - PRICE
    assert not ChainTransaction.objects.filter(kind="buy_signed").exists()


@pytest.mark.long
def test_the_chains_own_coin_buys(shopper: Shopper) -> None:
    open_coin_offer(shopper.market, 10**15)
    shopper.connect()
    shopper.press("Send 0.001 ETH from your wallet")
    assert "0.001 ETH" in shopper.wallet.asked()
    shopper.wallet.approve()

    shopper.wait_for_order()
    shopper.licensed()


def pending(shopper: Shopper) -> dict[str, Any]:
    """The wallet's transaction that waits in the pool, once the order knows it."""
    pool = shopper.market.live.node.rpc("txpool_content")["pending"]
    (waiting,) = pool[next(one for one in pool if one.lower() == shopper.address.lower())].values()
    shopper.page.wait_for_timeout(1500)
    assert Order.objects.get().transaction_hash == waiting["hash"]
    return dict(waiting)


def replace(shopper: Shopper, waiting: dict[str, Any], **changes: str) -> str:
    """Send another transaction of the same number, as wallets do to speed up or to cancel; then mine it."""
    call = {
        "from": shopper.address,
        "to": waiting["to"],
        "data": waiting["input"],
        "value": waiting["value"],
        "gas": waiting["gas"],
        "nonce": waiting["nonce"],
        "maxFeePerGas": hex(10**12),
        "maxPriorityFeePerGas": hex(10**11),
        **changes,
    }
    node = shopper.market.live.node
    sent = str(node.rpc("eth_sendTransaction", call))
    node.mine()
    node.automine(True)
    return sent


@pytest.mark.long
def test_a_sped_up_purchase_is_followed(shopper: Shopper) -> None:
    shopper.connect()
    send_purchase(shopper, hold=True)
    waiting = pending(shopper)
    faster = replace(shopper, waiting)

    order = shopper.wait_for_order()
    assert faster != waiting["hash"]
    shopper.licensed()
    order.refresh_from_db()
    assert order.transaction_hash == faster


@pytest.mark.long
def test_a_canceled_purchase_ends_the_order(shopper: Shopper) -> None:
    shopper.connect()
    send_purchase(shopper, hold=True)
    replace(shopper, pending(shopper), to=shopper.address, data="0x", gas=hex(21_000))

    order = shopper.wait_for_order()
    shopper.see("This order was canceled")
    assert order.state == "canceled"
    shopper.nothing_bought()


@pytest.mark.long
def test_a_purchase_without_enough_gas_ends_with_a_sentence(shopper: Shopper) -> None:
    shopper.connect()
    send_purchase(shopper, hold=True)
    replace(shopper, pending(shopper), gas=hex(60_000))

    shopper.wait_for_order()
    shopper.follow()
    shopper.see("Only its network fee was spent")
    assert Order.objects.get().state == "failed"
    shopper.nothing_bought()


@pytest.mark.long
def test_a_purchase_survives_a_page_that_is_closed_while_it_waits(shopper: Shopper) -> None:
    shopper.connect()
    send_purchase(shopper, hold=True)
    waiting = pending(shopper)
    order = Order.objects.get()
    shopper.visitor.go(f"/orders/{order.public_id}/")
    assert waiting["hash"][-4:] in shopper.page.inner_text("main")
    shopper.page.reload()
    shopper.see("Your wallet has sent the purchase")
    shopper.market.live.node.mine()
    shopper.market.live.node.automine(True)

    shopper.licensed()


@pytest.mark.long
def test_a_price_that_rises_while_the_wallet_asks_is_not_paid(shopper: Shopper) -> None:
    shopper.connect()
    shopper.press("Sign to pay 18.00 tUSD")
    shopper.wallet.asked()
    market = shopper.market
    market.live.node.rpc("anvil_setBalance", market.creator.custody_key.address, hex(10**18))
    terms = Order.objects.get().terms_hash
    offer = [PRICE + 1, 0, 0, 0, 0, 0, "0x" + "00" * 32, [0, ZERO, 0, 0]]
    as_creator(market, "LicenseMarket", "openOffer", market.entry, terms, market.currency, offer)
    shopper.wallet.approve()
    shopper.page.locator("dialog.demo-wallet", has_text="BuyIntent").wait_for()
    shopper.wallet.approve()
    shopper.wait_for_order()
    market.live.settle()

    shopper.see("The price has risen since you looked.")
    assert not LicenseSale.objects.exists()
    shopper.nothing_bought()


@pytest.mark.long
def test_two_tabs_that_pay_at_once_buy_what_each_was_asked_for(shopper: Shopper) -> None:
    """Two checkouts are two orders; pressing twice in one is one."""
    shopper.connect()
    shopper.press("Sign to pay 18.00 tUSD")
    shopper.wallet.asked()
    shopper.page.locator("[data-way=signed]").evaluate("button => button.click()")
    shopper.wallet.approve()
    shopper.page.locator("dialog.demo-wallet", has_text="BuyIntent").wait_for()
    shopper.wallet.approve()
    shopper.wait_for_order()
    shopper.licensed()
    assert Order.objects.count() == 1
