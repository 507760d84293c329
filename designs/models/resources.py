"""A model, program or data set that its owner registers as an entry, so that they earn on what is made with it."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from common.fields import EntryIdField, UintField

from .design import SHARE_UNITS, Contribution, Design
from .provenance import RegistryEntry
from .references import Reference

# The most that all ancestors of a work together get of its revenue, as the registry has it.
HALF_PPM = 500_000


class Resource(models.Model):
    """What its owner says of it, and what they ask of designs that are made with it. Its file is not kept by us."""

    class State(models.TextChoices):
        # As a design's states of the same names.
        DRAFT = Design.State.DRAFT.value, _("Draft")
        ANCHORING = Design.State.ANCHORING.value, _("Being registered")
        TAKEN_DOWN = Design.State.TAKEN_DOWN.value, _("Taken down")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="resources")
    kind = models.CharField(max_length=8, choices=Reference.Kind)
    name = models.CharField(max_length=120)
    version = models.CharField(max_length=80, blank=True)
    description = models.TextField(max_length=4000, blank=True)
    license = models.CharField(max_length=80, help_text="an SPDX identifier, or its own name")
    license_address = models.URLField(max_length=300, blank=True)
    address = models.URLField(max_length=300, blank=True, help_text="its page elsewhere")
    sha256 = models.CharField(max_length=64, validators=[RegexValidator(r"^[0-9a-f]{64}$")])
    size = models.PositiveBigIntegerField(null=True, blank=True, help_text="bytes, of a file that we hashed")
    hashed_here = models.BooleanField(default=False, help_text="by us from the file; else as its owner stated it")
    # Terms for works that are made with it, as DerivativeTermsDraft has them for a design.
    open = models.BooleanField(default=True)
    binding = models.BooleanField(default=False)
    ppm = models.PositiveIntegerField(default=0, help_text="of a work's revenue, parts per million")
    minimum = UintField(default=0, help_text="least fee of each sale, base units of the test dollar; 0: none")
    state = models.CharField(max_length=16, choices=State, default=State.DRAFT)
    state_reason = models.TextField(blank=True)
    chain_id = models.PositiveBigIntegerField(null=True, blank=True)
    entry_id = EntryIdField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-id"], name="resource_owner"),
            GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="resource_name"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chain_id", "entry_id"], name="resource_one_per_entry"),
            models.CheckConstraint(
                condition=~models.Q(name="") & ~models.Q(license=""), name="resource_has_name_and_license"
            ),
            models.CheckConstraint(condition=models.Q(ppm__lte=HALF_PPM), name="resource_part_half_at_most"),
            models.CheckConstraint(
                condition=models.Q(hashed_here=False, size__isnull=True)
                | models.Q(hashed_here=True, size__isnull=False, size__gt=0),
                name="resource_size_means_hashed_here",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("marketplace:resource", args=[self.public_id])

    @property
    def title(self) -> str:
        """Name and version, as it is called beside designs."""
        return f"{self.name} {self.version}".strip()

    @property
    def output_hash(self) -> str:
        """The SHA-256 as the chain writes it: 0x and 64 hex digits."""
        return "0x" + self.sha256

    @property
    def entry_kind(self) -> RegistryEntry.Kind:
        return ENTRY_KINDS[Reference.Kind(self.kind)]


class ResourcePart(models.Model):
    """A person's part in a resource: a role and the share units they start with."""

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="contributions")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="resource_parts")
    role = models.CharField(max_length=20, choices=Contribution.Role)
    units = models.PositiveIntegerField()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["resource", "account"], name="one_part_of_a_resource_per_person"),
            models.CheckConstraint(
                condition=models.Q(units__gte=1, units__lte=SHARE_UNITS), name="resource_part_units_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.role} {self.units}"

    @property
    def percent(self) -> str:
        """The share as people read it: 12.5 for 125,000 units."""
        return f"{self.units / 10_000:.4f}".rstrip("0").rstrip(".")


ENTRY_KINDS = {
    Reference.Kind.MODEL: RegistryEntry.Kind.MODEL,
    Reference.Kind.PROGRAM: RegistryEntry.Kind.PROGRAM,
    Reference.Kind.DATASET: RegistryEntry.Kind.DATASET,
}
