"""Cases in the queue: who opens one, who works on it, and the creator's answer to a question."""

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from accounts.models import User
from designs.models import Design
from moderation.errors import ModerationRefused
from moderation.models import Answer, Case


def case_of(design: Design) -> Case:
    """The open case of a design, locked; a new one when there is none. Call in a transaction."""
    while True:
        # Locked before it is joined, since a decision may close it meanwhile; no_key, since rows refer to it.
        found = (
            Case.objects.select_for_update(no_key=True).filter(design=design).exclude(state=Case.State.CLOSED).first()
        )
        if found is not None:
            return found
        try:
            with transaction.atomic():
                return Case.objects.create(design=design)
        except IntegrityError:
            continue  # somebody else opened it first


@transaction.atomic
def open_case(*, moderator: User, design: Design) -> Case:
    """A moderator looks at a design that nobody reported, or again at one whose case is closed."""
    case = case_of(design)
    Case.objects.filter(pk=case.pk, assignee=None).update(assignee=moderator)
    return case


def assign(*, moderator: User, case: Case) -> None:
    """Take a case that nobody works on. Raises ModerationRefused when somebody else was faster."""
    free = Case.objects.filter(pk=case.pk).exclude(state=Case.State.CLOSED)
    if not free.filter(Q(assignee=None) | Q(assignee=moderator)).update(assignee=moderator):
        raise ModerationRefused("taken", _("Somebody else took this case meanwhile, or it is closed."))


def release(*, moderator: User, case: Case) -> None:
    """Put a case back for everybody. Raises ModerationRefused when it is not one's own."""
    if not Case.objects.filter(pk=case.pk, assignee=moderator).update(assignee=None):
        raise ModerationRefused("not_yours", _("This case is not assigned to you."))


@transaction.atomic
def answer(*, author: User, case: Case, text: str) -> Answer:
    """The creator's answer brings the case back into the queue. Raises ModerationRefused."""
    moved = Case.objects.filter(pk=case.pk, state=Case.State.ASKED, design__owner=author).update(
        state=Case.State.OPEN, turn=F("turn") + 1
    )
    if not moved:
        raise ModerationRefused("not_asked", _("This question was answered or settled meanwhile."))
    return Answer.objects.create(case=case, author=author, text=text.strip())
