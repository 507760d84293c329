"""Buying with the demo wallet, in a real browser: the code that a stranger's own wallet would walk."""

import re

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Wallet
from common.testing_wallet import BAD_NAME, DemoWallet, misbehave
from licensing.models import LicenseTemplate
from marketplace.models import Order
from marketplace.services.checkout import sweep_orders
from marketplace.services.wallet_orders import sweep_wallet_orders
from marketplace.tests.browser.conftest import chromium, visitor  # noqa: F401
from marketplace.tests.browser.test_keyboard import tab_to
from marketplace.tests.browser.visitor import HEIGHT, Visitor
from tests.faults.market import PRICE, Market
from tests.faults.wallets import as_operator

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def account(on_sale: Market) -> str:
    """The demo wallet's first account, linked to the buyer, with 100 test dollars."""
    address = str(on_sale.live.node.rpc("eth_accounts")[0])
    from eth_utils.address import to_checksum_address

    as_operator(on_sale, "TestStablecoin", "transfer", address, 100_000_000)
    Wallet.objects.create(user=on_sale.buyer, address=to_checksum_address(address))
    return to_checksum_address(address)


@pytest.fixture(params=[360, 1440])
def at_checkout(visitor: Visitor, on_sale: Market, account: str, request: pytest.FixtureRequest) -> Visitor:  # noqa: F811
    visitor.sign_in(on_sale.buyer)
    visitor.page.set_viewport_size({"width": request.param, "height": HEIGHT})
    visitor.go(checkout_of(on_sale))
    return visitor


def checkout_of(market: Market) -> str:
    terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash
    return f"/d/{market.design.public_id}/buy/{terms}/"


def open_wallet(page: Page) -> DemoWallet:
    page.get_by_role("button", name="Pay with a wallet").click()
    return DemoWallet(page)


def said(page: Page, problem: str) -> str:
    place = page.locator(f"[data-wallet-said][data-problem={problem}]")
    place.wait_for()
    return place.inner_text()


def finish(market: Market) -> None:
    market.live.finalize()
    sweep_wallet_orders()
    sweep_orders()


def is_bought(page: Page, market: Market, account: str) -> None:
    finish(market)
    expect(page.get_by_text("The license is yours")).to_be_visible(timeout=15_000)
    assert market.licenses_on_chain(account) == 1
    assert market.coins(account) == 100_000_000 - PRICE


def test_two_signatures_buy(at_checkout: Visitor, on_sale: Market, account: str) -> None:
    page = at_checkout.page
    wallet = open_wallet(page)
    at_checkout.judge()
    wallet.connect()
    quote = page.locator("[data-wallet-quote]")
    expect(quote).to_contain_text("100.00 tUSD")
    page.get_by_role("button", name=re.compile("^Sign to pay")).click()
    permit = wallet.asked()
    assert "Permit" in permit
    assert str(PRICE) in permit
    at_checkout.judge()
    wallet.approve()
    expect(wallet.dialog).to_contain_text("BuyIntent")
    wallet.approve()
    page.wait_for_url("**/orders/**")
    is_bought(page, on_sale, account)
    at_checkout.judge()


def test_its_own_transactions_buy(at_checkout: Visitor, on_sale: Market, account: str) -> None:
    page = at_checkout.page
    wallet = open_wallet(page)
    wallet.connect()
    page.get_by_role("button", name="Send it yourself").click()
    assert "TestStablecoin" in wallet.asked()
    wallet.approve()
    expect(wallet.dialog).to_contain_text("LicenseMarket", timeout=20_000)
    wallet.approve()
    page.wait_for_url("**/orders/**", timeout=20_000)
    is_bought(page, on_sale, account)


def test_a_refusal_at_each_step_ends_in_a_sentence(at_checkout: Visitor, on_sale: Market, account: str) -> None:
    page = at_checkout.page
    wallet = open_wallet(page)
    wallet.choose()
    wallet.reject()
    assert "You declined it in your wallet." in said(page, "rejected")
    wallet = open_wallet(page)
    wallet.connect()
    sign = page.get_by_role("button", name=re.compile("^Sign to pay"))
    sign.click()
    wallet.reject()
    assert "Nothing was signed and nothing was paid." in said(page, "rejected")
    at_checkout.judge()
    sign.click()
    wallet.approve()
    expect(wallet.dialog).to_contain_text("BuyIntent")
    wallet.reject()
    said(page, "rejected")
    # What was begun is still there, and goes on.
    sign.click()
    wallet.approve()
    expect(wallet.dialog).to_contain_text("BuyIntent")
    wallet.approve()
    page.wait_for_url("**/orders/**")
    assert Order.objects.count() == 1


def test_another_account_in_the_wallet_is_noticed(at_checkout: Visitor, on_sale: Market, account: str) -> None:
    page = at_checkout.page
    wallet = open_wallet(page)
    wallet.connect()
    other = on_sale.live.node.rpc("eth_accounts")[1]
    wallet.switch_to(other)
    page.get_by_role("button", name=re.compile("^Sign to pay")).click()
    sentence = said(page, "wrong_account")
    assert other[-4:].lower() in sentence.lower()
    assert account[-4:].lower() in sentence.lower()
    assert "choose the account" in sentence.lower()


def test_an_account_that_is_not_linked_is_told_so(at_checkout: Visitor) -> None:
    page = at_checkout.page
    wallet = open_wallet(page)
    wallet.connect(account=2)
    expect(page.get_by_text("This wallet is not linked to your account")).to_be_visible()
    at_checkout.judge()


@pytest.mark.parametrize(
    ("plan", "problem", "sentence"),
    [
        ({"chain": 1}, "wrong_chain", "Choose the network Loomprint local"),
        ({"silent": "eth_requestAccounts"}, "timeout", "Open your wallet"),
        ({"refuses": {"eth_requestAccounts": (-32002, "already asking")}}, "waiting", "answer it there"),
        ({"refuses": {"eth_requestAccounts": (4900, "gone")}}, "unreachable", "Try again in a minute"),
    ],
)
def test_a_wallet_that_behaves_badly_ends_in_a_sentence(
    visitor: Visitor,  # noqa: F811
    on_sale: Market,
    account: str,
    settings: object,
    plan: dict[str, object],
    problem: str,
    sentence: str,
) -> None:
    settings.WALLET_PATIENCE_SECONDS = 2  # type: ignore[attr-defined]
    visitor.sign_in(on_sale.buyer)
    misbehave(visitor.page, account=account, **plan)  # type: ignore[arg-type]
    visitor.go(checkout_of(on_sale))
    open_wallet(visitor.page).choose(BAD_NAME)
    assert sentence in said(visitor.page, problem)
    visitor.judge()
    assert not Order.objects.exists()


def test_a_browser_without_a_wallet_is_told_what_to_do(
    visitor: Visitor,  # noqa: F811
    on_sale: Market,
    settings: object,
) -> None:
    settings.LOOMPRINT_LOCAL = False  # type: ignore[attr-defined]
    visitor.sign_in(on_sale.buyer)
    visitor.go(checkout_of(on_sale))
    visitor.page.get_by_role("button", name="Pay with a wallet").click()
    expect(visitor.page.get_by_text("No wallet was found in this browser. Install one")).to_be_visible()
    visitor.page.keyboard.press("Escape")
    assert "go on without one" in said(visitor.page, "no_wallet")


def test_a_purchase_by_the_keyboard_alone(at_checkout: Visitor, on_sale: Market, account: str) -> None:
    page = at_checkout.page
    tab_to(page, "Pay with a wallet")
    page.keyboard.press("Enter")
    page.locator("dialog.wallet-dialog").wait_for()
    tab_to(page, "demo wallet", at_most=4)
    page.keyboard.press("Enter")
    page.locator("dialog.demo-wallet").wait_for()
    tab_to(page, "^Connect", at_most=4)
    page.keyboard.press("Enter")
    page.locator("[data-pay]").wait_for()
    tab_to(page, "^Sign to pay", at_most=4)
    page.keyboard.press("Enter")
    for _signature in ("permit", "purchase"):
        page.locator("dialog.demo-wallet").wait_for()
        tab_to(page, "^Sign$", at_most=4)
        page.keyboard.press("Enter")
        page.wait_for_timeout(300)
    page.wait_for_url("**/orders/**")
    is_bought(page, on_sale, account)


def test_a_transaction_that_is_canceled_in_the_wallet(at_checkout: Visitor, on_sale: Market, account: str) -> None:
    """The wallet puts another transaction at the same number before a block takes the purchase."""
    node, page = on_sale.live.node, at_checkout.page
    as_operator(on_sale, "TestStablecoin", "transfer", account, 1)
    wallet = open_wallet(page)
    wallet.connect()
    page.get_by_role("button", name="Send it yourself").click()
    wallet.approve()
    expect(wallet.dialog).to_contain_text("LicenseMarket", timeout=20_000)
    node.automine(False)
    try:
        wallet.approve()
        expect(page.get_by_text("On its way to the chain.")).to_be_visible()
        number = node.rpc("eth_getTransactionCount", account, "latest")
        fee = hex(10**12)
        node.rpc(
            "eth_sendTransaction",
            {
                "from": account,
                "to": account,
                "value": "0x0",
                "nonce": number,
                "gas": hex(21_000),
                "maxFeePerGas": fee,
                "maxPriorityFeePerGas": fee,
            },
        )
        node.mine()
        page.wait_for_url("**/orders/**", timeout=20_000)
    finally:
        node.automine(True)
    expect(page.get_by_text("This order was canceled")).to_be_visible()
    assert on_sale.licenses_on_chain(account) == 0


def test_a_transaction_that_is_sped_up_in_the_wallet(at_checkout: Visitor, on_sale: Market, account: str) -> None:
    node, page = on_sale.live.node, at_checkout.page
    wallet = open_wallet(page)
    wallet.connect()
    page.get_by_role("button", name="Send it yourself").click()
    wallet.approve()
    expect(wallet.dialog).to_contain_text("LicenseMarket", timeout=20_000)
    node.automine(False)
    try:
        wallet.approve()
        expect(page.get_by_text("On its way to the chain.")).to_be_visible()
        first = Order.objects.get().transaction_hash
        sent = node.rpc("eth_getTransactionByHash", first)
        fee = hex(10**12)
        node.rpc(
            "eth_sendTransaction",
            {
                "from": account,
                "to": sent["to"],
                "data": sent["input"],
                "nonce": sent["nonce"],
                "gas": sent["gas"],
                "maxFeePerGas": fee,
                "maxPriorityFeePerGas": fee,
            },
        )
        node.mine()
        page.wait_for_url("**/orders/**", timeout=20_000)
    finally:
        node.automine(True)
    is_bought(page, on_sale, account)
    assert Order.objects.get().transaction_hash != first
