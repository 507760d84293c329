"""What is delivered and is not the master byte for byte, with the operator's word that it came from the master."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import AddressField, EntryIdField
from contracts.verifier import Statement


class Rendition(models.Model):
    """One form of a version's master. The row is the queue: a sweeper makes what nobody makes.

    Once done it is never changed or deleted, for its file is in people's hands and is asked about: one whose file was
    lost is superseded by another.
    """

    class Form(models.TextChoices):
        CREDENTIALS = "credentials", _("The file as it is, with its proof embedded")
        GLB = "glb", _("Converted to GLB")
        STL = "stl", _("Converted to STL")
        THREEMF = "3mf", _("Converted to 3MF")
        RESIZED = "resized", _("Image of at most 2048 pixels")
        SIDECAR = "c2pa", _("Content Credentials to keep beside the file")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Being made")
        DONE = "done", _("Ready")
        FAILED = "failed", _("Failed")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    version = models.ForeignKey("designs.DesignVersion", on_delete=models.PROTECT, related_name="renditions")
    form = models.CharField(max_length=16, choices=Form)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    percent = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    message = models.TextField(blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    made_at = models.DateTimeField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    asset = models.ForeignKey(
        "designs.Asset", on_delete=models.PROTECT, related_name="renditions", null=True, blank=True
    )
    file_name = models.CharField(max_length=180, blank=True)
    master_sha256 = models.CharField(max_length=64)
    chain_id = models.PositiveBigIntegerField()
    registry = AddressField()
    entry_id = EntryIdField()
    embedded = models.TextField(blank=True, help_text="the signed statement in the file; empty where none fits in")
    statement = models.TextField(blank=True, help_text="the signed statement about the whole file")
    signer = AddressField(blank=True)
    has_credentials = models.BooleanField(default=False, help_text="Content Credentials in the file")
    manifest = models.ForeignKey(
        "designs.Asset",
        on_delete=models.PROTECT,
        related_name="manifest_of",
        null=True,
        blank=True,
        help_text="Content Credentials beside the file",
    )
    manifest_statement = models.TextField(
        blank=True, default="", db_default="", help_text="the signed statement about those; older rows wait for it"
    )

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["version", "form"],
                condition=models.Q(superseded_at__isnull=True),
                name="rendition_current_once",
            ),
            models.CheckConstraint(condition=models.Q(percent__lte=100), name="rendition_percent_in_range"),
            models.CheckConstraint(
                condition=~models.Q(state="done") | (models.Q(asset__isnull=False) & ~models.Q(statement="")),
                name="rendition_done_is_whole",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["beat_at"], name="rendition_open", condition=models.Q(state__in=["waiting", "running"])
            ),
            models.Index(
                fields=["id"],
                name="rendition_manifest_unsigned",
                condition=models.Q(manifest__isnull=False, manifest_statement=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.form} {self.state}"

    @property
    def pending(self) -> bool:
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def ready(self) -> bool:
        return self.state == self.State.DONE

    @property
    def beside(self) -> Statement:
        """What is kept beside the file. Of a rendition that is ready."""
        return Statement.read(self.statement.encode())

    def stated(self, sha256: str) -> Statement:
        """What is kept beside the file with this SHA-256: this rendition, or the Content Credentials beside it."""
        return self.beside if self.is_file(sha256) else Statement.read(self.manifest_statement.encode())

    def is_file(self, sha256: str) -> bool:
        return self.asset is not None and self.asset.sha256 == sha256
