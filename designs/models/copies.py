"""Encrypted copies in public stores."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .assets import Asset


class PublicCopy(models.Model):
    """A version's master, or a file that comes with every license, encrypted to the version's key, in a store that
    everybody can read.

    The row is the queue. The ciphertext's address stands here before a byte of it is sent, so that sending it again
    is sending the same copy.
    """

    class Place(models.TextChoices):
        IPFS = "ipfs", "IPFS"
        ARWEAVE = "arweave", "Arweave"

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        SENDING = "sending", _("Being sent")
        STANDING = "standing", _("Public")
        FAILED = "failed", _("Failed")
        LEAVING = "leaving", _("To be removed")
        REMOVING = "removing", _("Being removed")
        REMOVED = "removed", _("Removed")

    version = models.ForeignKey("designs.DesignVersion", on_delete=models.PROTECT, related_name="public_copies")
    attachment = models.ForeignKey(
        "designs.Attachment",
        on_delete=models.PROTECT,
        related_name="public_copies",
        null=True,
        blank=True,
        help_text="of which it is a copy; none for the master",
    )
    place = models.CharField(max_length=8, choices=Place)
    chosen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="who read that a leaked key opens it for ever, and chose it",
    )
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    sha256 = models.CharField(max_length=64, blank=True, help_text="of the ciphertext, as all that follows")
    cid = models.CharField(max_length=120, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    name = models.CharField(max_length=120, blank=True, help_text="what the store calls it: a CID, a transaction's id")
    percent = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    message = models.TextField(blank=True)
    detail = models.TextField(blank=True, help_text="for the operator")
    created_at = models.DateTimeField(auto_now_add=True)
    not_before = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    standing_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        verbose_name_plural = "public copies"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["version", "place", "attachment"],
                name="one_copy_in_a_place",
                condition=~models.Q(state="removed"),
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=~models.Q(state="standing") | (~models.Q(sha256="") & ~models.Q(name="")),
                name="standing_copy_has_address",
            ),
            models.CheckConstraint(condition=models.Q(percent__lte=100), name="copy_percent_in_range"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["id"],
                name="copy_open",
                condition=models.Q(state__in=["waiting", "sending", "leaving", "removing"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} on {self.get_place_display()}: {self.state}"

    @property
    def asset(self) -> Asset:
        """What it is a copy of."""
        return self.version.master if self.attachment is None else self.attachment.asset

    @property
    def file_name(self) -> str:
        """What the file is called where it is opened."""
        return self.version.file_name if self.attachment is None else self.attachment.name

    @property
    def moving(self) -> bool:
        """Whether something is being done about it."""
        return self.state in (self.State.WAITING, self.State.SENDING, self.State.LEAVING, self.State.REMOVING)
