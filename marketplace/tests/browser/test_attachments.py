"""The further files of a draft by keyboard, and what the pages that show them look like."""

import io

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import User
from designs.models import Attachment, Design
from designs.services.attachments import NewAttachment, attach, keep_file
from designs.services.received import ReceivedFile
from marketplace.tests import rows
from marketplace.tests.browser.test_keyboard import tab_to
from marketplace.tests.browser.visitor import Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("recorded_deployment"),
]
LONG = "a-name-that-has-no-place-to-break-and-is-as-long-as-a-name-can-be-" * 2


def attached(design: Design, name: str, content: bytes, release: str) -> None:
    new = NewAttachment(ReceivedFile(io.BytesIO(content), name), "documentation", release)
    blob = keep_file(new.file)
    with transaction.atomic():
        attach(version=design.versions.get(), new=new, blob=blob)


@pytest.mark.parametrize("width", [360, 1440])
def test_a_file_is_added_seen_and_removed_by_keyboard(
    visitor: Visitor, creator: User, together: Design, width: int
) -> None:
    visitor.at(width)
    visitor.sign_in(creator)
    page = visitor.page
    visitor.go(reverse("studio:attachments", args=[together.public_id]))
    tab_to(page, "^File$")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files({"name": "flow.json", "mimeType": "application/json", "buffer": b'{"nodes": []}'})
    expect(page.locator("[data-drop-hint]")).to_have_text("flow.json, 13 B")
    tab_to(page, "What it is")
    page.keyboard.type("Workflow")
    tab_to(page, "Stays with you")
    page.keyboard.press("ArrowDown")
    tab_to(page, "^Add$")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="flow.json")).to_be_visible()
    assert list(Attachment.objects.values_list("name", "role", "release")) == [
        ("flow.json", "workflow", "with_license")
    ]
    visitor.judge()

    tab_to(page, r"Remove\s+flow.json")
    page.keyboard.press("Enter")
    expect(page.get_by_text("“flow.json” is removed.")).to_be_visible()
    assert not Attachment.objects.exists()


def test_a_refused_file_is_told_beside_the_file_that_was_chosen(
    visitor: Visitor, creator: User, together: Design
) -> None:
    attached(together, "flow.json", b"{}", "private")
    visitor.sign_in(creator)
    visitor.go(reverse("studio:attachments", args=[together.public_id]))
    page = visitor.page
    page.locator("input[type=file]").set_input_files(
        {"name": "FLOW.json", "mimeType": "application/json", "buffer": b"[]"}
    )
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".field-errors")).to_contain_text("There is a file named “FLOW.json” already.")
    # The refusal itself is a status that the console reports.
    visitor.said.clear()
    visitor.judge()


def test_pages_with_files(visitor: Visitor, lantern: Design, creator: User, buyer: User, together: Design) -> None:
    for design in (lantern, together):
        attached(design, f"{LONG}.json", b"{}", "with_license")
        attached(design, "make.py", b"print()", "private")
    license_id = rows.sale(lantern, buyer, block=40)
    rows.chain_read_to(100)
    visitor.sign_in(creator)
    for address in (
        reverse("studio:attachments", args=[together.public_id]),
        reverse("studio:design", args=[together.public_id]),
        lantern.get_absolute_url(),
    ):
        visitor.look(address)
    visitor.judge_focus()
    visitor.sign_in(buyer)
    visitor.look(reverse("licensing:files", args=[license_id]))
