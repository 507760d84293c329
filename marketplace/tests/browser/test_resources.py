"""The way through: a model is registered by its owner, found by a creator, and named in a design."""

import hashlib
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import User
from common.testing import PASSWORD
from designs.models import Reference, Resource
from marketplace.tests.browser.visitor import WIDTHS, Visitor
from marketplace.tests.support import anchored, draft_of, head_at, with_offer
from studio.models import Publication

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("recorded_deployment"),
]

WEIGHTS = b"weights of a model" * 4096


def test_a_model_is_registered_found_and_named(visitor: Visitor, cocreator: User, creator: User, png: bytes) -> None:
    page = visitor.page
    visitor.sign_in(cocreator)
    visitor.look(reverse("studio:resources"))
    page.get_by_role("link", name="Register a model, program or data set").click()
    page.get_by_label("Name", exact=True).fill("Lattice XL")
    page.get_by_label("License", exact=True).fill("Apache-2.0")
    page.get_by_label("Or compute it in this browser").set_input_files(
        {"name": "xl.safetensors", "mimeType": "application/octet-stream", "buffer": WEIGHTS}
    )
    expect(page.get_by_label("SHA-256 optional")).to_have_value(hashlib.sha256(WEIGHTS).hexdigest())
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Say which part you ask for").first.wait_for()
    visitor.judge()
    visitor.judge_focus()
    page.get_by_label("Your part, %").fill("5")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Review and register").click()
    visitor.judge()
    page.get_by_label("I understand that what is anchored stays on the chain").check()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Sign and register").click()
    page.get_by_text("The registration is on its way to the chain").wait_for()
    visitor.judge()
    resource = Resource.objects.get()
    assert not resource.hashed_here

    anchored(Publication.objects.get(), block=5)
    head_at(15)
    # The page looks again by itself.
    page.get_by_text("Registered and anchored").wait_for()
    visitor.look(reverse("studio:resources"))
    visitor.look(resource.get_absolute_url())
    visitor.judge_focus()

    design = with_offer(draft_of(creator, png))
    visitor.sign_in(creator)
    visitor.look(reverse("studio:references", args=[design.public_id]))
    page.get_by_role("searchbox", name="Its name, the id of its entry").fill("lattice")
    page.locator("main").get_by_role("button", name="Search").click()
    page.get_by_role("button", name="Name it Lattice XL").click()
    page.get_by_text("Named.").first.wait_for()
    visitor.judge()
    assert Reference.objects.get().entry_id == resource.entry_id


@pytest.mark.parametrize("width", WIDTHS)
def test_what_stands_elsewhere_is_named_by_a_hash_computed_here_or_by_why_there_is_none(
    visitor: Visitor, creator: User, png: bytes, tmp_path: Path, width: int
) -> None:
    page = visitor.page
    visitor.at(width)
    design = with_offer(draft_of(creator, png))
    visitor.sign_in(creator)
    visitor.go(reverse("studio:references", args=[design.public_id]))
    weights = tmp_path / "weights.bin"
    weights.write_bytes(b"weights" * 1000)

    page.get_by_label("Name", exact=True).fill("Shapes")
    page.get_by_label("License").fill("CC-BY-4.0")
    page.get_by_role("button", name="Name it", exact=True).click()
    expect(page.get_by_text("Give its SHA-256, or say below why there is none.").first).to_be_visible()
    visitor.judge()
    page.get_by_label("Or compute it in this browser").set_input_files(weights)
    expect(page.get_by_text("Computed and filled in above.")).to_be_visible()
    page.get_by_role("button", name="Name it", exact=True).click()
    expect(page.get_by_role("button", name="Take off Shapes")).to_be_visible()

    page.get_by_label("Name", exact=True).fill("A hosted model")
    page.get_by_label("License").fill("proprietary")
    page.get_by_label("Or why there is none").select_option("hosted")
    page.get_by_role("button", name="Name it", exact=True).click()
    expect(page.get_by_text("No hash. It runs as a service: nobody outside has its file.")).to_be_visible()
    visitor.judge()
    visitor.judge_focus()
    assert list(Reference.objects.values_list("sha256", "without_hash")) == [
        (hashlib.sha256(weights.read_bytes()).hexdigest(), ""),
        ("", "hosted"),
    ]
