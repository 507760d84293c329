"""What pages on the ways in show, for the tests of wallets and of second factors."""

from django.urls import reverse

from marketplace.tests.browser.visitor import Visitor

SIGN_IN = "Sign in with a wallet"


def press(visitor: Visitor, name: str) -> None:
    visitor.page.get_by_role("button", name=name, exact=True).click()


def problem_of(visitor: Visitor) -> str:
    """What the page says of an end that is none; a refusal of the server also stands in the console."""
    place = visitor.page.locator("[data-wallet-problem]")
    place.wait_for()
    visitor.said = [(url, text) for url, text in visitor.said if not url.endswith(reverse("accounts:wallet_proof"))]
    return place.inner_text()


def arrive(visitor: Visitor, name: str) -> None:
    visitor.page.wait_for_url(visitor.site + reverse(name))
