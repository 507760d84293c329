"""What the demo's buyers reported: one report waits for a moderator, one was answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from accounts.models import User
from designs.models import Design
from moderation.models import Case, Decision, Report
from moderation.services import decide_case, report
from moderation.services.deciding import Wish


@dataclass(frozen=True)
class DemoReport:
    """`answer` is what the moderator decided to say; without one the report waits."""

    title: str
    reporter: str
    reason: str
    statement: str
    answer: str = ""


demo_reports = (
    DemoReport(
        title="Three-Leaf Screen",
        reporter="brandt",
        reason=Report.Reason.OTHER,
        statement="My slicer opens the file a thousand times too small. Is the scale wrong?",
        answer="The file is right: GLB counts in meters by its standard, and the page gives the size in millimeters. "
        "Set the slicer to meters when it asks.",
    ),
    DemoReport(
        title="Estuary, seed 7041",
        reporter="okafor",
        reason=Report.Reason.UNDISCLOSED_AI,
        statement="The lines look like those of an image model, and the page says that none took part. "
        "Can somebody run the program with these parameters and compare the hashes?",
    ),
)


def file_reports(people: dict[str, User], *, moderator: User, among: Sequence[str]) -> None:
    """File each report of the designs `among`, and decide what is answered, once, however often this is called."""
    for told in demo_reports:
        if told.title not in among:
            continue
        design, reporter = Design.objects.get(title=told.title, owner__in=people.values()), people[told.reporter]
        filed = Report.objects.filter(design=design, reporter=reporter).first()
        if filed is None:
            filed = report(reporter=reporter, design=design, reason=told.reason, statement=told.statement)
        if told.answer and filed.is_open:
            with transaction.atomic():
                case = Case.objects.get(pk=filed.case_id)
                wish = Wish(Decision.Action.DISMISS, Decision.Reason.UNFOUNDED, told.answer)
                decide_case(moderator=moderator, case=case, turn=case.turn, wish=wish)
