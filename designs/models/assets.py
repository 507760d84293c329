"""Files by content, what we show of them, and the steps that got us there."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


class Asset(models.Model):
    """A file by its content. The bytes lie in the blob store under the same SHA-256."""

    sha256 = models.CharField(max_length=64, unique=True, validators=[RegexValidator(r"^[0-9a-f]{64}$")])
    cid = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def output_hash(self) -> str:
        """The SHA-256 as the chain writes it: 0x and 64 hex digits."""
        return "0x" + self.sha256


class Preview(models.Model):
    """A derivative for showing. Never the master."""

    class Kind(models.TextChoices):
        FIRST = "first", _("First picture, until there are images")
        COVER = "cover", _("Rendered cover, from which images are made")
        IMAGE = "image", _("Image")
        BLUR = "blur", _("Blurred placeholder")
        CLAY = "clay", _("Clay")
        WIREFRAME = "wireframe", _("Wireframe")
        WALLS = "walls", _("Walls")
        VIEWER = "viewer", _("Viewer model")
        VIEWER_LIGHT = "viewer_light", _("Viewer model with few triangles")

    version = models.ForeignKey("designs.DesignVersion", on_delete=models.CASCADE, related_name="previews")
    kind = models.CharField(max_length=16, choices=Kind)
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=80)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField()

    class Meta:
        ordering: ClassVar = ["width", "id"]
        indexes: ClassVar = [models.Index(fields=["sha256"], name="preview_file")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "kind", "width", "media_type"], name="preview_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.width}px {self.media_type}"


class ProcessingStep(models.Model):
    """One step between upload and a complete draft. The row is the queue: a sweeper runs what nobody runs."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    class Name(models.TextChoices):
        INSPECT = "inspect", _("Inspect the file")
        FIRST = "first", _("Make a first picture")
        COVER = "cover", _("Render the cover")
        VIEWER = "viewer", _("Prepare the 3D view")
        DERIVATIVES = "derivatives", _("Make previews")
        MEASURE = "measure", _("Measure walls and gaps")
        VIEWS = "views", _("Draw clay and wireframe")
        WALL_MAP = "wall_map", _("Show where walls are thin")
        FINGERPRINT = "fingerprint", _("Compare with other designs")
        LARGE_COVER = "large_cover", _("Render the cover in full size")

    version = models.ForeignKey("designs.DesignVersion", on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=16, choices=Name)
    position = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    percent = models.PositiveSmallIntegerField(default=0)
    attempts = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=40, blank=True)
    message = models.TextField(blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "name"], name="step_once"),
            models.CheckConstraint(condition=models.Q(percent__lte=100), name="step_percent_in_range"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["beat_at"], name="step_open", condition=models.Q(state__in=["waiting", "running"])),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.state}"
