"""Asking a wallet: found, chosen, or a sentence and a next step; nothing is ever charged by a failure."""

from typing import Any

import pytest

from common.testing_wallet import BAD_NAME, NAME, misbehave
from marketplace.models import Order
from tests.wallets.browser.conftest import Shopper

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_wallets_are_chosen_by_keyboard_in_a_dialog_that_gives_the_focus_back(shopper: Shopper) -> None:
    shopper.visitor.go(shopper.checkout)
    shopper.page.get_by_role("button", name="Pay with a wallet").focus()
    shopper.page.keyboard.press("Enter")
    dialog = shopper.page.get_by_role("dialog", name="Choose a wallet")
    dialog.wait_for()
    assert shopper.page.evaluate("document.activeElement.closest('dialog') !== null")
    assert shopper.visitor.findings("serious", "critical") == []

    shopper.page.keyboard.press("Escape")
    dialog.wait_for(state="detached")

    assert shopper.problem("rejected").startswith("You declined it in your wallet.")
    assert shopper.page.evaluate("document.activeElement.textContent").strip() == "Pay with a wallet"


@pytest.mark.long
def test_the_demo_wallet_says_that_its_money_is_for_tests(shopper: Shopper) -> None:
    shopper.open_checkout()
    shopper.wallet.choose()

    asked = shopper.wallet.asked()
    assert "test money on the local chain, worth nothing" in asked
    assert shopper.address.lower() in asked.lower()
    assert shopper.market.live.operator.lower() not in asked.lower()
    assert shopper.visitor.findings("serious", "critical") == []
    shopper.wallet.reject()
    assert "Press the button again" in shopper.problem("rejected")


def test_a_browser_without_a_wallet_is_told_what_to_do(shopper: Shopper) -> None:
    shopper.page.route("**/demo-wallet.js", lambda route: route.abort())
    shopper.open_checkout()
    dialog = shopper.page.get_by_role("dialog", name="Choose a wallet")
    assert "Install one and reload, or go on without a wallet." in dialog.inner_text()
    dialog.get_by_role("button", name="Cancel").click()

    assert shopper.problem("no_wallet").startswith("No wallet was found in this browser.")


def test_declining_a_signature_charges_nothing_and_the_next_try_goes_on(shopper: Shopper) -> None:
    shopper.connect()
    shopper.press("Sign to pay 18.00 tUSD")
    shopper.wallet.asked()
    shopper.wallet.reject()
    assert "Nothing was signed and nothing was paid." in shopper.problem("rejected")
    shopper.nothing_bought()

    shopper.press("Sign to pay 18.00 tUSD")
    assert "Permit" in shopper.wallet.asked()
    assert Order.objects.count() == 1


def test_an_account_that_was_changed_meanwhile_is_named(shopper: Shopper) -> None:
    shopper.connect()
    shopper.wallet.switch_to(shopper.accounts[1])
    shopper.press("Sign to pay 18.00 tUSD")

    said = shopper.problem("wrong_account")
    assert f"{shopper.address[:6]}…{shopper.address[-4:]}" in said
    shopper.nothing_bought()


def test_another_network_is_named(shopper: Shopper) -> None:
    misbehave(shopper.page, account=shopper.address, chain=1)
    shopper.open_checkout()
    shopper.wallet.choose(BAD_NAME)

    assert "Choose the network Loomprint local in your wallet" in shopper.problem("wrong_chain")


@pytest.mark.long
def test_a_wallet_that_says_nothing_is_not_waited_for_for_ever(shopper: Shopper, settings: Any) -> None:
    settings.WALLET_PATIENCE_SECONDS = 1
    misbehave(shopper.page, account=shopper.address, silent="eth_requestAccounts")
    shopper.open_checkout()
    shopper.wallet.choose(BAD_NAME)

    assert "Your wallet has not answered." in shopper.problem("timeout")


@pytest.mark.long
def test_a_wallet_that_already_asks_is_pointed_at(shopper: Shopper) -> None:
    misbehave(shopper.page, account=shopper.address, refuses={"eth_requestAccounts": (-32002, "already pending")})
    shopper.open_checkout()
    shopper.wallet.choose(BAD_NAME)

    assert "answer it there" in shopper.problem("waiting")


@pytest.mark.long
def test_a_chain_that_does_not_answer_is_said_to(shopper: Shopper) -> None:
    shopper.connect()
    shopper.page.route(f"{shopper.market.live.node.url}/**", lambda route: route.abort())
    shopper.press("Sign to pay 18.00 tUSD")

    assert "The chain cannot be reached right now." in shopper.problem("unreachable")
    shopper.nothing_bought()


@pytest.mark.long
def test_a_wallet_of_nobody_in_this_account_is_to_be_linked_first(shopper: Shopper) -> None:
    shopper.open_checkout()
    shopper.wallet.connect(account=1)

    shopper.see("This wallet is not linked to your account")
    assert shopper.page.get_by_role("button", name="Sign to pay").count() == 0


@pytest.mark.long
def test_pages_load_the_wallets_side_only_when_a_wallet_is_asked(shopper: Shopper) -> None:
    loaded: list[str] = []
    shopper.page.on("request", lambda request: loaded.append(request.url.rsplit("/", 1)[-1]))
    for address in ("/", "/search/", shopper.market.design.get_absolute_url()):
        shopper.visitor.go(address)
        shopper.page.wait_for_load_state("networkidle")
    assert not {"buy.js", "claim.js", "demo-wallet.js"} & set(loaded)

    shopper.visitor.go(shopper.checkout)
    shopper.page.wait_for_load_state("networkidle")
    before = set(loaded)
    shopper.press("Pay with a wallet")
    shopper.page.get_by_role("dialog", name="Choose a wallet").wait_for()
    assert [name for name in loaded if name.endswith(".js") and name not in before]


@pytest.mark.long
def test_the_demo_wallet_announces_itself_on_the_local_chain_alone(shopper: Shopper, settings: Any) -> None:
    settings.LOOMPRINT_LOCAL = False
    shopper.open_checkout()

    dialog = shopper.page.get_by_role("dialog", name="Choose a wallet")
    dialog.wait_for()
    assert dialog.get_by_role("button", name=NAME).count() == 0
    assert "demo-wallet" not in shopper.page.content()
