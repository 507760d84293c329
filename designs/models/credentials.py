"""The queue of published pictures to be signed with Content Credentials."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class PreviewCredential(models.Model):
    """That a picture of a published design is signed, or is to be. A picture that is made anew brings a new row."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Being signed")
        DONE = "done", _("Signed")
        FAILED = "failed", _("Failed")

    preview = models.OneToOneField("designs.Preview", on_delete=models.CASCADE, related_name="credential")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    certificate = models.CharField(
        max_length=64,
        blank=True,
        help_text="SHA-256 of the certificate that it was last given to, in hex; of old rows none",
    )
    beat_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["id"], name="credential_open", condition=models.Q(state__in=["waiting", "running"])),
            models.Index(
                fields=["certificate"], name="credential_certificate", condition=models.Q(state__in=["done", "failed"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.preview_id} {self.state}"
