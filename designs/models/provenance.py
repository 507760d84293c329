"""What a design says of its making, and what stands of it on chain."""

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from common.fields import AddressField, EntryIdField, HashField
from designs.provenance import SaltedRecord


class ProvenanceRecord(models.Model):
    """The canonical record of a version of a design, or of a resource, with the salts that prove single fields.
    Private as a whole."""

    version = models.ForeignKey(
        "designs.DesignVersion", on_delete=models.CASCADE, null=True, blank=True, related_name="records"
    )
    resource = models.ForeignKey(
        "designs.Resource", on_delete=models.CASCADE, null=True, blank=True, related_name="records"
    )
    fields = models.JSONField()
    salts = models.JSONField()
    root = HashField(unique=True)
    schema = models.PositiveSmallIntegerField(default=1, help_text="version of designs.provenance, part of every leaf")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(version__isnull=False, resource__isnull=True)
                | models.Q(version__isnull=True, resource__isnull=False),
                name="record_is_of_a_version_or_a_resource",
            ),
        ]

    def __str__(self) -> str:
        return self.root[:12]

    @property
    def salted(self) -> SaltedRecord:
        """The record as a tree, from which fields are proven."""
        return SaltedRecord(self.fields, self.salts, self.schema)


def _claimed_before(time: Any, number: Any, index: Any) -> Q:
    """Whether a claim came before one of this time, block number and log index."""
    return (
        Q(claimed_at__lt=time)
        | Q(claimed_at=time, event__block__number__lt=number)
        | Q(claimed_at=time, event__block__number=number, event__log_index__lt=index)
    )


class RegistryEntryQuerySet(models.QuerySet["RegistryEntry"]):
    def claimed_before(self, entry: "RegistryEntry") -> "RegistryEntryQuerySet":
        """Those whose claims came before that of `entry`, of whichever file."""
        event = entry.event
        return self.filter(_claimed_before(entry.claimed_at, event.block.number, event.log_index))

    def with_claim_order(self) -> "RegistryEntryQuerySet":
        """Annotate claim_order: 1 for the first claim of the file known to this registry, 2 for the next one."""
        number, index = OuterRef("event__block__number"), OuterRef("event__log_index")
        earlier = (
            RegistryEntry.objects.filter(chain_id=OuterRef("chain_id"), output_hash=OuterRef("output_hash"))
            .filter(_claimed_before(OuterRef("claimed_at"), number, index))
            .order_by()
            .values("output_hash")
            .annotate(number=Count("pk"))
            .values("number")
        )
        return self.annotate(claim_order=Coalesce(Subquery(earlier), 0) + 1)


class RegistryEntry(models.Model):
    """An entry as it stands on chain: the projection of EntryRegistered. Its place among the claims of its file
    follows from all of them (`with_claim_order`): one that is registered later may have been committed earlier.
    """

    class Kind(models.IntegerChoices):
        DESIGN = 0, _("Design")
        MODEL = 1, _("Model")
        PROGRAM = 2, _("Program")
        DATASET = 3, _("Dataset")

    event = models.OneToOneField("contracts.ChainEvent", on_delete=models.CASCADE, related_name="registry_entry")
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    creator = AddressField()
    output_hash = HashField()
    kind = models.PositiveSmallIntegerField(choices=Kind)
    record_root = HashField(db_index=True)
    claimed_at = models.DateTimeField(help_text="when it was committed to, else when it was registered")
    signers = ArrayField(AddressField())
    custodial = ArrayField(models.BooleanField())

    objects = RegistryEntryQuerySet.as_manager()

    # Claims of one file as they count: by the time of the claim, then by their place on the chain.
    ORDER: ClassVar = ("chain_id", "claimed_at", "event__block__number", "event__log_index")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chain_id", "entry_id"], name="entry_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["output_hash", "chain_id", "claimed_at"], name="claims_of_output")]

    def __str__(self) -> str:
        return self.entry_id


class EntryStatus(models.Model):
    """What moderators and controllers made of an entry: the projection of StatusChanged. The newest one holds."""

    class Status(models.IntegerChoices):
        ACTIVE = 0, _("active")
        CONTESTED = 1, _("contested")
        SUSPENDED = 2, _("suspended")
        WITHDRAWN = 3, _("withdrawn")

    event = models.OneToOneField("contracts.ChainEvent", on_delete=models.CASCADE, related_name="entry_status")
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    status = models.PositiveSmallIntegerField(choices=Status)
    reason = HashField(help_text="hash of the decision's text, or zero")
    by = AddressField()

    class Meta:
        verbose_name_plural = "entry statuses"
        indexes: ClassVar = [models.Index(fields=["chain_id", "entry_id"], name="entry_status_of")]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.get_status_display()}"


class EntryVersion(models.Model):
    """A further version of an entry: the projection of VersionAdded. The first one is the entry's own output."""

    event = models.OneToOneField("contracts.ChainEvent", on_delete=models.CASCADE, related_name="entry_version")
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    number = models.PositiveIntegerField()
    output_hash = HashField(db_index=True)
    record_root = HashField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chain_id", "entry_id", "number"], name="entry_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} v{self.number}"


class EntryAncestor(models.Model):
    """A line of a derived entry's ancestors' table: the projection of AncestorsFixed. Parts per million."""

    event = models.ForeignKey("contracts.ChainEvent", on_delete=models.CASCADE, related_name="entry_ancestors")
    position = models.PositiveSmallIntegerField()
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    ancestor_id = EntryIdField()
    ppm = models.PositiveIntegerField(help_text="of every deposit of the entry")
    binding_ppm = models.PositiveIntegerField(help_text="of it, what descendants of the entry owe as well")
    direct = models.BooleanField(help_text="whether it is a parent")

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chain_id", "entry_id", "ancestor_id"], name="entry_ancestor_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["chain_id", "ancestor_id"], name="descendants_of")]

    def __str__(self) -> str:
        return f"{self.entry_id} owes {self.ancestor_id} {self.ppm}"
