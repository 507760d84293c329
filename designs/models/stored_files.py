"""What lies in our stores, written down before it comes."""

from typing import ClassVar

from django.db import models


class StoredFile(models.Model):
    """That a file was, or is about to be, put into one of our stores by us. It goes with the file."""

    store = models.CharField(max_length=16, help_text="masters or previews")
    sha256 = models.CharField(max_length=64)
    left_at = models.DateTimeField(
        null=True, help_text="since when no row is known to refer to it; none while one does, as far as we have looked"
    )

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["store", "sha256"], name="stored_file_once")]
        indexes: ClassVar = [
            models.Index(fields=["left_at"], name="stored_file_left", condition=models.Q(left_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.store} {self.sha256[:12]}"
