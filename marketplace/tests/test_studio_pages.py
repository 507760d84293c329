"""The creator's pages for their owner, for those they name, and for nobody else."""

import re

import pytest
from django.urls import reverse

from accounts.models import User
from designs.models import Contribution, Design, Preview, ProcessingStep
from marketplace.tests import rows
from marketplace.tests.pages import page, signed_in, text
from studio.models import FirstOfferDraft, Publication

TUSD = rows.TUSD

pytestmark = pytest.mark.django_db


def studio(name: str, design: Design) -> str:
    return reverse(f"studio:{name}", args=[design.public_id])


@pytest.mark.parametrize("name", ["design", "design_status", "details", "people", "offers", "replace", "publish"])
def test_studio_pages_are_for_the_owner_alone(creator: User, cocreator: User, stranger: User, name: str) -> None:
    design = rows.draft(
        creator,
        "Draft",
        prices={"personal": TUSD},
        parts={
            creator: (Contribution.Role.DESIGNER, 500_000),
            cocreator: (Contribution.Role.TWEAKER, 500_000),
        },
    )
    page(creator, studio(name, design))
    for person in (cocreator, stranger):
        assert signed_in(person).get(studio(name, design)).status_code == 404
    assert signed_in(None).get(studio(name, design)).status_code == 302


def test_the_draft_page_says_what_comes_next(creator: User) -> None:
    design = rows.draft(creator, "Next", steps=ProcessingStep.State.WAITING, state=Design.State.PROCESSING)
    address = studio("design", design)
    waiting = page(creator, address)
    assert "The file is being checked" in waiting
    assert "every 2s" in waiting

    design.versions.get().steps.update(state=ProcessingStep.State.DONE)
    Design.objects.filter(pk=design.pk).update(state=Design.State.DRAFT)
    assert "One thing is missing: a price" in page(creator, address)

    template = rows.templates()["personal"]
    FirstOfferDraft.objects.create(design=design, template=template, price=TUSD)
    ready = page(creator, address)
    assert "Ready to publish" in ready
    assert "hx-get" not in ready


def test_a_failed_step_names_its_reason_and_offers_both_ways_on(creator: User) -> None:
    design = rows.draft(creator, "Broken", steps=ProcessingStep.State.WAITING, state=Design.State.PROCESSING)
    design.versions.get().steps.filter(name=ProcessingStep.Name.INSPECT).update(
        state=ProcessingStep.State.FAILED, message="The mesh has no triangles."
    )
    html = page(creator, studio("design", design))
    assert "The mesh has no triangles." in html
    assert f'href="{studio("replace", design)}"' in html
    assert f'action="{studio("retry", design)}"' in html
    assert "Stopped" in text(page(creator, reverse("studio:dashboard")))


def test_progress_is_true_after_a_reload_and_says_what_follows(creator: User) -> None:
    """The page and the part of it that looks again read the same rows, whoever asks first and however often."""
    design = rows.draft(creator, "Large", steps=ProcessingStep.State.DONE)
    steps = design.versions.get().steps
    steps.create(name=ProcessingStep.Name.LARGE_COVER, position=5, state=ProcessingStep.State.RUNNING, percent=37)
    for address in (studio("design", design), studio("design_status", design), studio("design", design)):
        html = page(creator, address) if address == studio("design", design) else fragment(creator, address)
        assert "More previews follow" in html
        assert 'value="37"' in html
        assert "37 / 100" in html
        assert "One thing is missing: a price" in html
        assert "every 6s" in html

    steps.filter(name=ProcessingStep.Name.LARGE_COVER).update(state=ProcessingStep.State.FAILED, message="Too heavy.")
    stopped = fragment(creator, studio("design_status", design))
    assert "Too heavy." in stopped
    assert f'action="{studio("retry", design)}"' in stopped
    assert "hx-get" not in stopped
    assert "Stopped" not in text(page(creator, reverse("studio:dashboard")))


def test_stills_of_a_mesh_are_chosen_by_radio_buttons(creator: User) -> None:
    """Plain HTML: the keyboard walks through them, and nothing of it needs a script."""
    design = rows.draft(creator, "Seen", kind=Design.Kind.MESH)
    assert 'name="view"' not in page(creator, studio("design", design))
    version = design.versions.get()
    for kind in (Preview.Kind.WALLS, Preview.Kind.WIREFRAME, Preview.Kind.CLAY):
        stored = {"sha256": "0" * 64, "media_type": "image/webp", "size": 1}
        version.previews.create(kind=kind, width=800, height=600, **stored)

    html = page(creator, studio("design", design))

    assert re.findall(r'<input type="radio" name="view" id="view-(\w+)"[^>]*?( checked)?>', html) == [
        ("cover", " checked"),
        ("clay", ""),
        ("wireframe", ""),
        ("walls", ""),
    ]
    assert re.findall(r'<label for="view-(\w+)">(\w+)</label>', html) == [
        ("cover", "Cover"),
        ("clay", "Clay"),
        ("wireframe", "Wireframe"),
        ("walls", "Walls"),
    ]
    for name in ("clay", "wireframe", "walls"):
        assert f"/{name}.{stored['sha256'][:12]}.webp" in html
    assert "Seen, the edges of its triangles" in html
    assert "Seen, its walls in colors from thin to thick" in html


def test_the_colors_of_walls_are_put_in_words_with_their_unit(creator: User) -> None:
    design = rows.draft(creator, "Thin", kind=Design.Kind.MESH)
    version = design.versions.get()
    version.previews.create(
        kind=Preview.Kind.WALLS, width=800, height=600, sha256="0" * 64, media_type="image/webp", size=1
    )
    walls = {"rays": 20, "hits": 20, "percentiles": {"1": 0.0012, "5": 0.002, "25": 0.003, "50": 0.0045}}
    version.facts = {**rows.MESH_FACTS, "units": "m", "checks": {"walls": walls}}
    version.save(update_fields=["facts"])

    shown = text(page(creator, studio("design", design)))

    assert "1.20 mm and less" in shown
    assert "4.50 mm and more" in shown
    assert "Thinnest wall: 1.20 mm." in shown
    assert "Striped: no wall opposite." in shown
    assert "One ray in a hundred found less." in shown


def test_a_creator_marks_the_previews_of_an_image_and_nobody_else_does(creator: User, stranger: User) -> None:
    design = rows.draft(creator, "Marked")
    address = studio("watermark", design)
    assert signed_in(stranger).post(address, {"wanted": "1"}).status_code == 404
    assert signed_in(creator).get(address).status_code == 405
    design.refresh_from_db()
    assert design.watermark is False
    assert "Mark the previews" in page(creator, studio("design", design))

    assert signed_in(creator).post(address, {"wanted": "1"}).status_code == 302

    design.refresh_from_db()
    assert design.watermark is True
    assert "Show previews without a mark" in page(creator, studio("design", design))
    solid = rows.draft(creator, "Solid", kind=Design.Kind.MESH)
    assert "Mark the previews" not in page(creator, studio("design", solid))


def fragment(user: User, address: str) -> str:
    return signed_in(user).get(address).content.decode()


def test_the_publish_page_writes_out_what_is_signed(creator: User, cocreator: User) -> None:
    design = rows.draft(
        creator,
        "To sign",
        prices={"commercial": 96 * TUSD},
        parts={
            creator: (Contribution.Role.DESIGNER, 874_999),
            cocreator: (Contribution.Role.TWEAKER, 125_001),
        },
    )
    html = page(creator, studio("publish", design))
    assert design.versions.get().master.output_hash in html
    assert creator.custody_key.address in html
    assert cocreator.custody_key.address in html
    assert "12.5001 %" in html
    assert "Commercial" in html
    assert "96.00" in html
    assert "What stays on chain, for good" in html
    FirstOfferDraft.objects.filter(design=design).delete()
    without = page(creator, studio("publish", design))
    assert 'type="password"' not in without
    assert "A price is missing" in without


def test_consent_is_asked_of_the_named_person_alone(creator: User, cocreator: User, stranger: User) -> None:
    design = rows.draft(
        creator,
        "Together",
        prices={"personal": 18 * TUSD},
        parts={
            creator: (Contribution.Role.DESIGNER, 700_000),
            cocreator: (Contribution.Role.TWEAKER, 300_000),
        },
    )
    frozen = rows.publication(design, accepted=False, state=Publication.State.ASKED)
    address = reverse("studio:consent", args=[frozen.public_id])
    html = page(cocreator, address)
    assert "tweaker, 30 % of all its revenue" in text(html)
    assert frozen.record.root in html
    assert 'type="password"' in html
    for person in (creator, stranger):
        assert signed_in(person).get(address).status_code == 404
    assert "Together" in page(cocreator, reverse("studio:dashboard"))
    assert "Waiting for 1 answer" in page(creator, studio("design", design))
    assert "Waiting for consent" in page(creator, reverse("studio:dashboard"))

    Publication.objects.filter(pk=frozen.pk).update(state=Publication.State.DROPPED)
    closed = page(cocreator, address)
    assert "This request is not open any more" in closed
    assert 'type="password"' not in closed


def test_a_published_draft_links_to_its_page(creator: User, lantern: Design) -> None:
    html = page(creator, studio("design", lantern))
    assert "Published and anchored" in html
    assert lantern.get_absolute_url() in html
    assert studio("discard", lantern) not in html


def test_upload_and_its_refusal_keep_what_was_typed(creator: User) -> None:
    address = reverse("studio:upload")
    html = page(creator, address)
    assert 'name="parts-TOTAL_FORMS" value="1"' in html
    assert 'name="parts-__prefix__-email"' in html
    refused = signed_in(creator).post(
        address,
        {
            "title": "Kept title",
            "parameters": "[1]",
            "parts-TOTAL_FORMS": "1",
            "parts-INITIAL_FORMS": "1",
            "parts-0-email": creator.email,
            "parts-0-role": "designer",
            "parts-0-percent": "100",
        },
    )
    assert refused.status_code == 400
    again = refused.content.decode()
    assert 'value="Kept title"' in again
    assert "Parameters must be a JSON object: names and values in braces." in text(again)
    assert Design.objects.count() == 0


def test_a_title_with_markup_stays_text(creator: User) -> None:
    rows.chain_read_to(100)
    design = rows.draft(creator, "<script>alert(1)</script> & co", parameters={"a": "</pre><script>x</script>"})
    rows.anchor(design, block=9)
    for address in ("/", design.get_absolute_url(), studio("design", design)):
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; co" in page(creator, address)
