"""The demo's reports: one waits, one is answered, and a second seeding adds nothing."""

import pytest

from accounts.models import User
from designs.models import Design
from marketplace.services.demo_reports import demo_reports, file_reports
from moderation.models import Case, Decision, Report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]


def test_one_report_waits_and_one_is_answered_however_often_they_are_filed(
    lantern: Design, estuary: Design, creator: User, buyer: User, stranger: User, moderator: User
) -> None:
    answered, waiting = demo_reports
    Design.objects.filter(pk=lantern.pk).update(title=answered.title)
    Design.objects.filter(pk=estuary.pk).update(title=waiting.title)
    people = {"northlight": creator, answered.reporter: buyer, waiting.reporter: stranger}
    for _ in range(2):
        file_reports(people, moderator=moderator, among=[answered.title, waiting.title])
    assert Report.objects.filter(is_open=True).get().design_id == estuary.pk
    assert Decision.objects.get().design_id == lantern.pk
    assert sorted(Case.objects.values_list("state", flat=True)) == ["closed", "open"]
    file_reports(people, moderator=moderator, among=["Something else"])
    assert Report.objects.count() == 2
