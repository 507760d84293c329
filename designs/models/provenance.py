"""What a design says of its making, and what stands of it on chain."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import AddressField, EntryIdField, HashField


class ProvenanceRecord(models.Model):
    """The canonical record of a version, with the salts that prove single fields. Private as a whole."""

    version = models.ForeignKey("designs.DesignVersion", on_delete=models.CASCADE, related_name="records")
    fields = models.JSONField()
    salts = models.JSONField()
    root = HashField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.root[:12]


class RegistryEntry(models.Model):
    """An entry as it stands on chain: the projection of EntryRegistered."""

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
    record_root = HashField()
    claim_order = models.PositiveIntegerField()
    signers = ArrayField(AddressField())
    custodial = ArrayField(models.BooleanField())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chain_id", "entry_id"], name="entry_once"),
            models.UniqueConstraint(fields=["chain_id", "output_hash", "claim_order"], name="claim_order_once"),
        ]

    def __str__(self) -> str:
        return self.entry_id
