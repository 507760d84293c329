"""Claiming from the Earnings page with the demo wallet, and without one."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from accounts.models import User
from common.testing import PASSWORD
from marketplace.tests.browser.visitor import Visitor
from royalties.models import ClaimRequest, Payout
from tests.faults.market import Market
from tests.wallets.browser.conftest import Shopper, with_wallet
from tests.wallets.holders import EARNED, earn_by

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def holder(sold: Market, visitor: Visitor, cocreator: User, settings: Any) -> Shopper:
    """The wallet's shares have earned, and no worker pays by itself."""
    settings.PAYOUT_THRESHOLD = 10**30
    holder = with_wallet(sold, visitor, cocreator)
    earn_by(sold, holder.address)
    return holder


def paid(holder: Shopper, *, before: int) -> None:
    holder.follow()
    holder.page.locator("main").get_by_text("Held by your wallet").wait_for(state="detached", timeout=40_000)
    assert ClaimRequest.objects.latest("id").state == "done"
    assert holder.market.coins(holder.address) - before == EARNED


@pytest.mark.parametrize("width", [360, 1440])
def test_a_signature_claims(holder: Shopper, width: int) -> None:
    holder.width(width)
    before = holder.market.coins(holder.address)
    holder.visitor.look("/earnings/")
    holder.visitor.judge_focus()
    holder.width(width)
    holder.press("Sign to claim")
    holder.wallet.connect()
    holder.page.locator("dialog.demo-wallet", has_text="ClaimOrder").wait_for()
    asked = holder.wallet.asked()
    assert "DesignShares" in asked
    assert asked.count(holder.address) >= 2
    holder.wallet.approve()
    holder.see("The claim is on its way")

    paid(holder, before=before)
    holder.visitor.judge()


@pytest.mark.long
def test_a_transaction_of_ones_own_claims(holder: Shopper) -> None:
    before = holder.market.coins(holder.address)
    holder.visitor.go("/earnings/")
    holder.press("Send it yourself")
    holder.wallet.connect()
    holder.page.locator("dialog.demo-wallet", has_text="DesignShares").wait_for()
    holder.wallet.approve()

    holder.see("The claim is on its way")
    paid(holder, before=before)


@pytest.mark.long
def test_declining_claims_nothing_and_the_next_try_goes_on(holder: Shopper) -> None:
    before = holder.market.coins(holder.address)
    holder.visitor.go("/earnings/")
    holder.press("Sign to claim")
    holder.wallet.connect()
    holder.page.locator("dialog.demo-wallet", has_text="ClaimOrder").wait_for()
    holder.wallet.reject()
    assert holder.problem("rejected").startswith("You declined it in your wallet.")
    assert not Payout.objects.exists()

    holder.press("Sign to claim")
    holder.page.locator("dialog.demo-wallet", has_text="ClaimOrder").wait_for()
    holder.wallet.approve()
    holder.see("The claim is on its way")
    paid(holder, before=before)


@pytest.mark.long
def test_a_wallet_that_shows_another_account_is_asked_for_the_holders(holder: Shopper) -> None:
    holder.visitor.go("/earnings/")
    holder.press("Sign to claim")
    holder.wallet.connect(account=1)
    holder.wallet.show_account(0)
    holder.page.locator("dialog.demo-wallet", has_text="ClaimOrder").wait_for()
    holder.wallet.reject()
    holder.problem("rejected")

    holder.wallet.switch_to(holder.accounts[1])
    holder.press("Sign to claim")
    holder.wallet.show_account(2)
    assert f"Choose the account {holder.address[:6]}…{holder.address[-4:]}" in holder.problem("wrong_account")


@pytest.mark.long
def test_a_canceled_claim_waits_again(holder: Shopper) -> None:
    from tests.wallets.browser.test_buying import replace

    holder.visitor.go("/earnings/")
    holder.press("Send it yourself")
    holder.wallet.connect()
    holder.page.locator("dialog.demo-wallet", has_text="DesignShares").wait_for()
    holder.market.live.node.automine(False)
    holder.wallet.approve()
    holder.see("On its way to the chain")
    pool = holder.market.live.node.rpc("txpool_content")["pending"]
    (waiting,) = pool[next(one for one in pool if one.lower() == holder.address.lower())].values()
    holder.page.wait_for_timeout(1500)
    replace(holder, waiting, to=holder.address, data="0x", gas=hex(21_000))

    assert holder.problem("canceled").startswith("You canceled the transaction in your wallet.")
    holder.page.get_by_role("button", name="Sign to claim").wait_for()
    assert ClaimRequest.objects.get().state == "canceled"
    assert not Payout.objects.exists()


def test_the_password_claims_without_javascript(holder: Shopper, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    context.add_cookies(holder.page.context.cookies())
    page = context.new_page()
    page.goto(holder.visitor.site + "/earnings/")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign and claim").click()
    assert "The claim is on its way" in page.inner_text("main")

    holder.follow()
    page.reload()
    assert ClaimRequest.objects.get().state == "done"
    assert "Sign and claim" not in page.inner_text("main")
    context.close()
