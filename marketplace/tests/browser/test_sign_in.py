"""Wallets, passkeys and authenticator apps on the ways in, in every width and color scheme, in a real browser."""

import re
import secrets
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse

from accounts.models import User, Wallet
from common.testing import PASSWORD
from common.testing_wallet import BAD_NAME, DemoWallet, misbehave
from marketplace.tests.browser.visitor import WIDTHS, Visitor
from marketplace.tests.browser.ways_in import SIGN_IN, arrive, press, problem_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("fresh_address"),
]


@pytest.mark.parametrize("width", WIDTHS)
def test_a_linked_wallet_signs_in_and_goes_on(visitor: Visitor, wallet: DemoWallet, linked: Wallet, width: int) -> None:
    page = visitor.page
    visitor.at(width)
    visitor.go(f"{reverse('account_login')}?next={reverse('accounts:overview')}")
    press(visitor, SIGN_IN)
    wallet.connect()
    asked = wallet.asked()
    assert "wants you to sign in with your Ethereum account" in asked
    assert "This costs nothing and moves nothing." in asked
    assert linked.address in asked
    visitor.judge()
    wallet.approve()
    arrive(visitor, "accounts:overview")
    assert page.get_by_text(linked.address).count() >= 1
    visitor.judge()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_wallet_opens_an_account(visitor: Visitor, wallet: DemoWallet, accounts: list[str], width: int) -> None:
    page = visitor.page
    visitor.at(width)
    visitor.go(reverse("account_signup"))
    press(visitor, "Open it with a wallet")
    wallet.connect(account=1)
    wallet.approve()
    arrive(visitor, "accounts:wallet_sign_up")
    visitor.judge()
    visitor.judge_focus()
    email = f"wallet.{secrets.token_hex(4)}@example.org"
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Display name").fill("Wanda")
    press(visitor, "Open an account")
    page.wait_for_url("**/confirm-email/**")
    code = re.search(r"\b[0-9A-Z]{4}-?[0-9A-Z]{4}\b", mail.outbox[-1].body)
    assert code is not None
    page.locator("input[name=code]").fill(code[0])
    page.keyboard.press("Enter")
    page.wait_for_url(f"{visitor.site}/")
    opened = User.objects.get(email=email)
    assert [one.address for one in opened.wallets.all()] == [accounts[1]]
    visitor.go(reverse("accounts:overview"))
    visitor.judge()
    visitor.judge_focus()


@pytest.mark.long
def test_a_second_wallet_is_linked_named_and_unlinked(
    visitor: Visitor, wallet: DemoWallet, creator: User, accounts: list[str]
) -> None:
    page = visitor.page
    visitor.sign_in(creator)
    visitor.look(reverse("accounts:overview"))
    page.get_by_role("link", name="Link a wallet").click()
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    arrive(visitor, "accounts:wallet_link")
    visitor.judge()
    visitor.judge_focus()
    press(visitor, "Choose a wallet and sign")
    wallet.connect(account=2)
    assert "Link this wallet to my Loomprint account" in wallet.asked()
    wallet.approve()
    page.get_by_text("The wallet is linked").wait_for()
    visitor.judge()
    page.get_by_label("Name of this wallet").fill("Workshop")
    press(visitor, "Save the name")
    page.get_by_text("Workshop").first.wait_for()
    assert creator.wallets.get().label == "Workshop"

    # The same one again, then another account of the same wallet.
    page.get_by_role("link", name="Link another wallet").click()
    press(visitor, "Choose a wallet and sign")
    wallet.approve()
    assert "linked to your account already" in problem_of(visitor)
    visitor.judge()
    press(visitor, "Use another wallet or account")
    wallet.choose()
    wallet.show_account(1)
    wallet.approve()
    page.get_by_text("The wallet is linked").wait_for()
    assert {one.address for one in creator.wallets.all()} == {accounts[1], accounts[2]}

    visitor.go(reverse("accounts:overview"))
    visitor.judge()
    page.get_by_role("link", name="Unlink Workshop").click()
    visitor.judge()
    press(visitor, "Unlink the wallet")
    page.get_by_text("The wallet is unlinked").wait_for()
    assert [one.address for one in creator.wallets.all()] == [accounts[1]]
    page.locator("details.disclosure summary").click()
    visitor.judge()


@pytest.mark.long
def test_a_wallet_of_another_account_is_refused_with_a_next_step(
    visitor: Visitor, wallet: DemoWallet, linked: Wallet, buyer: User
) -> None:
    visitor.sign_in(buyer)
    visitor.go(reverse("accounts:wallet_link"))
    visitor.page.locator("input[type=password]").fill(PASSWORD)
    visitor.page.keyboard.press("Enter")
    press(visitor, "Choose a wallet and sign")
    wallet.connect()
    wallet.approve()
    said = problem_of(visitor)
    assert "linked to another account" in said
    assert "unlink it there" in said
    assert not buyer.wallets.exists()
    visitor.judge()


def test_what_is_declined_is_said_and_can_be_tried_again(visitor: Visitor, wallet: DemoWallet, linked: Wallet) -> None:
    page = visitor.page
    visitor.go(reverse("account_login"))
    press(visitor, SIGN_IN)
    page.locator("dialog.wallet-dialog").get_by_role("button", name="Cancel").click()
    assert "You declined it" in problem_of(visitor)
    press(visitor, SIGN_IN)
    wallet.choose()
    wallet.reject()
    assert "You declined it" in problem_of(visitor)
    press(visitor, SIGN_IN)
    wallet.connect()
    wallet.reject()
    said = problem_of(visitor)
    assert "You declined it in your wallet." in said
    assert "Press the button again" in said
    visitor.judge()
    press(visitor, SIGN_IN)
    wallet.approve()
    page.wait_for_url(f"{visitor.site}/")


@pytest.mark.long
def test_an_account_that_is_switched_in_the_wallet_signs_nothing(
    visitor: Visitor, wallet: DemoWallet, linked: Wallet, accounts: list[str]
) -> None:
    visitor.go(reverse("account_login"))
    press(visitor, SIGN_IN)
    wallet.choose()
    # While the site asks its server for the message, the person switches.
    visitor.page.route(
        f"**{reverse('accounts:wallet_message')}", lambda route: (wallet.switch_to(accounts[3]), route.continue_())
    )
    wallet.show_account(0)
    said = problem_of(visitor)
    assert "another account" in said
    assert "Choose the account" in said


@pytest.mark.long
@pytest.mark.parametrize(
    ("plan", "sentence", "next_step"),
    [
        ({"chain": 1}, "another network", "Choose the network"),
        ({"silent": "personal_sign"}, "has not answered", "Open your wallet"),
        ({"silent": "eth_requestAccounts"}, "has not answered", "Open your wallet"),
        ({"refuses": {"personal_sign": (4001, "no")}}, "declined", "Press the button again"),
        ({"refuses": {"personal_sign": (-32002, "busy")}}, "already asking", "answer it there"),
        ({"refuses": {"personal_sign": (-32603, "broken inside")}}, "broken inside", "try again"),
    ],
)
def test_every_other_end_has_a_sentence_and_a_next_step(
    visitor: Visitor, linked: Wallet, settings: Any, plan: dict[str, Any], sentence: str, next_step: str
) -> None:
    settings.WALLET_PATIENCE_SECONDS = 1
    misbehave(visitor.page, account=linked.address, **plan)
    visitor.go(reverse("account_login"))
    press(visitor, SIGN_IN)
    visitor.page.locator("dialog.wallet-dialog").get_by_role("button", name=BAD_NAME).click()
    said = problem_of(visitor)
    assert sentence in said
    assert next_step in said
    assert visitor.page.evaluate("document.activeElement.matches('[data-wallet-problem]')")
    visitor.judge()


@pytest.mark.long
def test_a_server_that_is_away_is_said_too(visitor: Visitor, wallet: DemoWallet, linked: Wallet) -> None:
    page = visitor.page
    visitor.go(reverse("account_login"))
    page.route(f"**{reverse('accounts:wallet_proof')}", lambda route: route.abort())
    press(visitor, SIGN_IN)
    wallet.connect()
    wallet.approve()
    said = problem_of(visitor)
    assert "Loomprint did not answer" in said
    assert "try again" in said


def test_by_keyboard_alone(visitor: Visitor, linked: Wallet) -> None:
    page = visitor.page
    visitor.go(reverse("account_login"))
    page.get_by_role("button", name=SIGN_IN).focus()
    page.keyboard.press("Enter")
    page.locator("dialog.wallet-dialog").wait_for()
    page.keyboard.press("Enter")  # The only wallet has the focus.
    page.locator("dialog.demo-wallet").wait_for()
    for _step in ("connect", "sign"):
        dialog = page.locator("dialog.demo-wallet")
        dialog.wait_for()
        while not page.evaluate("document.activeElement.matches('[data-demo-approve]')"):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    page.wait_for_url(f"{visitor.site}/")


def test_without_scripts_the_password_still_signs_in(chromium: Any, live_server: Any, creator: User) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + reverse("account_login"))
    assert not page.get_by_role("button", name=SIGN_IN).is_visible()
    page.locator("input[type=email]").fill(creator.email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live_server.url}/")
    context.close()


# WalletConnect: its relay is out of reach for tests, so they end where it would begin


@pytest.mark.long
def test_a_relay_that_is_out_of_reach_ends_in_a_sentence(visitor: Visitor, linked: Wallet, settings: Any) -> None:
    settings.WALLETCONNECT_PROJECT_ID = "0123456789abcdef0123456789abcdef"
    settings.WALLET_PATIENCE_SECONDS = 3
    page = visitor.page
    page.route(re.compile(r"^\w+://[\w.]*(walletconnect|reown)\."), lambda route: route.abort())
    visitor.go(reverse("account_login"))
    press(visitor, SIGN_IN)
    page.locator("dialog.wallet-dialog").get_by_role("button", name="WalletConnect").click()
    said = problem_of(visitor)
    assert "has not answered" in said
    assert "try again" in said
    assert page.locator("dialog[open]").count() == 0


@pytest.mark.long
def test_without_a_project_no_relay_is_offered(visitor: Visitor, linked: Wallet) -> None:
    visitor.go(reverse("account_login"))
    press(visitor, SIGN_IN)
    dialog = visitor.page.locator("dialog.wallet-dialog")
    dialog.wait_for()
    assert dialog.get_by_role("button", name="WalletConnect").count() == 0


@pytest.mark.long
def test_a_relay_that_is_not_wanted_after_all_is_left(visitor: Visitor, linked: Wallet, settings: Any) -> None:
    settings.WALLETCONNECT_PROJECT_ID = "0123456789abcdef0123456789abcdef"
    page = visitor.page
    page.route(re.compile(r"^\w+://[\w.]*(walletconnect|reown)\."), lambda route: route.abort())
    visitor.go(reverse("account_login"))
    press(visitor, SIGN_IN)
    page.locator("dialog.wallet-dialog").get_by_role("button", name="WalletConnect").click()
    page.get_by_role("heading", name="Connect a wallet on your phone").wait_for()
    assert visitor.findings("serious", "critical") == []
    page.get_by_role("button", name="Cancel").click()
    assert "You declined it" in problem_of(visitor)
    assert page.locator("dialog[open]").count() == 0
