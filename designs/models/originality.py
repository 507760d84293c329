"""What designs are compared by, and what the comparison found."""

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from pgvector.django import BitField, HalfVectorField, HnswIndex

from common.fields import HashField

if TYPE_CHECKING:
    from designs.models.design import DesignVersion

DESCRIPTOR = 64
PICTURE_HASH = 256


class Fingerprint(models.Model):
    """A file's fingerprints, computed in the child that reads it; by content, so once for equal bytes.

    `points` are what a surface is laid over another one by, and `thumbnail` what a picture is: no file is read again
    for it. What belongs to the other kind of file is empty.
    """

    asset = models.OneToOneField("designs.Asset", on_delete=models.CASCADE, related_name="fingerprint")
    algorithm = models.PositiveSmallIntegerField(help_text="only fingerprints of one algorithm are compared")
    content = HashField(db_index=True, help_text="of the triangles or the pixels, whatever the format")
    distances = HalfVectorField(dimensions=DESCRIPTOR, null=True)
    harmonics = HalfVectorField(dimensions=DESCRIPTOR, null=True)
    unstretched = HalfVectorField(dimensions=DESCRIPTOR, null=True, help_text="harmonics after undoing a stretch")
    points = models.BinaryField(null=True, help_text="8192 × 3 numbers of 16 bits")
    corners = models.BinaryField(null=True, help_text="of a coarse mesh, up to 1024 × 3 numbers of 16 bits")
    unstretched_points = models.BinaryField(null=True)
    quality = models.PositiveSmallIntegerField(null=True, help_text="of the picture's hash, 0 to 100")
    orientations = models.BinaryField(
        null=True, help_text="8 hashes of 32 bytes, turned and mirrored: of the whole, then of each band"
    )
    thumbnail = models.BinaryField(null=True, help_text="gray, 8 bits, row by row")
    thumbnail_width = models.PositiveSmallIntegerField(null=True)
    thumbnail_height = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes: ClassVar = [
            HnswIndex(
                name=f"fingerprint_{field}", fields=[field], m=16, ef_construction=64, opclasses=["halfvec_l2_ops"]
            )
            for field in ("distances", "harmonics", "unstretched")
        ]

    def __str__(self) -> str:
        return self.content


class PictureHash(models.Model):
    """A hash of a whole picture, or of a window or a band of it, as it is: the one who asks turns and mirrors."""

    fingerprint = models.ForeignKey(Fingerprint, on_delete=models.CASCADE, related_name="hashes")
    bits = BitField(length=PICTURE_HASH)
    whole = models.BooleanField()

    class Meta:
        indexes: ClassVar = [
            HnswIndex(
                name="picture_hash_bits", fields=["bits"], m=16, ef_construction=64, opclasses=["bit_hamming_ops"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.fingerprint_id} {'whole' if self.whole else 'part'}"


class OriginalityCheck(models.Model):
    """That a version was compared with all others, and by which thresholds."""

    version = models.OneToOneField("designs.DesignVersion", on_delete=models.CASCADE, related_name="originality")
    thresholds = models.PositiveIntegerField()
    checked_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["thresholds", "version"], name="originality_by_thresholds")]

    def __str__(self) -> str:
        return f"{self.version_id} by {self.thresholds}"


class OriginalityMatch(models.Model):
    """That a version shows the same as an earlier one of another design; a finding, and no judgment of anybody."""

    class Kind(models.TextChoices):
        SAME_FILE = "same_file", _("The same file")
        SAME_CONTENT = "same_content", _("The same geometry or pixels in another file")
        NEAR_COPY = "near_copy", _("A near copy")
        STRETCHED = "stretched", _("A near copy after stretching")

    version = models.ForeignKey("designs.DesignVersion", on_delete=models.CASCADE, related_name="matches")
    earlier = models.ForeignKey("designs.DesignVersion", on_delete=models.CASCADE, related_name="matched_by")
    kind = models.CharField(max_length=16, choices=Kind)
    measures = models.JSONField(default=dict, help_text="of the alignment, as its module names them")
    thresholds = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "earlier"], name="match_once"),
            models.CheckConstraint(condition=~models.Q(version=models.F("earlier")), name="match_of_two"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.kind} {self.earlier_id}"

    def of(self, version: "DesignVersion") -> "DesignVersion":
        """The other of the two."""
        return self.earlier if self.version_id == version.pk else self.version
