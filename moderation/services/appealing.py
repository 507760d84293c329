"""Appeals: a creator's counter-notice, decided by another moderator than the first."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from contracts.killpoints import reach
from designs.models import Design, EntryStatus
from moderation.errors import ModerationRefused
from moderation.models import Appeal, Decision
from moderation.selectors import may_appeal, status_to_come
from moderation.services.deciding import facts
from moderation.services.reviewing import AlreadyDecided
from moderation.services.sending import send_status
from moderation.services.telling import tell_appeal_decided, tell_appeal_received

Action = Decision.Action


@transaction.atomic
def appeal(*, author: User, decision: Decision, statement: str) -> Appeal:
    """File the one appeal against a decision. Raises ModerationRefused."""
    if decision.design.owner_id != author.pk or not may_appeal(decision):
        raise ModerationRefused("no_appeal", _("This decision cannot be appealed any more."))
    try:
        with transaction.atomic():
            filed = Appeal.objects.create(decision=decision, author=author, statement=statement.strip())
    except IntegrityError as error:
        raise ModerationRefused("appealed", _("You have appealed this decision already.")) from error
    tell_appeal_received(filed)
    return filed


@transaction.atomic
def decide_appeal(*, moderator: User, appeal: Appeal, uphold: bool, text: str) -> Decision:
    """Uphold an appeal, which takes the decision back, or reject it.

    Raises AlreadyDecided when somebody else did, ModerationRefused for the first moderator's own decision.
    """
    first = appeal.decision
    if first.moderator_id == moderator.pk:
        raise ModerationRefused("same_moderator", _("Another moderator than the one who decided first decides this."))
    if not text.strip():
        raise ModerationRefused("no_text", _("Say why in your own words: both sides read it."))
    design = Design.objects.select_for_update(no_key=True).get(pk=first.design_id)
    status = status_to_come(design)
    state = Appeal.State.UPHELD if uphold else Appeal.State.REJECTED
    moved = Appeal.objects.filter(pk=appeal.pk, state=Appeal.State.OPEN)
    if not moved.update(state=state, decided_at=timezone.now()):
        raise AlreadyDecided
    # Only what this decision did is taken back: what others decided since stays.
    again = _status_before(first, status) if uphold else status
    corrected = first.after["disclosure"]
    undo = uphold and first.action == Action.CORRECT and design.disclosure == corrected
    disclosure = first.before["disclosure"] if undo else design.disclosure
    decision = Decision.objects.create(
        case=first.case,
        design=design,
        on_appeal=appeal,
        moderator=moderator,
        action=Action.UPHOLD if uphold else Action.REJECT,
        reason=Decision.Reason.MISTAKE if uphold else Decision.Reason.CONFIRMED,
        text=text.strip(),
        before=facts(status, design.disclosure, first.case.state),
        after=facts(again, disclosure, first.case.state),
    )
    if undo:
        Design.objects.filter(pk=design.pk, disclosure=corrected).update(disclosure=disclosure)
    reach("moderation.decided")
    if again != status:
        send_status(decision=decision, status=again)
    tell_appeal_decided(decision)
    return decision


def _status_before(first: Decision, status: int) -> int:
    word = first.after["status"]
    if first.before["status"] == word or EntryStatus.Status[word.upper()] != status:
        return status
    before = EntryStatus.Status[first.before["status"].upper()]
    # A moderator cannot set "withdrawn": the chain keeps that beside, and shows it again by itself.
    return EntryStatus.Status.ACTIVE if before == EntryStatus.Status.WITHDRAWN else before
