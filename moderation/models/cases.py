"""What people say about a published design, and the moderators' work with it."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.fields import HashField


class Case(models.Model):
    """One design in the queue, with all open reports about it. There is one at a time for a design."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        ASKED = "asked", _("Waits for the creator")
        CLOSED = "closed", _("Closed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    design = models.ForeignKey("designs.Design", on_delete=models.PROTECT, related_name="moderation_cases")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    turn = models.PositiveIntegerField(default=0, help_text="counts what was done: whoever acts names the one they saw")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    opened_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["design"], condition=~Q(state="closed"), name="one_open_case_per_design"),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | ~Q(state="closed") & Q(closed_at__isnull=True),
                name="closed_case_has_its_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "id"], name="case_queue", condition=~Q(state="closed")),
        ]

    def __str__(self) -> str:
        return f"{self.design_id} {self.state}"

    def get_absolute_url(self) -> str:
        return reverse("moderation:case", args=[self.public_id])


class Report(models.Model):
    """A complaint of one person about one design."""

    class Reason(models.TextChoices):
        COPY = "copy", _("It is a copy of another work")
        UNDISCLOSED_AI = "undisclosed_ai", _("It was made with AI and does not say so")
        RIGHTS = "rights", _("It violates somebody's rights")
        OTHER = "other", _("Something else")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reports")
    design = models.ForeignKey("designs.Design", on_delete=models.PROTECT, related_name="reports")
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reports")
    reason = models.CharField(max_length=16, choices=Reason)
    original = models.CharField(max_length=500, blank=True, help_text="of a copy: a design here, a link or a file hash")
    original_design = models.ForeignKey(
        "designs.Design", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    original_hash = HashField(blank=True, default="")
    statement = models.TextField(max_length=4000)
    is_open = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["design", "reporter"], condition=Q(is_open=True), name="one_open_report_per_person"
            ),
            models.CheckConstraint(condition=~Q(reason="copy") | ~Q(original=""), name="copy_names_its_original"),
        ]
        indexes: ClassVar = [models.Index(fields=["reporter", "-id"], name="report_reporter")]

    def __str__(self) -> str:
        return f"{self.design_id} {self.reason}"

    def get_absolute_url(self) -> str:
        return reverse("moderation:report_status", args=[self.public_id])

    @property
    def original_url(self) -> str:
        """The original as a link, where it is one that a browser may open."""
        return self.original if self.original.startswith(("https://", "http://")) else ""


class Answer(models.Model):
    """What a creator says to a moderator's question."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="answers")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.text[:40]


class Appeal(models.Model):
    """A creator's counter-notice to one decision. Another moderator than the first decides it."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        UPHELD = "upheld", _("Upheld")
        REJECTED = "rejected", _("Rejected")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    decision = models.OneToOneField("moderation.Decision", on_delete=models.PROTECT, related_name="appeal")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    statement = models.TextField(max_length=4000)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["id"], name="appeal_queue", condition=Q(state="open"))]

    def __str__(self) -> str:
        return f"{self.decision_id} {self.state}"

    def get_absolute_url(self) -> str:
        return reverse("moderation:appeal_case", args=[self.public_id])
