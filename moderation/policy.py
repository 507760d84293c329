"""What moderators may do, from which status, for which reasons, and what it means: the table behind the screen."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from designs.models import EntryStatus
from moderation.models import Decision

Action, Reason, Status = Decision.Action, Decision.Reason, EntryStatus.Status

# The kind of the transactions that carry a decision to the chain.
SET_STATUS = "moderation_status"
# A creator may answer a decision for so long; after it the decision stands.
APPEAL_PERIOD = timedelta(days=30)
APPEALABLE = (Action.CORRECT, Action.CONTEST, Action.SUSPEND)
REPORTS_AN_HOUR = 10


@dataclass(frozen=True)
class Rule:
    """One action: where it leads, from where it may start, and what it does on chain in a person's words."""

    action: str
    leads_to: int | None
    starts_from: tuple[int, ...]
    reasons: tuple[str, ...]
    does: "str | Promise"
    on_chain: "str | Promise"
    danger: bool = False

    @property
    def action_label(self) -> str:
        return str(Action(self.action).label)


_ANYWHERE = tuple(Status)
_NOTHING = _("On chain: nothing.")
NEVER = _(
    "What never happens: earned money is not touched, holders claim it as before, licenses that were sold stay "
    "valid, and nothing is erased from the record."
)

RULES: dict[str, Rule] = {
    rule.action: rule
    for rule in (
        Rule(
            Action.DISMISS,
            None,
            _ANYWHERE,
            (Reason.UNFOUNDED, Reason.SETTLED, Reason.OTHER),
            _("The reports are closed and the design stays as it is."),
            _NOTHING,
        ),
        Rule(
            Action.ASK,
            None,
            _ANYWHERE,
            (Reason.QUESTION, Reason.OTHER),
            _("The creator reads your question and answers; the case waits until then."),
            _NOTHING,
        ),
        Rule(
            Action.CORRECT,
            None,
            _ANYWHERE,
            (Reason.UNDISCLOSED_AI, Reason.MISTAKE, Reason.OTHER),
            _("The design page says how it was made as you choose below, and that a moderator corrected it."),
            _("On chain: nothing. The signed record keeps what the creator stated."),
        ),
        Rule(
            Action.CONTEST,
            Status.CONTESTED,
            (Status.ACTIVE,),
            (Reason.COPY, Reason.RIGHTS, Reason.OTHER),
            _("Buyers are warned before they pay. Sales go on."),
            _("On chain: status contested."),
        ),
        Rule(
            Action.SUSPEND,
            Status.SUSPENDED,
            (Status.ACTIVE, Status.CONTESTED, Status.WITHDRAWN),
            (Reason.COPY, Reason.RIGHTS, Reason.UNDISCLOSED_AI, Reason.UNLAWFUL, Reason.OTHER),
            _("Nothing of it is sold any more, here or by any market on the chain, and nothing derives from it."),
            _("On chain: status suspended."),
            danger=True,
        ),
        Rule(
            Action.RESTORE,
            Status.ACTIVE,
            (Status.CONTESTED, Status.SUSPENDED),
            (Reason.MISTAKE, Reason.SETTLED, Reason.UNFOUNDED, Reason.OTHER),
            _("It is sold again, by its offers as they stood."),
            _("On chain: status active."),
        ),
    )
}
