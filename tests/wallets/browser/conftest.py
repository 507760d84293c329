"""A shop on a real chain, and somebody with a browser and the demo wallet."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.urls import reverse
from eth_utils.address import to_checksum_address
from playwright.sync_api import Locator

from accounts.models import User, Wallet
from common.testing_wallet import DemoWallet
from licensing.models import LicenseTemplate
from marketplace.models import Order
from marketplace.services.checkout import sweep_orders
from marketplace.services.wallet_orders import sweep_wallet_orders
from marketplace.tests.browser.conftest import chromium, visitor  # noqa: F401
from marketplace.tests.browser.visitor import Visitor
from marketplace.tests.conftest import unbuilt_static_files  # noqa: F401
from royalties.services.claims import sweep_claims
from tests.faults.conftest import market, sold  # noqa: F401
from tests.faults.market import Market
from tests.faults.wallets import as_operator
from tests.wallets.conftest import on_sale  # noqa: F401

DOLLARS = 100_000_000


@dataclass
class Shopper:
    """A visitor whose demo wallet holds coin and test dollars, in the chain's own accounts."""

    market: Market
    visitor: Visitor
    person: User
    accounts: list[str]

    @property
    def page(self) -> Any:
        return self.visitor.page

    @property
    def wallet(self) -> DemoWallet:
        return DemoWallet(self.page)

    @property
    def address(self) -> str:
        return self.accounts[0]

    @property
    def checkout(self) -> str:
        terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash
        return reverse("marketplace:checkout", args=[self.market.design.public_id, terms])

    def width(self, pixels: int) -> None:
        self.visitor.at(pixels)

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()

    def open_checkout(self) -> None:
        self.visitor.go(self.checkout)
        self.press("Pay with a wallet")

    def connect(self, *, account: int = 0) -> None:
        """Up to the sums that the wallet has."""
        self.open_checkout()
        self.wallet.connect(account=account)
        self.see("Your wallet holds")

    def see(self, text: str) -> None:
        """Wait until the page says so, outside of what is only read aloud."""
        self.page.locator("main").get_by_text(text).first.wait_for(timeout=40_000)

    def problem(self, code: str) -> str:
        """What the page says of it, once it says so."""
        said: Locator = self.page.locator(f"[data-problem={code}]")
        said.wait_for()
        return str(said.inner_text())

    def wait_for_order(self) -> Order:
        self.page.wait_for_url("**/orders/*/")
        return Order.objects.get()

    def follow(self) -> None:
        """What the workers do: send, mine, read, find."""
        self.market.live.settle()
        sweep_wallet_orders()
        sweep_claims()
        self.market.live.finalize()
        sweep_wallet_orders()
        sweep_orders()
        sweep_claims()

    def licensed(self) -> None:
        """The order page comes to it by itself; the wallet holds one license and paid its price once."""
        self.follow()
        self.see("The license is yours")
        assert self.market.licenses_on_chain(self.address) == 1

    def nothing_bought(self) -> None:
        assert self.market.licenses_on_chain(self.address) == 0
        assert self.market.coins(self.address) == DOLLARS


def with_wallet(market: Market, visitor: Visitor, person: User) -> Shopper:  # noqa: F811
    """The node's first account is linked and has 100 test dollars; the second one is not linked."""
    accounts = market.live.node.rpc("eth_accounts")
    shopper = Shopper(market, visitor, person, [to_checksum_address(one) for one in accounts])
    as_operator(market, "TestStablecoin", "transfer", shopper.address, DOLLARS)
    Wallet.objects.create(user=person, address=shopper.address)
    visitor.sign_in(person)
    # Browser, node, server and test share the machine's cores with whatever else runs.
    visitor.page.set_default_timeout(60_000)
    return shopper


@pytest.fixture
def shopper(on_sale: Market, visitor: Visitor, buyer: User) -> Shopper:  # noqa: F811
    return with_wallet(on_sale, visitor, buyer)
