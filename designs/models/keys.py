"""Keys that open encrypted copies."""

from typing import ClassVar

from django.db import models


class VersionKey(models.Model):
    """The one age key of a version: its public half, and its secret half wrapped by a store key.

    Never deleted: with it everybody who has a license loses what they can open.
    """

    version = models.OneToOneField("designs.DesignVersion", on_delete=models.PROTECT, related_name="key")
    recipient = models.CharField(max_length=80, unique=True)
    key_id = models.CharField(max_length=40, help_text="name of the store key that wraps it")
    sealed = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    wrapped_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["key_id", "id"], name="version_key_wrapped_by")]

    def __str__(self) -> str:
        return self.recipient

    @property
    def owner(self) -> str:
        """What the wrapping is bound to: a row that was moved to another version opens nothing."""
        return f"{self.version.design.public_id}/{self.version.number}/{self.recipient}"
