"""Wallets, passkeys and authenticator apps on the ways in, in every width and color scheme, in a real browser."""

import re
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.urls import reverse
from eth_utils.address import to_checksum_address
from playwright.sync_api import CDPSession

from accounts.models import User, Wallet
from accounts.services import Proof, link_wallet
from common.testing import PASSWORD
from common.testing_wallet import BAD_NAME, DemoWallet, misbehave
from contracts.testing import LiveChain
from marketplace.tests.browser.visitor import HEIGHT, WIDTHS, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.django_db(transaction=True)]

SIGN_IN = "Sign in with a wallet"


@pytest.fixture(autouse=True)
def fresh_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another visitor's address for each test: the limits count by address, in a Redis that tests share."""
    place = "10." + ".".join(str(secrets.randbelow(250) + 1) for _ in range(3))
    monkeypatch.setattr("allauth.account.adapter.get_client_ip", lambda _request: place)


@pytest.fixture
def accounts(live_chain: LiveChain) -> list[str]:
    """The addresses that the demo wallet shows."""
    return [to_checksum_address(one) for one in live_chain.node.rpc("eth_accounts")]


@pytest.fixture
def wallet(visitor: Visitor) -> DemoWallet:
    return DemoWallet(visitor.page)


@pytest.fixture
def linked(creator: User, accounts: list[str]) -> Wallet:
    return link_wallet(user=creator, proof=Proof(accounts[0], Wallet.Kind.EOA))


def _press(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("button", name=name, exact=True).click()


def _problem(visitor: Visitor) -> str:
    """What the page says of an end that is none; a refusal of the server also stands in the console."""
    place = visitor.page.locator("[data-wallet-problem]")
    place.wait_for()
    visitor.said = [(url, text) for url, text in visitor.said if not url.endswith(reverse("accounts:wallet_proof"))]
    return place.inner_text()


def _arrive(visitor: Visitor, name: str) -> None:
    visitor.page.wait_for_url(visitor.site + reverse(name))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_linked_wallet_signs_in_and_goes_on(visitor: Visitor, wallet: DemoWallet, linked: Wallet, width: int) -> None:
    page = visitor.page
    page.set_viewport_size({"width": width, "height": HEIGHT})
    visitor.go(f"{reverse('account_login')}?next={reverse('accounts:overview')}")
    _press(visitor, SIGN_IN)
    wallet.connect()
    asked = wallet.asked()
    assert "wants you to sign in with your Ethereum account" in asked
    assert "This costs nothing and moves nothing." in asked
    assert linked.address in asked
    visitor.judge()
    wallet.approve()
    _arrive(visitor, "accounts:overview")
    assert page.get_by_text(linked.address).count() >= 1
    visitor.judge()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_wallet_opens_an_account(visitor: Visitor, wallet: DemoWallet, accounts: list[str], width: int) -> None:
    page = visitor.page
    page.set_viewport_size({"width": width, "height": HEIGHT})
    visitor.go(reverse("account_signup"))
    _press(visitor, "Open it with a wallet")
    wallet.connect(account=1)
    wallet.approve()
    _arrive(visitor, "accounts:wallet_sign_up")
    visitor.judge()
    visitor.judge_focus()
    page.set_viewport_size({"width": width, "height": HEIGHT})
    email = f"wallet.{secrets.token_hex(4)}@example.org"
    page.get_by_label("Email").fill(email)
    page.get_by_label("Display name").fill("Wanda")
    _press(visitor, "Open an account")
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


def test_a_second_wallet_is_linked_named_and_unlinked(
    visitor: Visitor, wallet: DemoWallet, creator: User, accounts: list[str]
) -> None:
    page = visitor.page
    visitor.sign_in(creator)
    visitor.look(reverse("accounts:overview"))
    page.get_by_role("link", name="Link a wallet").click()
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    _arrive(visitor, "accounts:wallet_link")
    visitor.judge()
    visitor.judge_focus()
    _press(visitor, "Choose a wallet and sign")
    wallet.connect(account=2)
    assert "Link this wallet to my Loomprint account" in wallet.asked()
    wallet.approve()
    page.get_by_text("The wallet is linked").wait_for()
    visitor.judge()
    page.get_by_label("Name of this wallet").fill("Workshop")
    _press(visitor, "Save the name")
    page.get_by_text("Workshop").first.wait_for()
    assert creator.wallets.get().label == "Workshop"

    # The same one again, then another account of the same wallet.
    page.get_by_role("link", name="Link another wallet").click()
    _press(visitor, "Choose a wallet and sign")
    wallet.approve()
    assert "linked to your account already" in _problem(visitor)
    visitor.judge()
    _press(visitor, "Use another wallet or account")
    wallet.choose()
    wallet.show_account(1)
    wallet.approve()
    page.get_by_text("The wallet is linked").wait_for()
    assert {one.address for one in creator.wallets.all()} == {accounts[1], accounts[2]}

    visitor.go(reverse("accounts:overview"))
    visitor.judge()
    page.get_by_role("link", name="Unlink Workshop").click()
    visitor.judge()
    _press(visitor, "Unlink the wallet")
    page.get_by_text("The wallet is unlinked").wait_for()
    assert [one.address for one in creator.wallets.all()] == [accounts[1]]
    page.locator("details.disclosure summary").click()
    visitor.judge()


def test_a_wallet_of_another_account_is_refused_with_a_next_step(
    visitor: Visitor, wallet: DemoWallet, linked: Wallet, buyer: User
) -> None:
    visitor.sign_in(buyer)
    visitor.go(reverse("accounts:wallet_link"))
    visitor.page.locator("input[type=password]").fill(PASSWORD)
    visitor.page.keyboard.press("Enter")
    _press(visitor, "Choose a wallet and sign")
    wallet.connect()
    wallet.approve()
    said = _problem(visitor)
    assert "linked to another account" in said
    assert "unlink it there" in said
    assert not buyer.wallets.exists()
    visitor.judge()


def test_what_is_declined_is_said_and_can_be_tried_again(visitor: Visitor, wallet: DemoWallet, linked: Wallet) -> None:
    page = visitor.page
    visitor.go(reverse("account_login"))
    _press(visitor, SIGN_IN)
    page.locator("dialog.wallet-dialog").get_by_role("button", name="Cancel").click()
    assert "You declined it" in _problem(visitor)
    _press(visitor, SIGN_IN)
    wallet.choose()
    wallet.reject()
    assert "You declined it" in _problem(visitor)
    _press(visitor, SIGN_IN)
    wallet.connect()
    wallet.reject()
    said = _problem(visitor)
    assert "You declined it in your wallet." in said
    assert "Press the button again" in said
    visitor.judge()
    _press(visitor, SIGN_IN)
    wallet.approve()
    page.wait_for_url(f"{visitor.site}/")


def test_an_account_that_is_switched_in_the_wallet_signs_nothing(
    visitor: Visitor, wallet: DemoWallet, linked: Wallet, accounts: list[str]
) -> None:
    visitor.go(reverse("account_login"))
    _press(visitor, SIGN_IN)
    wallet.choose()
    # While the site asks its server for the message, the person switches.
    visitor.page.route(
        f"**{reverse('accounts:wallet_message')}", lambda route: (wallet.switch_to(accounts[3]), route.continue_())
    )
    wallet.show_account(0)
    said = _problem(visitor)
    assert "another account" in said
    assert "Choose the account" in said


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
    _press(visitor, SIGN_IN)
    visitor.page.locator("dialog.wallet-dialog").get_by_role("button", name=BAD_NAME).click()
    said = _problem(visitor)
    assert sentence in said
    assert next_step in said
    assert visitor.page.evaluate("document.activeElement.matches('[data-wallet-problem]')")
    visitor.judge()


def test_a_server_that_is_away_is_said_too(visitor: Visitor, wallet: DemoWallet, linked: Wallet) -> None:
    page = visitor.page
    visitor.go(reverse("account_login"))
    page.route(f"**{reverse('accounts:wallet_proof')}", lambda route: route.abort())
    _press(visitor, SIGN_IN)
    wallet.connect()
    wallet.approve()
    said = _problem(visitor)
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


# Passkeys and authenticator apps


@pytest.fixture
def authenticator(visitor: Visitor) -> Iterator[CDPSession]:
    """A device of this browser that keeps passkeys and knows its owner."""
    session = visitor.page.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    yield session
    session.detach()


def _confirmed(visitor: Visitor, user: User, address: str) -> None:
    visitor.sign_in(user)
    visitor.go(address)
    visitor.page.locator("input[type=password]").fill(PASSWORD)
    visitor.page.keyboard.press("Enter")
    visitor.page.wait_for_url(visitor.site + address)


@pytest.mark.usefixtures("recorded_deployment", "authenticator")
@pytest.mark.parametrize("width", WIDTHS)
def test_a_passkey_is_added_and_signs_in_alone(visitor: Visitor, creator: User, width: int) -> None:
    page = visitor.page
    visitor.sign_in(creator)
    visitor.look(reverse("mfa_index"))
    _confirmed(visitor, creator, reverse("mfa_add_webauthn"))
    visitor.judge()
    visitor.judge_focus()
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.get_by_label("Name").fill("My laptop")
    _press(visitor, "Add the passkey")
    _arrive(visitor, "mfa_view_recovery_codes")
    visitor.judge()
    visitor.look(reverse("mfa_list_webauthn"))
    assert page.get_by_text("My laptop").first.is_visible()
    assert page.get_by_text("signs in alone").is_visible()
    visitor.look(reverse("mfa_index"))

    page.context.clear_cookies()
    page.set_viewport_size({"width": width, "height": HEIGHT})
    visitor.go(f"{reverse('account_login')}?next={reverse('accounts:overview')}")
    _press(visitor, "Sign in with a passkey")
    _arrive(visitor, "accounts:overview")
    assert page.get_by_text(creator.email).is_visible()

    # After the password the same key is the second step.
    page.context.clear_cookies()
    visitor.go(reverse("account_login"))
    page.locator("input[type=email]").fill(creator.email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    _arrive(visitor, "mfa_authenticate")
    visitor.judge()
    _press(visitor, "Use your passkey or security key")
    page.wait_for_url(f"{visitor.site}/")

    visitor.go(reverse("mfa_list_webauthn"))
    page.get_by_role("link", name="Name My laptop").click()
    page.wait_for_load_state()
    if "reauthenticate" in page.url:
        page.locator("input[type=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
    page.get_by_label("Name").fill("Old laptop")
    visitor.judge()
    _press(visitor, "Save the name")
    page.get_by_role("link", name="Remove Old laptop").click()
    visitor.judge()
    _press(visitor, "Remove the passkey")
    page.get_by_text("No passkey yet").wait_for()
    visitor.judge()


@pytest.mark.usefixtures("recorded_deployment")
def test_a_passkey_that_is_declined_is_said(visitor: Visitor, creator: User, authenticator: CDPSession) -> None:
    page = visitor.page
    visitor.go(reverse("account_login"))
    _press(visitor, "Sign in with a passkey")  # The device has none.
    said = page.locator("[data-passkey-problem]")
    said.wait_for()
    assert "Nothing was done" in said.inner_text()
    visitor.judge()
    _confirmed(visitor, creator, reverse("mfa_add_webauthn"))
    page.evaluate(
        "() => { navigator.credentials.create = () => Promise.reject(new DOMException('', 'SecurityError')); }"
    )
    _press(visitor, "Add the passkey")
    said.wait_for()
    assert "localhost" in said.inner_text()


@pytest.mark.usefixtures("recorded_deployment")
def test_an_authenticator_app_is_set_up_asked_for_and_removed(visitor: Visitor, creator: User) -> None:
    page = visitor.page
    _confirmed(visitor, creator, reverse("mfa_activate_totp"))
    visitor.judge()
    visitor.judge_focus()
    secret = page.locator("#totp-secret").inner_text()
    page.locator("input[name=code]").fill("000000")
    page.keyboard.press("Enter")
    page.locator(".field-errors").first.wait_for()
    visitor.judge()
    page.locator("input[name=code]").fill(_code(secret))
    page.keyboard.press("Enter")
    _arrive(visitor, "mfa_view_recovery_codes")
    recovery = page.locator("#recovery-codes li").first.inner_text()
    visitor.judge()
    visitor.look(reverse("mfa_generate_recovery_codes"))

    page.context.clear_cookies()
    visitor.go(reverse("account_login"))
    page.locator("input[type=email]").fill(creator.email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    _arrive(visitor, "mfa_authenticate")
    visitor.judge()
    visitor.judge_focus()
    page.locator("input[name=code]").fill(recovery)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{visitor.site}/")
    visitor.go(reverse("mfa_deactivate_totp"))
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    _arrive(visitor, "mfa_deactivate_totp")
    visitor.judge()
    _press(visitor, "Remove it")
    page.get_by_text("No authenticator app is set up").wait_for()


def test_after_a_wallet_the_second_step_is_asked_too(
    visitor: Visitor, wallet: DemoWallet, linked: Wallet, creator: User
) -> None:
    page = visitor.page
    _confirmed(visitor, creator, reverse("mfa_activate_totp"))
    secret = page.locator("#totp-secret").inner_text()
    page.locator("input[name=code]").fill(_code(secret))
    page.keyboard.press("Enter")
    _arrive(visitor, "mfa_view_recovery_codes")
    recovery = page.locator("#recovery-codes li").first.inner_text()
    page.context.clear_cookies()
    visitor.go(reverse("account_login"))
    _press(visitor, SIGN_IN)
    wallet.connect()
    wallet.approve()
    _arrive(visitor, "mfa_authenticate")
    page.locator("input[name=code]").fill(recovery)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{visitor.site}/")


def _code(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


# WalletConnect: its relay is out of reach for tests, so they end where it would begin


def test_a_relay_that_is_out_of_reach_ends_in_a_sentence(visitor: Visitor, linked: Wallet, settings: Any) -> None:
    settings.WALLETCONNECT_PROJECT_ID = "0123456789abcdef0123456789abcdef"
    settings.WALLET_PATIENCE_SECONDS = 3
    page = visitor.page
    page.route(re.compile(r"^\w+://[\w.]*(walletconnect|reown)\."), lambda route: route.abort())
    visitor.go(reverse("account_login"))
    _press(visitor, SIGN_IN)
    page.locator("dialog.wallet-dialog").get_by_role("button", name="WalletConnect").click()
    said = _problem(visitor)
    assert "has not answered" in said
    assert "try again" in said
    assert page.locator("dialog[open]").count() == 0


def test_without_a_project_no_relay_is_offered(visitor: Visitor, linked: Wallet) -> None:
    visitor.go(reverse("account_login"))
    _press(visitor, SIGN_IN)
    dialog = visitor.page.locator("dialog.wallet-dialog")
    dialog.wait_for()
    assert dialog.get_by_role("button", name="WalletConnect").count() == 0


def test_a_relay_that_is_not_wanted_after_all_is_left(visitor: Visitor, linked: Wallet, settings: Any) -> None:
    settings.WALLETCONNECT_PROJECT_ID = "0123456789abcdef0123456789abcdef"
    page = visitor.page
    page.route(re.compile(r"^\w+://[\w.]*(walletconnect|reown)\."), lambda route: route.abort())
    visitor.go(reverse("account_login"))
    _press(visitor, SIGN_IN)
    page.locator("dialog.wallet-dialog").get_by_role("button", name="WalletConnect").click()
    page.get_by_role("heading", name="Connect a wallet on your phone").wait_for()
    assert visitor.findings("serious", "critical") == []
    page.get_by_role("button", name="Cancel").click()
    assert "You declined it" in _problem(visitor)
    assert page.locator("dialog[open]").count() == 0
