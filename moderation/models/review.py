"""Decisions before anything anchors."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import HashField


class Review(models.Model):
    """Whether a frozen draft may be anchored: decided by a rule or by a moderator, with the reason."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting for a moderator")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")

    class Rule(models.TextChoices):
        NOTHING_TO_ASK = "nothing_to_ask", _("Nothing to ask")
        ALREADY_CLAIMED = "already_claimed", _("The file is claimed by someone else")
        LOOKS_LIKE_ANOTHER = "looks_like_another", _("It shows what a design of someone else shows")
        DISCLOSURE_CONTRADICTS = "disclosure_contradicts", _("Said to be without AI, but names a prompt")
        FILE_CONTRADICTS = "file_contradicts", _("The file says another thing of AI than its creator")

    version = models.ForeignKey("designs.DesignVersion", on_delete=models.CASCADE, related_name="reviews")
    digest = HashField(unique=True, help_text="of the frozen registration that is judged")
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    rule = models.CharField(max_length=60, choices=Rule, help_text="what decided, or what asked for a moderator")
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="review_pending", condition=models.Q(state="pending")),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.state}"
