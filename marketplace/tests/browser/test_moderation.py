"""Moderation in a browser, in both widths and color schemes: reporting without JavaScript, one case by keyboard."""

import os
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Browser

from accounts.models import User
from accounts.services import open_account
from common.testing import PASSWORD
from designs.models import Design
from marketplace.tests.browser.visitor import SCHEMES, WIDTHS, Visitor
from moderation.models import Appeal, Case, Decision, Report
from moderation.services import appeal, decide_case, report
from moderation.services.deciding import Wish

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.browser,
    pytest.mark.usefixtures("recorded_deployment"),
]


@pytest.fixture(autouse=True)
def nobody_counted_yet() -> None:
    cache.clear()


@pytest.fixture
def second(db: None) -> User:
    return open_account(email="second@example.org", password=PASSWORD, display_name="Second", is_staff=True)


@pytest.fixture
def case(lantern: Design, estuary: Design, stranger: User, buyer: User) -> Case:
    original = f"http://127.0.0.1:8000{estuary.get_absolute_url()}"
    text = "It is my Estuary turned into a lantern. Compare the ridges on the left side, they are the same."
    report(reporter=stranger, design=lantern, reason="copy", statement=text, original=original)
    report(reporter=buyer, design=lantern, reason="undisclosed_ai", statement="The prompt stands in the file's header.")
    return Case.objects.get()


def keep(visitor: Visitor, name: str) -> None:
    """Pictures for people, where a folder for them is named."""
    if not (folder := os.environ.get("LOOMPRINT_PICTURES")):
        return
    for width in WIDTHS:
        visitor.at(width)
        for scheme in SCHEMES:
            visitor.page.emulate_media(color_scheme=scheme)
            visitor.page.screenshot(path=Path(folder) / f"{name}-{width}-{scheme}.png", full_page=True)


def look(visitor: Visitor, name: str, address: str) -> None:
    visitor.look(address)
    keep(visitor, name)
    visitor.judge_focus()


@pytest.mark.long
def test_every_page_of_moderation_is_whole(
    visitor: Visitor, case: Case, lantern: Design, moderator: User, second: User, stranger: User
) -> None:
    visitor.sign_in(stranger)
    look(visitor, "report-open", reverse("moderation:report", args=[lantern.public_id]))
    mine = Report.objects.get(reporter=stranger)
    look(visitor, "report-mine", mine.get_absolute_url())
    look(visitor, "reports", reverse("moderation:reports"))
    visitor.sign_in(second)
    look(visitor, "report", reverse("moderation:report", args=[lantern.public_id]))
    visitor.sign_in(moderator)
    look(visitor, "queue", reverse("moderation:queue"))
    look(visitor, "case", case.get_absolute_url())
    ask = Wish("ask", "question", "Where is your source file?")
    case.refresh_from_db()
    decide_case(moderator=moderator, case=case, turn=case.turn, wish=ask)
    visitor.sign_in(lantern.owner)
    look(visitor, "answer", reverse("moderation:answer", args=[case.public_id]))
    case.refresh_from_db()
    down = decide_case(
        moderator=moderator, case=case, turn=case.turn, wish=Wish("suspend", "copy", "The ridges are the same.")
    )
    look(visitor, "statement", down.get_absolute_url())
    look(visitor, "design-owner", lantern.get_absolute_url())
    look(visitor, "appeal", reverse("moderation:appeal", args=[down.public_id]))
    appeal(author=lantern.owner, decision=down, statement="My file is older: see the archive of March.")
    visitor.sign_in(second)
    look(visitor, "appeals", reverse("moderation:appeals"))
    look(visitor, "appeal-case", Appeal.objects.get().get_absolute_url())
    look(visitor, "log", reverse("moderation:log"))
    look(visitor, "case-closed", case.get_absolute_url())
    look(visitor, "queue-empty", reverse("moderation:queue"))


@pytest.mark.parametrize("width", WIDTHS)
def test_a_report_is_made_without_javascript(
    chromium: Browser, live_server: Any, lantern: Design, stranger: User, width: int
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900}, java_script_enabled=False)
    visitor = Visitor(context.new_page(), live_server.url)
    visitor.sign_in(stranger)
    page = visitor.page
    visitor.go(lantern.get_absolute_url())
    page.get_by_role("link", name="Report this design").click()
    page.get_by_label("It is a copy of another work").check()
    page.get_by_label("What a moderator should know").fill("It is mine.")
    page.get_by_role("button", name="Send the report").click()
    assert "Name the original" in page.inner_text("main")
    assert page.get_by_label("What a moderator should know").input_value() == "It is mine."
    page.get_by_label("The original").fill("https://example.org/mine")
    page.get_by_role("button", name="Send the report").click()
    assert "A moderator has to decide" in page.inner_text("main")
    assert Report.objects.get().original == "https://example.org/mine"
    context.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_case_is_decided_by_keyboard_alone(visitor: Visitor, case: Case, moderator: User, width: int) -> None:
    page = visitor.page
    visitor.at(width)
    visitor.sign_in(moderator)
    visitor.go(reverse("moderation:queue"))
    _tab_to(visitor, "Gyroid Lantern")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{case.get_absolute_url()}")
    _tab_to(visitor, "dismiss")
    page.keyboard.press("Space")
    for _step in range(4):
        page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.value") == "suspend"
    assert page.get_by_text("On chain: status suspended.").is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("It is a copy")
    page.keyboard.press("Tab")
    page.keyboard.type("The ridges are the same.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Decided: Take down").wait_for()
    decision = Decision.objects.get()
    assert (decision.action, decision.reason, decision.text) == ("suspend", "copy", "The ridges are the same.")


def _tab_to(visitor: Visitor, wanted: str) -> None:
    """Press Tab until what has the focus is called so, or has this value."""
    for _step in range(80):
        visitor.page.keyboard.press("Tab")
        named = visitor.page.evaluate(
            "[document.activeElement.innerText || '', document.activeElement.value || ''].map(one => one.trim())"
        )
        if wanted in named:
            return
    raise AssertionError(f"Tab never comes to {wanted!r}")
