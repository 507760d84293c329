"""Passkeys and authenticator apps in a real browser, in every width and color scheme."""

from collections.abc import Iterator

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.urls import reverse
from playwright.sync_api import CDPSession

from accounts.models import User, Wallet
from common.testing import PASSWORD
from common.testing_wallet import DemoWallet
from marketplace.tests.browser.visitor import WIDTHS, Visitor
from marketplace.tests.browser.ways_in import SIGN_IN, arrive, press

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("fresh_address"),
]


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
    visitor.at(width)
    visitor.sign_in(creator)
    visitor.look(reverse("mfa_index"))
    _confirmed(visitor, creator, reverse("mfa_add_webauthn"))
    visitor.judge()
    visitor.judge_focus()
    page.get_by_label("Name").fill("My laptop")
    press(visitor, "Add the passkey")
    arrive(visitor, "mfa_view_recovery_codes")
    visitor.judge()
    visitor.look(reverse("mfa_list_webauthn"))
    assert page.get_by_text("My laptop").first.is_visible()
    assert page.get_by_text("signs in alone").is_visible()
    visitor.look(reverse("mfa_index"))

    page.context.clear_cookies()
    visitor.go(f"{reverse('account_login')}?next={reverse('accounts:overview')}")
    press(visitor, "Sign in with a passkey")
    arrive(visitor, "accounts:overview")
    assert page.get_by_text(creator.email).is_visible()

    # After the password the same key is the second step.
    page.context.clear_cookies()
    visitor.go(reverse("account_login"))
    page.locator("input[type=email]").fill(creator.email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    arrive(visitor, "mfa_authenticate")
    visitor.judge()
    press(visitor, "Use your passkey or security key")
    page.wait_for_url(f"{visitor.site}/")

    visitor.go(reverse("mfa_list_webauthn"))
    page.get_by_role("link", name="Name My laptop").click()
    page.wait_for_load_state()
    if "reauthenticate" in page.url:
        page.locator("input[type=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
    page.get_by_label("Name").fill("Old laptop")
    visitor.judge()
    press(visitor, "Save the name")
    page.get_by_role("link", name="Remove Old laptop").click()
    visitor.judge()
    press(visitor, "Remove the passkey")
    page.get_by_text("No passkey yet").wait_for()
    visitor.judge()


@pytest.mark.long
@pytest.mark.usefixtures("recorded_deployment")
def test_a_passkey_that_is_declined_is_said(visitor: Visitor, creator: User, authenticator: CDPSession) -> None:
    page = visitor.page
    visitor.go(reverse("account_login"))
    press(visitor, "Sign in with a passkey")  # The device has none.
    said = page.locator("[data-passkey-problem]")
    said.wait_for()
    assert "Nothing was done" in said.inner_text()
    visitor.judge()
    _confirmed(visitor, creator, reverse("mfa_add_webauthn"))
    page.evaluate(
        "() => { navigator.credentials.create = () => Promise.reject(new DOMException('', 'SecurityError')); }"
    )
    press(visitor, "Add the passkey")
    said.wait_for()
    assert "localhost" in said.inner_text()


@pytest.mark.long
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
    arrive(visitor, "mfa_view_recovery_codes")
    recovery = page.locator("#recovery-codes li").first.inner_text()
    visitor.judge()
    visitor.look(reverse("mfa_generate_recovery_codes"))

    page.context.clear_cookies()
    visitor.go(reverse("account_login"))
    page.locator("input[type=email]").fill(creator.email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    arrive(visitor, "mfa_authenticate")
    visitor.judge()
    visitor.judge_focus()
    page.locator("input[name=code]").fill(recovery)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{visitor.site}/")
    visitor.go(reverse("mfa_deactivate_totp"))
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    arrive(visitor, "mfa_deactivate_totp")
    visitor.judge()
    press(visitor, "Remove it")
    page.get_by_text("No authenticator app is set up").wait_for()


@pytest.mark.long
def test_after_a_wallet_the_second_step_is_asked_too(
    visitor: Visitor, wallet: DemoWallet, linked: Wallet, creator: User
) -> None:
    page = visitor.page
    _confirmed(visitor, creator, reverse("mfa_activate_totp"))
    secret = page.locator("#totp-secret").inner_text()
    page.locator("input[name=code]").fill(_code(secret))
    page.keyboard.press("Enter")
    arrive(visitor, "mfa_view_recovery_codes")
    recovery = page.locator("#recovery-codes li").first.inner_text()
    page.context.clear_cookies()
    visitor.go(reverse("account_login"))
    press(visitor, SIGN_IN)
    wallet.connect()
    wallet.approve()
    arrive(visitor, "mfa_authenticate")
    page.locator("input[name=code]").fill(recovery)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{visitor.site}/")


def _code(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))
