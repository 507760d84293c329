"""What a version was made with, named so that it can be found again: a registered entry, or a thing elsewhere."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import EntryIdField


class Reference(models.Model):
    """A model, program or dataset that had a part in a version: an entry of the registry, so that its owners are known,
    or what stands elsewhere, by its name, license, and hash or why there is none."""

    class Kind(models.TextChoices):
        MODEL = "model", _("Model")
        PROGRAM = "program", _("Program")
        DATASET = "dataset", _("Training data")

    class WithoutHash(models.TextChoices):
        HOSTED = "hosted", _("It runs as a service: nobody outside has its file")
        NOT_KEPT = "not_kept", _("The file that was used was not kept")
        NO_FILE = "no_file", _("It is no single file, as a collection that changes")

    version = models.ForeignKey("designs.DesignVersion", on_delete=models.CASCADE, related_name="references")
    kind = models.CharField(max_length=8, choices=Kind)
    chain_id = models.PositiveBigIntegerField(null=True, blank=True)
    entry_id = EntryIdField(null=True, blank=True)
    name = models.CharField(max_length=160, blank=True)
    sha256 = models.CharField(max_length=64, blank=True, validators=[RegexValidator(r"^[0-9a-f]{64}$")])
    without_hash = models.CharField(
        max_length=8,
        blank=True,
        default="",
        db_default="",
        choices=WithoutHash,
        help_text="why there is no hash; older rows may have neither",
    )
    license = models.CharField(max_length=80, blank=True, help_text="an SPDX identifier, or its own name")
    address = models.URLField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(
                fields=["chain_id", "entry_id"],
                name="references_to_entry",
                condition=models.Q(entry_id__isnull=False),
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "kind", "entry_id"], name="reference_entry_once"),
            models.CheckConstraint(
                condition=models.Q(entry_id__isnull=False, chain_id__isnull=False, name="", license="")
                | (models.Q(entry_id__isnull=True, chain_id__isnull=True) & ~models.Q(name="") & ~models.Q(license="")),
                name="reference_is_an_entry_or_named_with_its_license",
            ),
            models.CheckConstraint(
                condition=models.Q(sha256="") | models.Q(without_hash=""), name="reference_has_a_hash_or_says_why_not"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.entry_id or self.name}"

    def stated(self) -> dict[str, str | None]:
        """As it stands in a record."""
        if self.entry_id is not None:
            return {"entry": self.entry_id}
        return {
            "name": self.name,
            "sha256": "0x" + self.sha256 if self.sha256 else None,
            "without_hash": self.without_hash or None,
            "license": self.license,
            "address": self.address or None,
        }
