"""Home, search, a creator, one's own lists and the error pages, in every width and color scheme."""

import pytest
from django.urls import reverse
from playwright.sync_api import Browser

from accounts.models import User
from accounts.services import notify
from designs.models import Design
from marketplace.models import Order
from marketplace.tests import rows
from marketplace.tests.browser.visitor import WIDTHS, Visitor
from marketplace.tests.crowd import crowd
from marketplace.tests.test_pages_render import order_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("recorded_deployment"),
]


@pytest.mark.long
def test_search_with_its_filters_and_a_creator(
    visitor: Visitor, lantern: Design, estuary: Design, creator: User, cocreator: User
) -> None:
    for address in (
        "/search/",
        "/search/?q=lantern&kind=mesh&license=commercial&price=10-25&tag=lattice&sort=price_up",
        "/search/?q=gyroid&kind=image",
        "/search/?q=ostuary",
        "/search/?after=nonsense",
        reverse("marketplace:creator", args=[creator.public_id]),
        reverse("marketplace:creator", args=[cocreator.public_id]),
    ):
        visitor.look(address)
    visitor.go("/search/?q=lantern&kind=mesh")
    visitor.judge_focus()


def test_ones_own_lists(visitor: Visitor, lantern: Design, buyer: User, creator: User) -> None:
    for number in range(3):
        notify(user=buyer, kind="license_ready", key=str(number), subject=f"License {number}", body="It is yours.")
    order_for(lantern, buyer, state=Order.State.PAID)
    rows.sale(lantern, buyer, block=50)
    visitor.sign_in(buyer)
    for name in ("licensing:library", "accounts:notifications"):
        visitor.look(reverse(name))
    visitor.judge_focus()
    visitor.sign_in(creator)
    visitor.go(reverse("royalties:earnings"))
    visitor.page.locator("[data-earnings]").scroll_into_view_if_needed()
    visitor.page.locator("[data-earnings] canvas").wait_for()
    visitor.judge()
    visitor.judge_focus()


def test_errors_end_in_a_next_step(visitor: Visitor, buyer: User) -> None:
    visitor.look("/there/is/nothing/", status=404)
    visitor.sign_in(buyer)
    visitor.go(reverse("accounts:notifications"))
    visitor.page.context.clear_cookies(name="csrftoken")
    with visitor.page.expect_navigation():
        visitor.page.get_by_role("button", name="Keep this choice").click()
    assert "This form stayed open too long" in visitor.page.inner_text("main")
    visitor.judge()
    visitor.page.get_by_role("link", name="Open the page again").click()


@pytest.mark.parametrize("width", WIDTHS)
def test_finding_a_design_needs_no_script(
    chromium: Browser, live_server, lantern: Design, creator: User, width: int
) -> None:
    crowd(creator, 40)
    context = chromium.new_context(java_script_enabled=False, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(live_server.url)
    seen = page.locator("article.card").count()
    assert seen == 24
    page.get_by_role("link", name="Show more").click()
    assert page.locator("article.card").count() == 41 - 24
    page.locator("#site-search").fill("gyrod lantren")
    page.keyboard.press("Enter")
    page.locator("details.filters > summary").click()
    page.locator(".filter-groups").get_by_role("link", name="lattice-lantern").first.click()
    page.locator(".sorts").get_by_role("link", name="Lowest price").click()
    assert "q=gyrod+lantren" in page.url
    assert "sort=price_up" in page.url
    page.get_by_role("link", name="Gyroid Lantern", exact=True).click()
    page.get_by_role("heading", name="Gyroid Lantern", level=1).wait_for()
    context.close()
