"""Reading and buying pages in a real browser: no console errors, no overflow, no serious accessibility finding."""

import os
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import sync_playwright

from common.testing import PASSWORD
from marketplace.tests.support import published

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("recorded_deployment"),
]
ARGUMENTS = ["--no-sandbox", "--disable-quic", "--use-gl=angle", "--use-angle=swiftshader"]


@pytest.fixture(scope="module")
def chromium():
    # Playwright's loop makes Django think that it is asked from an async view.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM_PATH"), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(params=[360, 1440])
def page(request, chromium):
    # axe brings a script of its own, which the pages' policy would rightly refuse.
    context = chromium.new_context(viewport={"width": request.param, "height": 900}, bypass_csp=True)
    yield context.new_page()
    context.close()


def serious(page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in {"serious", "critical"}]


def test_pages_for_reading_are_whole(live_server, page, creator, png) -> None:
    design = published(creator, png)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    for address in (
        reverse("marketplace:home"),
        reverse("marketplace:search") + "?q=lantern",
        reverse("marketplace:design", args=[design.public_id]),
        reverse("account_login"),
        reverse("account_signup"),
    ):
        page.goto(live_server.url + address)
        assert page.locator("h1").count() == 1, address
        assert serious(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    assert said == []


def test_a_buyer_signs_in_and_reaches_the_payment_by_keyboard(live_server, page, creator, buyer, png) -> None:
    design = published(creator, png)
    page.goto(live_server.url + reverse("marketplace:design", args=[design.public_id]))
    page.get_by_role("link", name="License for").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/login/**")
    page.get_by_label("Email").or_(page.get_by_label("E-mail")).first.fill(buyer.email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"://[^/]+/d/[^?]+/buy/"))
    assert "18.00" in page.inner_text("main")
    assert serious(page) == []

    page.locator("main form button[type=submit]").last.focus()
    page.keyboard.press("Enter")

    page.wait_for_url(re.compile(r"://[^/]+/payments/test/"))
    assert "18.00" in page.inner_text("main")
