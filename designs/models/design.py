"""The work, its iterations, and who had a part in it."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.fields import EntryIdField

SHARE_UNITS = 1_000_000


class Disclosure(models.TextChoices):
    AI_GENERATED = "ai_generated", _("Made by an AI model")
    AI_ASSISTED = "ai_assisted", _("Made with help of an AI model")
    NOT_AI = "not_ai", _("Not made by an AI model")


class Design(models.Model):
    """A work. Its state is what people did to it; what the chain says of it is computed (see selectors)."""

    class State(models.TextChoices):
        PROCESSING = "processing", _("Processing")
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        ANCHORING = "anchoring", _("Being published")
        REJECTED = "rejected", _("Rejected")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        TAKEN_DOWN = "taken_down", _("Taken down")

    class Kind(models.TextChoices):
        IMAGE = "image", _("Image")
        MESH = "mesh", _("3D model")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="designs")
    title = models.CharField(max_length=120)
    description = models.TextField(max_length=4000, blank=True)
    tags = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    kind = models.CharField(max_length=8, choices=Kind)
    disclosure = models.CharField(max_length=16, choices=Disclosure)
    state = models.CharField(max_length=16, choices=State, default=State.PROCESSING)
    state_reason = models.TextField(blank=True)
    watermark = models.BooleanField(default=False)
    chain_id = models.PositiveBigIntegerField(null=True, blank=True)
    entry_id = EntryIdField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    search = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("description", weight="B", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            GinIndex(fields=["search"], name="design_search"),
            GinIndex(fields=["tags"], name="design_tags"),
            models.Index(fields=["owner", "-id"], name="design_owner"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chain_id", "entry_id"], name="design_one_per_entry"),
            models.CheckConstraint(condition=~models.Q(title=""), name="design_has_title"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("marketplace:design", args=[self.public_id])


class LengthUnit(models.TextChoices):
    MILLIMETER = "mm", _("Millimeters")
    CENTIMETER = "cm", _("Centimeters")
    METER = "m", _("Meters")
    INCH = "in", _("Inches")
    FOOT = "ft", _("Feet")
    MICROMETER = "um", _("Micrometers")


class UpAxis(models.TextChoices):
    Z = "z", _("Z, as most printing and CAD programs have it")
    Y = "y", _("Y, as most animation programs have it")


class DesignVersion(models.Model):
    """One iteration of a design: its master file and how it was made. Immutable once anchored."""

    design = models.ForeignKey(Design, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(default=1)
    master = models.ForeignKey("designs.Asset", on_delete=models.PROTECT, related_name="master_of")
    file_name = models.CharField(max_length=160)
    model_name = models.CharField(max_length=160, blank=True)
    model_version = models.CharField(max_length=80, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    prompt = models.TextField(max_length=8000, blank=True)
    seed = models.CharField(max_length=80, blank=True)
    tools = ArrayField(models.CharField(max_length=160), default=list, blank=True)
    file_says = models.JSONField(default=dict, blank=True, help_text="of its own making: a claim, read by us")
    read_from_file = ArrayField(
        models.CharField(max_length=20), default=list, blank=True, help_text="fields filled so, and not confirmed yet"
    )
    facts = models.JSONField(default=dict, blank=True)
    # By the creator, for a format that does not say it.
    stated_units = models.CharField(max_length=2, choices=LengthUnit, blank=True)
    stated_up = models.CharField(max_length=1, choices=UpAxis, blank=True)
    # Came, or was planned anew, with many others: its processing lets pass what somebody waits for.
    bulk = models.BooleanField(default=False)
    # When this file came: of two that show the same, the one that came first is the earlier.
    file_at = models.DateTimeField(default=timezone.now, db_default=Now())
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["design", "number"], name="version_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.design_id} v{self.number}"


class Contribution(models.Model):
    """A person's part in a design: a role and the share units they start with."""

    class Role(models.TextChoices):
        DESIGNER = "designer", _("Designer")
        MODEL_ARCHITECT = "model_architect", _("Model architect")
        PROMPT_ENGINEER = "prompt_engineer", _("Prompt engineer")
        TWEAKER = "tweaker", _("Tweaker")
        DATASET_PROVIDER = "dataset_provider", _("Dataset provider")
        HOST = "host", _("Host")

    design = models.ForeignKey(Design, on_delete=models.CASCADE, related_name="contributions")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="contributions")
    role = models.CharField(max_length=20, choices=Role)
    units = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["design", "account"], name="one_part_per_person"),
            models.CheckConstraint(
                condition=models.Q(units__gte=1, units__lte=SHARE_UNITS), name="contribution_units_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.role} {self.units}"

    @property
    def percent(self) -> str:
        """The share as people read it: 12.5 for 125,000 units."""
        return f"{self.units / 10_000:.4f}".rstrip("0").rstrip(".")
