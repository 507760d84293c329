"""Everything can be done with the keyboard alone."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Page

from accounts.models import User
from common.testing import PASSWORD
from designs.models import Contribution, Design
from marketplace.tests.browser.visitor import Visitor
from marketplace.tests.support import published

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("recorded_deployment"),
]
FOCUSED = """() => {
  const one = document.activeElement;
  return (one.labels?.[0]?.innerText || one.getAttribute("aria-label") || one.innerText || one.name || "").trim();
}"""


def focused(page: Page) -> str:
    """What a person reads on what has the focus."""
    return str(page.evaluate(FOCUSED))


def tab_to(page: Page, text: str, *, at_most: int = 60) -> None:
    passed = []
    for _step in range(at_most):
        page.keyboard.press("Tab")
        passed.append(focused(page))
        if re.search(text, passed[-1]):
            return
    raise AssertionError(f"Tab never reached {text!r}, only {passed}")


@pytest.mark.parametrize("width", [360, 1440])
def test_from_home_to_the_payment_with_tab_and_enter(
    visitor: Visitor, creator: User, buyer: User, png: bytes, width: int
) -> None:
    published(creator, png)
    page = visitor.page
    visitor.at(width)
    visitor.go("/")
    tab_to(page, "Search")
    page.keyboard.type("lantern")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=lantern**")
    tab_to(page, "Gyroid Lantern")
    page.keyboard.press("Enter")
    page.wait_for_url("**/d/**")
    tab_to(page, "License for")
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/login/**")
    tab_to(page, "(?i)e-?mail")
    page.keyboard.type(buyer.email)
    tab_to(page, "Password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"://[^/]+/d/[^?]+/buy/"))
    tab_to(page, "^(Buy|Pay|Continue)")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"://[^/]+/payments/test/"))
    assert "18.00" in page.inner_text("main")
    tab_to(page, "^Pay 18")


def test_the_skip_link_is_first_and_leads_past_the_header(visitor: Visitor, lantern: Design) -> None:
    page = visitor.page
    visitor.go("/")
    page.keyboard.press("Tab")
    skip = page.locator(".skip")
    assert skip.evaluate("link => link === document.activeElement")
    box = skip.bounding_box()
    assert box is not None
    assert box["width"] > 60
    assert box["height"] >= 24
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize(("width", "name"), [(360, "Menu"), (1440, "Account")])
def test_a_menu_closes_with_escape_and_gives_the_focus_back(
    visitor: Visitor, creator: User, width: int, name: str
) -> None:
    page = visitor.page
    visitor.sign_in(creator)
    visitor.at(width)
    visitor.go("/")
    tab_to(page, f"^{name}$")
    page.keyboard.press("Enter")
    menu = page.locator("details.menu[open]")
    menu.wait_for()
    page.keyboard.press("Tab")
    assert menu.evaluate("menu => menu.contains(document.activeElement)")
    page.keyboard.press("Escape")
    assert menu.count() == 0
    assert focused(page) == name


def test_the_viewer_opens_by_keyboard_and_hands_the_focus_to_its_tools(visitor: Visitor, lantern: Design) -> None:
    page = visitor.page
    # A thin connection keeps the viewer from opening by itself.
    page.add_init_script("Object.defineProperty(navigator, 'connection', {value: {saveData: true}})")
    visitor.go(lantern.get_absolute_url())
    tab_to(page, "Turn in 3D")
    page.keyboard.press("Enter")
    page.locator("[data-viewer][data-state=ready]").wait_for()
    page.wait_for_function("document.activeElement.dataset.view === 'front'")
    tab_to(page, "^Top$", at_most=3)
    page.keyboard.press("Enter")
    assert page.locator("[data-viewer-said]").inner_text() == "Seen from above."


def test_a_design_is_uploaded_with_a_co_creator_by_keyboard(
    visitor: Visitor, creator: User, cocreator: User, png: bytes
) -> None:
    page = visitor.page
    # Listening from the start: what is only being turned on when Enter is pressed comes too late now and then.
    page.on("filechooser", lambda _chooser: None)
    visitor.sign_in(creator)
    visitor.go(reverse("studio:upload"))
    tab_to(page, "(?i)^(?!verify).*(file|image or mesh)")
    with page.expect_file_chooser() as choosing:
        page.keyboard.press("Enter")
    choosing.value.set_files({"name": "piece.png", "mimeType": "image/png", "buffer": png})
    tab_to(page, "^Title")
    page.keyboard.type("By keyboard")
    tab_to(page, "Made by an AI model")
    page.keyboard.press("ArrowUp")
    tab_to(page, "^Share")
    page.keyboard.press("Control+a")
    page.keyboard.type("80")
    for email, share in ((cocreator.email, "20"), ("nobody@example.org", "30")):
        tab_to(page, "^Add a person$")
        page.keyboard.press("Enter")
        assert "mail" in focused(page)
        page.keyboard.type(email)
        tab_to(page, "^Share")
        page.keyboard.type(share)
    assert page.locator("[data-share-sum]").inner_text() == "30 % too much."
    tab_to(page, "^Remove$")
    page.keyboard.press("Enter")
    assert focused(page) == "Add a person"
    assert page.locator("[data-share-sum]").inner_text() == "The shares add up to 100 %."
    tab_to(page, "^Upload$")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/studio/designs/"))
    design = Design.objects.get()
    assert (design.title, design.disclosure) == ("By keyboard", "not_ai")
    assert dict(Contribution.objects.values_list("account__email", "units")) == {
        creator.email: 800_000,
        cocreator.email: 200_000,
    }
