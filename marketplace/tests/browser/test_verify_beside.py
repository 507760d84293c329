"""Content Credentials beside a file, in a real browser: they are sent to be read, and the file is not."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import Browser, Page, Request, expect

from designs.credentials import configured_certificate, sign_file
from designs.credentials.local_authority import make_local_authority
from designs.tests.samples import glb_bytes
from designs.tests.test_file_credentials import MANIFEST
from marketplace.tests import rows
from marketplace.tests.browser.test_keyboard import tab_to
from marketplace.tests.browser.test_verify import written
from marketplace.tests.browser.visitor import HEIGHT, WIDTHS, Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("recorded_deployment"),
]
TRUSTED = "Content Credentials: trusted; the file is as Loomprint, a local start signed it"


@pytest.fixture
def part(tmp_path: Path, settings: Any) -> Path:
    """A GLB, with its credentials beside it."""
    settings.CREDENTIALS_DIR = tmp_path / "authority"
    make_local_authority(settings.CREDENTIALS_DIR)
    certificate = configured_certificate()
    assert certificate is not None
    cache.clear()
    rows.chain_read_to(100)
    path = written(tmp_path, "part.glb", glb_bytes())
    made = sign_file(path, "model/gltf-binary", MANIFEST, certificate, tmp_path)
    made.path.rename(tmp_path / "part.c2pa")
    return path


@pytest.mark.parametrize("width", WIDTHS)
def test_a_file_and_its_credentials_come_together_and_the_file_stays(visitor: Visitor, part: Path, width: int) -> None:
    page = visitor.page
    visitor.at(width)
    visitor.go(reverse("verify:ask"))
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    other = written(part.parent, "other.glb", part.read_bytes() + b" ")

    page.locator("[data-verify-input]").set_input_files([part.with_suffix(".c2pa"), part, other])

    expect(page.locator(".verify-file")).to_have_count(2)
    first, second = page.locator(".verify-file").first, page.locator(".verify-file").last
    expect(first.locator("[data-credentials=trusted]")).to_contain_text(TRUSTED)
    expect(first).to_contain_text("Copper Vase")
    expect(second.locator("[data-credentials]")).to_have_count(0)
    [posted] = [request for request in sent if request.method == "POST"]
    digest = hashlib.sha256(part.read_bytes()).hexdigest()
    assert posted.url.endswith(f"/verify/{digest}/credentials/?part=answer")
    assert part.read_bytes() not in (posted.post_data_buffer or b"")
    visitor.judge()
    visitor.judge_focus()


@pytest.mark.parametrize("width", WIDTHS)
def test_credentials_are_checked_by_keyboard(visitor: Visitor, part: Path, width: int) -> None:
    page = visitor.page
    visitor.at(width)
    page.on("filechooser", lambda _chooser: None)
    visitor.go(reverse("verify:ask"))
    changed = written(part.parent, "changed.glb", part.read_bytes() + b" ")
    page.locator("[data-verify-input]").set_input_files(changed)
    expect(page.locator(".verify-file")).to_contain_text("Nothing is known about this file")

    tab_to(page, "Content Credentials beside it")
    page.keyboard.press("Enter")
    tab_to(page, "Their file")
    with page.expect_file_chooser() as choosing:
        page.keyboard.press("Enter")
    choosing.value.set_files(part.with_suffix(".c2pa"))
    tab_to(page, "Check them")
    page.keyboard.press("Enter")

    expect(page.locator("[data-beside-answer]")).to_contain_text("Content Credentials: invalid; the file is not as it")
    expect(page.locator("[data-beside-answer]")).not_to_contain_text("Copper Vase")
    visitor.judge()


def test_without_an_answer_one_asks_again(visitor: Visitor, part: Path) -> None:
    page = visitor.page
    visitor.go(reverse("verify:ask"))
    page.route("**/credentials/?part=answer", lambda route: route.abort())
    page.locator("[data-verify-input]").set_input_files([part, part.with_suffix(".c2pa")])
    expect(page.locator("[data-beside-answer]")).to_contain_text("nobody answered")
    page.unroute("**/credentials/?part=answer")
    page.get_by_role("button", name="Check them").press("Enter")
    expect(page.locator("[data-beside-answer]")).to_contain_text(TRUSTED)


def test_credentials_alone_are_a_file_like_any_other(visitor: Visitor, part: Path) -> None:
    page = visitor.page
    visitor.go(reverse("verify:ask"))
    page.locator("[data-verify-input]").set_input_files(part.with_suffix(".c2pa"))
    digest = hashlib.sha256(part.with_suffix(".c2pa").read_bytes()).hexdigest()
    expect(page.locator(".verify-file")).to_contain_text(digest)
    expect(page.locator(".verify-file")).to_contain_text("Nothing is known about this file")


def test_without_javascript_the_form_leads_to_a_page_that_says_the_same(
    chromium: Browser, live_server: Any, part: Path
) -> None:
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 360, "height": HEIGHT})
    context.set_default_timeout(60_000)
    page: Page = context.new_page()
    digest = hashlib.sha256(part.read_bytes()).hexdigest()
    page.goto(live_server.url + reverse("verify:verdict", args=[digest]))
    page.get_by_text("Content Credentials beside it").click()
    page.get_by_label("Their file").set_input_files(part.with_suffix(".c2pa"))
    page.get_by_role("button", name="Check them").click()
    page.wait_for_url(f"**/verify/{digest}/credentials/")
    expect(page.locator("[data-credentials=trusted]")).to_contain_text(TRUSTED)
    expect(page.get_by_role("heading", name="What is proven of this file")).to_be_visible()
    context.close()
