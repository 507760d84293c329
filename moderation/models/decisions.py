"""What moderators decided: rows that nobody changes or deletes, which the database itself sees to."""

import hashlib
import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.fields import HashField
from designs.models import Disclosure


class Decision(models.Model):
    """One line of the log: who decided what, when and why, and what was before and after. Append-only."""

    class Action(models.TextChoices):
        DISMISS = "dismiss", _("Dismiss the reports")
        ASK = "ask", _("Ask the creator")
        CORRECT = "correct_disclosure", _("Correct the disclosure")
        CONTEST = "contest", _("Mark as contested")
        SUSPEND = "suspend", _("Take down")
        RESTORE = "restore", _("Restore")
        UPHOLD = "uphold_appeal", _("Uphold the appeal")
        REJECT = "reject_appeal", _("Reject the appeal")

    class Reason(models.TextChoices):
        COPY = "copy", _("It is a copy of another work")
        RIGHTS = "rights", _("It violates somebody's rights")
        UNDISCLOSED_AI = "undisclosed_ai", _("It was made with AI and did not say so")
        UNLAWFUL = "unlawful", _("It is against the law")
        UNFOUNDED = "unfounded", _("The report shows nothing against it")
        SETTLED = "settled", _("Both sides have settled it")
        QUESTION = "question", _("Something has to be known first")
        MISTAKE = "mistake", _("An earlier decision was wrong")
        CONFIRMED = "confirmed", _("The first decision was right")
        OTHER = "other", _("Another reason, as written")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey("moderation.Case", on_delete=models.PROTECT, related_name="decisions")
    design = models.ForeignKey("designs.Design", on_delete=models.PROTECT, related_name="decisions")
    on_appeal = models.OneToOneField(
        "moderation.Appeal", on_delete=models.PROTECT, null=True, blank=True, related_name="outcome"
    )
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=20, choices=Action)
    reason = models.CharField(max_length=16, choices=Reason)
    text = models.TextField(max_length=4000)
    before = models.JSONField(help_text="status on chain, disclosure and state of the case")
    after = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=~models.Q(text=""), name="decision_says_why"),
        ]
        indexes: ClassVar = [models.Index(fields=["design", "-id"], name="decisions_of_design")]

    def __str__(self) -> str:
        return f"{self.design_id} {self.action}"

    def get_absolute_url(self) -> str:
        return reverse("moderation:statement", args=[self.public_id])

    @property
    def before_disclosure(self) -> str:
        return _disclosure(self.before)

    @property
    def after_disclosure(self) -> str:
        return _disclosure(self.after)

    @property
    def statement(self) -> str:
        """The statement of reasons as its hash stands on chain: id, action, reason and text, a line each."""
        return "\n".join([str(self.public_id), self.action, self.reason, self.text])

    @property
    def statement_hash(self) -> str:
        """SHA-256 of the statement, 0x and 64 hex digits: the reason that StatusChanged tells."""
        return "0x" + hashlib.sha256(self.statement.encode()).hexdigest()


def _disclosure(facts: dict[str, str]) -> str:
    """The disclosure of a side of a decision, in a person's words."""
    return str(Disclosure(facts["disclosure"]).label)


class StatusCommand(models.Model):
    """A decision's status on its way to the chain, by the outbox. A failed one is followed by the next number."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="commands")
    number = models.PositiveSmallIntegerField()
    ref = HashField(unique=True)
    status = models.PositiveSmallIntegerField(help_text="designs.EntryStatus.Status")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["decision", "number"], name="one_command_per_try"),
        ]

    def __str__(self) -> str:
        return f"{self.decision_id} try {self.number}"
