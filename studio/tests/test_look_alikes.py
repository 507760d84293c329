"""What was found alike: on the creator's page, before a moderator, and in front of nobody else."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.testing import PASSWORD
from designs.models import Design, OriginalityMatch, RegistryEntry
from designs.resemblance import SHOWN, others_published_before, resemblances_of
from designs.services.received import ReceivedFile
from designs.tests.alike import compared, draft, png_of
from designs.tests.test_descriptors import strokes
from marketplace.tests import rows
from marketplace.tests.pages import signed_in
from marketplace.tests.support import published, with_offer
from moderation.models import Review
from moderation.services import open_case
from studio.models.terms import ParentDraft
from studio.services import publishing
from studio.services.drafts import replace_master
from studio.tests.pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

PRINT = strokes(31, (240, 180))
HEADING = "Designs that look alike"


@pytest.fixture(autouse=True)
def unbuilt_static_files(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def original(creator: User, tmp_path: Path) -> Design:
    """A published print that was compared."""
    design = published(creator, png_of(PRINT), title="Estuary")
    compared(design, tmp_path)
    return design


@pytest.fixture
def copy(original: Design, stranger: User, tmp_path: Path) -> Design:
    """A draft of somebody else that shows it smaller."""
    design = draft(stranger, png_of(PRINT.resize((120, 90))), "copy.png", title="Mine")
    compared(design, tmp_path)
    return design


def page_of(user: User, design: Design) -> Any:
    return signed_in(user).get(reverse("studio:design", args=[design.public_id]))


def asked(design: Design) -> Review:
    publishing.freeze_and_sign(actor=design.owner, work=with_offer(design), password=PASSWORD)
    return Review.objects.get(version=design.versions.get())


def test_the_creator_sees_the_earlier_design_and_what_was_measured(
    original: Design, copy: Design, stranger: User
) -> None:
    shown = read(page_of(stranger, copy))

    assert HEADING in shown
    assert "Estuary" in shown
    assert "A near copy" in shown
    assert "the pictures agree in" in shown


def test_both_are_shown_side_by_side_and_what_is_hidden_is_not(
    original: Design, copy: Design, creator: User, stranger: User
) -> None:
    for design in (original, copy):
        rows.add_cover(design.versions.get(), rows.cover_bytes())

    def pictures() -> list[str]:
        page = page_of(stranger, copy).content.decode()
        pair = page[page.index('class="alike-pair"') : page.index('class="stack-s"', page.index('class="alike-pair"'))]
        return re.findall(r'src="[^"]*/previews/(\d+)/', pair)

    def preview_of(design: Design) -> str:
        return str(design.versions.get().previews.get(kind="image").pk)

    assert pictures() == [preview_of(copy), preview_of(original)]
    Design.objects.filter(pk=original.pk).update(state=Design.State.DRAFT)
    RegistryEntry.objects.all().delete()
    assert pictures() == [preview_of(copy)]


def test_a_draft_of_somebody_else_is_told_without_name_or_picture(
    creator: User, stranger: User, tmp_path: Path
) -> None:
    first = draft(creator, png_of(PRINT), "print.png", title="Secret draft")
    compared(first, tmp_path)
    second = draft(stranger, png_of(PRINT), "print.png", title="Mine")
    compared(second, tmp_path)

    answer = page_of(stranger, second)

    assert "A design that is not public" in read(answer)
    assert "Not shown" in read(answer)
    assert "The same file" in read(answer)
    assert "Secret draft" not in read(answer)
    assert str(first.public_id) not in answer.content.decode()
    assert creator.display_name not in read(answer)


def test_nobody_else_sees_the_finding(original: Design, copy: Design, creator: User, buyer: User) -> None:
    assert HEADING not in read(page_of(creator, original))
    assert page_of(buyer, copy).status_code == 404
    for visitor in (Client(), signed_in(creator), signed_in(buyer)):
        assert "alike" not in read(visitor.get(original.get_absolute_url()))
        assert visitor.get(copy.get_absolute_url()).status_code == 404


def test_a_copy_waits_for_a_moderator_and_says_why(original: Design, copy: Design) -> None:
    review = asked(copy)

    assert (review.state, review.rule) == ("pending", "looks_like_another")
    assert review.reason == "It shows what an earlier design of someone else shows; a moderator looks at it first."


def test_the_review_lists_what_looks_alike(original: Design, copy: Design) -> None:
    review = asked(copy)
    root = User.objects.create_superuser(email="root@example.org", password=PASSWORD, display_name="Root")

    shown = read(signed_in(root).get(reverse("admin:moderation_review_change", args=[review.pk])))

    assert "Estuary" in shown
    assert "Northlight Studio" in shown
    assert "A near copy" in shown


def test_who_names_the_work_as_a_parent_is_asked_nothing(original: Design, copy: Design, stranger: User) -> None:
    ParentDraft.objects.create(
        design=copy, position=0, chain_id=original.chain_id or 0, entry_id=original.entry_id or "", max_ppm=0
    )

    assert "named as a work it derives from" in read(page_of(stranger, copy))

    assert others_published_before(copy.versions.get(), parents=[original.entry_id or ""]) == []


def test_ones_own_earlier_work_is_no_question(original: Design, creator: User, tmp_path: Path) -> None:
    again = draft(creator, png_of(PRINT.resize((120, 90))), "again.png", title="Again")
    compared(again, tmp_path)

    assert "of the same creator" in read(page_of(creator, again))
    assert asked(again).rule == "nothing_to_ask"


def test_a_file_that_took_the_place_of_another_came_later_than_what_came_meanwhile(
    creator: User, stranger: User, tmp_path: Path
) -> None:
    replaced = draft(stranger, png_of(strokes(77, (240, 180))), "other.png")
    compared(replaced, tmp_path)
    first = compared(published(creator, png_of(PRINT), title="Estuary"), tmp_path)
    content = png_of(PRINT.resize((120, 90)))
    replace_master(actor=stranger, design=replaced, master=ReceivedFile(io.BytesIO(content), "copy.png"))

    copy = compared(replaced, tmp_path)

    assert copy.pk < first.pk
    assert [(match.version, match.earlier) for match in OriginalityMatch.objects.all()] == [(copy, first)]
    assert len(others_published_before(copy)) == 1


def test_a_copy_that_is_published_later_is_no_earlier_design(
    creator: User, stranger: User, moderator: User, tmp_path: Path
) -> None:
    root = User.objects.create_superuser(email="root@example.org", password=PASSWORD, display_name="Root")
    first = draft(creator, png_of(PRINT), "print.png", title="Estuary")
    compared(first, tmp_path)
    rows.anchor(first, block=5)
    copy = draft(stranger, png_of(PRINT.resize((120, 90))), "copy.png", title="Mine")
    compared(copy, tmp_path)
    rows.anchor(copy, block=9)

    of_the_original = read(signed_in(root).get(open_case(moderator=root, design=first).get_absolute_url()))
    of_the_copy = read(signed_in(root).get(open_case(moderator=root, design=copy).get_absolute_url()))

    assert "None was found among the designs here." in of_the_original
    assert "Mine" not in of_the_original
    assert HEADING not in read(page_of(creator, first))
    assert "Estuary" in of_the_copy
    assert HEADING in read(page_of(stranger, copy))


def test_what_was_uploaded_later_and_published_first_came_earlier(
    creator: User, stranger: User, tmp_path: Path
) -> None:
    slow = draft(stranger, png_of(PRINT.resize((120, 90))), "copy.png", title="Mine")
    compared(slow, tmp_path)
    first = draft(creator, png_of(PRINT), "print.png", title="Estuary")
    compared(first, tmp_path)
    rows.anchor(first, block=5)
    rows.anchor(slow, block=9)

    assert "Estuary" in read(page_of(stranger, slow))


def test_no_more_than_a_few_are_listed_and_the_exact_ones_among_them(creator: User, stranger: User) -> None:
    version = rows.draft(stranger, "Mine").versions.get()
    for number in range(SHOWN + 1):
        other = rows.draft(creator, f"Work {number}").versions.get()
        kind = "same_file" if number == SHOWN else "near_copy"
        OriginalityMatch.objects.create(version=version, earlier=other, kind=kind, thresholds=1)

    listed = resemblances_of(version, viewer=creator)

    assert len(listed) == SHOWN
    assert listed[0].match.kind == "same_file"
