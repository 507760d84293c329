"""What Content Credentials an uploaded file brought."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class FileCredentials(models.Model):
    """What was found in a version's master when it was inspected; no row where nothing was looked for yet.

    `said` is as designs.credentials.FoundCredentials has it: a claim of whoever signed it, cut to a size.
    """

    class State(models.TextChoices):
        TRUSTED = "trusted", _("trusted")
        VALID = "valid", _("valid")
        INVALID = "invalid", _("invalid")
        ABSENT = "absent", _("absent")

    version = models.OneToOneField("designs.DesignVersion", on_delete=models.CASCADE, related_name="credentials")
    state = models.CharField(max_length=8, choices=State)
    said = models.JSONField(default=dict)
    read_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "file credentials"

    def __str__(self) -> str:
        return f"{self.version_id} {self.state}"
