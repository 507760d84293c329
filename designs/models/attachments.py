"""Further files of a version beside its master."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class Attachment(models.Model):
    """A file that a version carries beside its master: bytes of any kind, never parsed by us.

    Its name, role, hash and size are a field of the record, and it is as immutable as its version.
    """

    class Role(models.TextChoices):
        SOURCE = "source", _("Source: script, notebook, CAD")
        WORKFLOW = "workflow", _("Workflow")
        PARAMETERS = "parameters", _("Parameters")
        TEXTURES = "textures", _("Textures and materials")
        DOCUMENTATION = "documentation", _("Documentation, print notes")
        OTHER = "other", _("Other")

    class Release(models.TextChoices):
        PRIVATE = "private", _("Stays with you: only its hash is in the record")
        WITH_LICENSE = "with_license", _("Comes with every license")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    version = models.ForeignKey("designs.DesignVersion", on_delete=models.CASCADE, related_name="attachments")
    asset = models.ForeignKey("designs.Asset", on_delete=models.PROTECT, related_name="attached")
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=16, choices=Role)
    release = models.CharField(max_length=16, choices=Release, default=Release.PRIVATE)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint("version", Lower("name"), name="attachment_name_once"),
            models.UniqueConstraint(fields=["version", "asset"], name="attachment_file_once"),
            models.CheckConstraint(condition=~models.Q(name=""), name="attachment_has_name"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.name}"

    @property
    def released(self) -> bool:
        """Whether holders of a license get it."""
        return self.release == self.Release.WITH_LICENSE

    @property
    def short_role(self) -> str:
        """The role in one or two words, for lists."""
        return str(self.get_role_display()).split(":")[0].split(",")[0]

    def stated(self) -> dict[str, str | int]:
        """As it stands in a record."""
        return {
            "name": self.name,
            "role": self.role,
            "sha256": self.asset.output_hash,
            "size": self.asset.size,
            "release": self.release,
        }
