"""What is found wrong with stored files, and how far the scheduled look at all of them is."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class ScrubFinding(models.Model):
    """A stored file that was lost or damaged. One row until it is there again; the next fault gets another."""

    class State(models.TextChoices):
        FOUND = "found", _("Found, not yet repaired")
        RESTORED = "restored", _("Restored")
        LOST = "lost", _("Lost: no good copy is known")

    class Source(models.TextChoices):
        REPLICA = "replica", _("the replica")
        PUBLIC_COPY = "public", _("an encrypted public copy")
        ELSEWHERE = "other", _("another repair, or a new upload")

    store = models.CharField(max_length=16, help_text="masters or previews")
    sha256 = models.CharField(max_length=64)
    fault = models.CharField(max_length=16, help_text="blob_missing or blob_corrupt")
    found_by = models.CharField(max_length=8, help_text="read or scrub")
    state = models.CharField(max_length=8, choices=State, default=State.FOUND)
    source = models.CharField(max_length=8, choices=Source, blank=True, help_text="what it was restored from")
    created_at = models.DateTimeField(auto_now_add=True)
    looked_at = models.DateTimeField()
    restored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["store", "sha256"], name="finding_open_once", condition=~models.Q(state="restored")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.store} {self.sha256[:12]}: {self.state}"


class ScrubCursor(models.Model):
    """How far the present round through a store is. A slice belongs to whoever took the lease."""

    store = models.CharField(max_length=16, unique=True)
    after = models.CharField(max_length=64, blank=True, help_text="the last SHA-256 that was looked at")
    checked = models.PositiveBigIntegerField(default=0, help_text="in this round")
    round_began_at = models.DateTimeField()
    last_round_ended_at = models.DateTimeField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.store} after {self.after[:12] or 'the beginning'}"
