"""A creator chooses a public copy in the browser, with a node behind that speaks Kubo's protocol."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import User
from designs.models import DesignVersion, PublicCopy
from designs.services.copying import work_on_copy
from designs.tests.kubo_double import KuboNode, running_kubo
from designs.tests.published import published
from marketplace.tests.browser.test_keyboard import tab_to
from marketplace.tests.browser.visitor import WIDTHS, Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("recorded_deployment"),
]


@pytest.fixture
def node(settings: Any) -> Iterator[KuboNode]:
    with running_kubo() as node:
        settings.IPFS_API_URL = node.url
        settings.STORE_KEYS = {"first": "11" * 32}
        yield node


@pytest.fixture
def version(creator: User, node: KuboNode) -> DesignVersion:
    return published(creator, b"a lantern\n" * 20_000)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_copy_is_chosen_by_keyboard_followed_and_taken_away(
    visitor: Visitor, creator: User, version: DesignVersion, node: KuboNode, width: int
) -> None:
    page = visitor.page
    visitor.at(width)
    visitor.sign_in(creator)
    visitor.go(reverse("studio:design", args=[version.design.public_id]))
    page.locator("section", has=page.locator("#copies-title")).get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="Make a copy on IPFS")).to_be_visible()
    expect(page.get_by_text("If the key leaks, this version is open to everyone, for ever.")).to_be_visible()
    expect(page.locator("#copies")).to_be_hidden()
    visitor.judge()

    # Not without the tick.
    tab_to(page, "Make the copy")
    page.keyboard.press("Enter")
    assert not PublicCopy.objects.exists()
    page.locator("#understood-ipfs").focus()
    page.keyboard.press("Space")
    tab_to(page, "Make the copy")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The copy is being made.")).to_be_visible()
    expect(page.locator("#copies")).to_contain_text("Making the copy")
    visitor.judge()
    PublicCopy.objects.update(state="sending", percent=40)
    expect(page.locator("#copies progress")).to_have_attribute("value", "40")

    PublicCopy.objects.update(state="waiting", percent=0)
    copy = PublicCopy.objects.get()
    work_on_copy(copy_id=copy.pk)
    # The page finds it by itself.
    copy.refresh_from_db()
    expect(page.locator("#copies")).to_contain_text("Public")
    expect(page.locator("#copies")).to_contain_text("CID")
    assert node.pins == {copy.name}
    expect(page.get_by_role("heading", name="Make a copy on IPFS")).to_have_count(0)
    visitor.judge()

    page.get_by_text("Remove this copy").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("The copy is being removed.")).to_be_visible()
    work_on_copy(copy_id=copy.pk)
    expect(page.get_by_role("heading", name="Make a copy on IPFS")).to_be_visible()
    assert node.pins == set()


@pytest.mark.parametrize("width", WIDTHS)
def test_a_copy_that_a_node_refuses_is_told_and_tried_again(
    visitor: Visitor, creator: User, version: DesignVersion, node: KuboNode, width: int
) -> None:
    page = visitor.page
    visitor.at(width)
    visitor.sign_in(creator)
    visitor.go(reverse("studio:copies", args=[version.design.public_id]))
    node.instead["add"] = (500, json.dumps({"Message": "no space left", "Code": 0, "Type": "error"}).encode())
    page.locator("#understood-ipfs").check()
    page.get_by_role("button", name="Make the copy").click()
    expect(page.locator("#copies")).to_contain_text("Making the copy")
    copy = PublicCopy.objects.get()
    for _attempt in range(12):
        PublicCopy.objects.update(not_before=None)
        work_on_copy(copy_id=copy.pk)
        copy.refresh_from_db()
        if copy.state == "failed":
            break
    expect(page.locator("#copies")).to_contain_text("The copy was not made")
    visitor.judge()
    node.instead.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#copies")).to_contain_text("Making the copy")
    work_on_copy(copy_id=copy.pk)
    expect(page.locator("#copies")).to_contain_text("CID")
