"""One decision about a case: the guard, the line in the log, what follows on chain, and the mails."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from contracts.killpoints import reach
from designs.models import Design, Disclosure
from designs.selectors import state_word
from moderation.errors import ModerationRefused
from moderation.models import Case, Decision
from moderation.policy import RULES, Rule
from moderation.selectors import status_to_come
from moderation.services.reviewing import AlreadyDecided
from moderation.services.sending import send_status
from moderation.services.telling import tell_creator, tell_reporters

Action = Decision.Action


@dataclass(frozen=True)
class Wish:
    """What a moderator chose on the screen. `disclosure` counts only for its correction."""

    action: str
    reason: str
    text: str
    disclosure: str = ""


@transaction.atomic
def decide_case(*, moderator: User, case: Case, turn: int, wish: Wish) -> Decision:
    """Decide a case as the moderator saw it in its `turn`.

    Raises AlreadyDecided when it moved on meanwhile, and ModerationRefused for what cannot be done; then nothing
    has changed.
    """
    # The design first: its status may be decided by an appeal at the same time.
    design = Design.objects.select_for_update(no_key=True).get(pk=case.design_id)
    rule = RULES.get(wish.action)
    if rule is None:
        raise ModerationRefused("unknown_action", _("Choose what is to be done."))
    status = status_to_come(design)
    _check(rule, wish, design, status)
    moved = Case.objects.filter(pk=case.pk, turn=turn).exclude(state=Case.State.CLOSED)
    asks = wish.action == Action.ASK
    state = Case.State.ASKED if asks else Case.State.CLOSED
    if not moved.update(state=state, turn=turn + 1, assignee=moderator, closed_at=None if asks else timezone.now()):
        raise AlreadyDecided
    disclosure = wish.disclosure if wish.action == Action.CORRECT else design.disclosure
    decision = Decision.objects.create(
        case=case,
        design=design,
        moderator=moderator,
        action=wish.action,
        reason=wish.reason,
        text=wish.text.strip(),
        before=facts(status, design.disclosure, case.state),
        after=facts(status if rule.leads_to is None else rule.leads_to, disclosure, state),
    )
    if disclosure != design.disclosure:
        Design.objects.filter(pk=design.pk, disclosure=design.disclosure).update(disclosure=disclosure)
    reach("moderation.decided")
    if rule.leads_to is not None:
        send_status(decision=decision, status=rule.leads_to)
    tell_creator(decision)
    if not asks:
        tell_reporters(decision)
        case.reports.filter(is_open=True).update(is_open=False)
    return decision


def facts(status: int, disclosure: str, case_state: str) -> dict[str, Any]:
    return {"status": state_word(status), "disclosure": str(disclosure), "case": str(case_state)}


def _check(rule: Rule, wish: Wish, design: Design, status: int) -> None:
    if wish.reason not in rule.reasons:
        raise ModerationRefused("reason", _("Choose a reason that fits what is to be done."))
    if not wish.text.strip():
        raise ModerationRefused("no_text", _("Say why in your own words: both sides read it."))
    if status not in rule.starts_from:
        raise ModerationRefused(
            "status", _("This cannot be done while the design is %(status)s.") % {"status": state_word(status)}
        )
    if wish.action == Action.CORRECT and (
        wish.disclosure not in Disclosure.values or wish.disclosure == design.disclosure
    ):
        raise ModerationRefused("disclosure", _("Choose another disclosure than the present one."))
