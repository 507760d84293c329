"""Reporting a design, the receipt, and following one's own report."""

from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse

from accounts.models import Notification, User
from accounts.services import open_account
from common.testing import PASSWORD, at_once
from designs.models import Design
from marketplace.tests import rows
from marketplace.tests.pages import page, signed_in, text
from moderation.errors import ModerationRefused
from moderation.models import Case, Report
from moderation.services import report

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_counted_yet() -> None:
    cache.clear()


def address(design: Design) -> str:
    return reverse("moderation:report", args=[design.public_id])


def sent(**changes: str) -> dict[str, str]:
    return {"reason": "other", "original": "", "statement": "It is offensive.", **changes}


def test_the_page_of_a_design_leads_to_its_report(lantern: Design, stranger: User) -> None:
    assert f'href="{address(lantern)}"' in page(None, lantern.get_absolute_url())
    assert f'href="{address(lantern)}"' not in page(lantern.owner, lantern.get_absolute_url())
    assert "Report a design" in text(page(stranger, address(lantern)))


def test_whoever_is_not_signed_in_signs_in_first_and_comes_back(lantern: Design) -> None:
    answer = signed_in(None).get(address(lantern))

    assert answer["Location"] == f"/accounts/login/?next={address(lantern)}"
    assert signed_in(None).post(address(lantern), sent())["Location"].startswith("/accounts/login/")
    assert not Report.objects.exists()


def test_a_report_is_in_the_queue_and_its_reporter_gets_a_receipt(lantern: Design, stranger: User) -> None:
    answer = signed_in(stranger).post(address(lantern), sent(), follow=True)

    filed = Report.objects.get()
    assert (filed.design, filed.reporter, filed.reason, filed.is_open) == (lantern, stranger, "other", True)
    assert answer.redirect_chain[-1][0] == filed.get_absolute_url()
    assert "A moderator has to decide" in text(answer.content.decode())
    assert filed.case.state == Case.State.OPEN
    receipt = Notification.objects.get(user=stranger)
    assert (receipt.kind, receipt.url) == ("report_received", filed.get_absolute_url())
    assert receipt.subject == "We have your report about “Gyroid Lantern”"
    assert not Notification.objects.filter(user=lantern.owner).exists()
    assert "Gyroid Lantern" in text(page(stranger, reverse("moderation:reports")))


def test_a_copy_names_its_original_as_a_design_a_link_or_a_hash(
    lantern: Design, cocreator: User, stranger: User, buyer: User
) -> None:
    original = rows.draft(cocreator, "The first lantern")
    rows.anchor(original, block=10)
    here = f"http://127.0.0.1:8000{original.get_absolute_url()}"
    by_design = report(reporter=stranger, design=lantern, reason="copy", statement="Same.", original=here)
    by_hash = report(reporter=buyer, design=lantern, reason="copy", statement="Same.", original="AB" * 32)
    third = open_account(email="third@example.org", password=PASSWORD, display_name="Third")
    by_link = report(reporter=third, design=lantern, reason="copy", statement="Same.", original="https://e.org/x")

    assert by_design.original_design == original
    assert (by_hash.original_hash, by_hash.original_design) == ("0x" + "ab" * 32, None)
    assert (by_link.original_url, by_link.original_hash) == ("https://e.org/x", "")
    assert Case.objects.get().reports.count() == 3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"reason": "copy"}, "Name the original"),
        ({"reason": "copy", "original": "  "}, "Name the original"),
        ({"reason": "copy", "original": "x" * 501}, "at most 500"),
        ({"statement": ""}, "This field is required"),
        ({"statement": "   "}, "This field is required"),
        ({"statement": "x" * 4001}, "at most 4000"),
        ({"reason": "envy"}, "not one of the available choices"),
        ({"reason": ""}, "This field is required"),
    ],
)
def test_what_is_not_whole_is_not_taken_and_nothing_is_lost(
    lantern: Design, stranger: User, changes: dict[str, str], says: str
) -> None:
    answer = signed_in(stranger).post(address(lantern), sent(**changes))

    assert answer.status_code == 422
    assert says in text(answer.content.decode())
    assert sent(**changes)["statement"].strip() in answer.content.decode()
    assert not Report.objects.exists()
    assert not Case.objects.exists()


def test_a_script_for_a_link_is_shown_as_text_and_never_opened(lantern: Design, stranger: User, first: User) -> None:
    hostile = "javascript:alert(1)"
    filed = report(reporter=stranger, design=lantern, reason="copy", statement="<script>x</script>", original=hostile)

    html = page(first, filed.case.get_absolute_url())

    assert hostile in html
    assert f'href="{hostile}' not in html
    assert "&lt;script&gt;" in html


def test_one_report_is_open_for_a_person_and_a_design(lantern: Design, stranger: User) -> None:
    signed_in(stranger).post(address(lantern), sent())

    with pytest.raises(ModerationRefused, match="still open"):
        report(reporter=stranger, design=lantern, reason="rights", statement="Again.")

    assert Report.objects.count() == 1
    assert "You have reported this design" in text(page(stranger, address(lantern)))


@pytest.mark.django_db(transaction=True)
def test_two_reports_in_the_same_moment_are_one_report_each_and_one_case(
    lantern: Design, stranger: User, buyer: User
) -> None:
    people = [stranger, buyer, stranger, buyer]

    def file(number: int) -> bool:
        try:
            report(reporter=people[number], design=lantern, reason="other", statement="Hm.")
        except ModerationRefused:
            return False
        return True

    assert sum(at_once(file)) == 2
    assert {one.reporter for one in Report.objects.all()} == {stranger, buyer}
    assert Case.objects.count() == 1


def test_nobody_reports_their_own_design_or_names_it_as_its_original(lantern: Design, stranger: User) -> None:
    with pytest.raises(ModerationRefused, match="yours"):
        report(reporter=lantern.owner, design=lantern, reason="other", statement="Hm.")
    with pytest.raises(ModerationRefused, match="names the design itself"):
        report(reporter=stranger, design=lantern, reason="copy", statement="x", original=lantern.get_absolute_url())

    assert "This design is yours" in text(page(lantern.owner, address(lantern)))
    assert not Report.objects.exists()


def test_too_many_reports_in_an_hour_wait(lantern: Design, creator: User, stranger: User) -> None:
    for number in range(11):
        design = rows.draft(creator, f"Work {number}")
        rows.anchor(design, block=30 + number)
        answer = signed_in(stranger).post(address(design), sent())
        assert answer.status_code == (302 if number < 10 else 429)

    assert "too often" in text(answer.content.decode())
    assert Report.objects.count() == 10


def test_what_nobody_may_see_is_reported_by_nobody(creator: User, stranger: User) -> None:
    hidden = rows.draft(creator, "A draft")

    for person in (stranger, creator):
        assert signed_in(person).get(address(hidden)).status_code == 404
        assert signed_in(person).post(address(hidden), sent()).status_code == 404
    assert not Report.objects.exists()


def test_reports_are_in_what_a_person_may_take_along(lantern: Design, stranger: User, buyer: User) -> None:
    report(reporter=stranger, design=lantern, reason="other", statement="Hm.")

    taken = signed_in(stranger).get(reverse("accounts:personal_data")).json()["moderation"]["reports"]

    assert [(one["design"], one["statement"]) for one in taken] == [(str(lantern.public_id), "Hm.")]
    others: Any = signed_in(buyer).get(reverse("accounts:personal_data")).json()["moderation"]
    assert others["reports"] == []
