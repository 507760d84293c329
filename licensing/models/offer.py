"""Terms, and what is on offer under them."""

from typing import ClassVar

from django.db import models

from common.fields import AddressField, EntryIdField, HashField, UintField


class LicenseTemplate(models.Model):
    """License terms. The hash of the canonical document (rights and text together) is what is sold."""

    code = models.SlugField(max_length=40)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=80)
    summary = models.CharField(max_length=240)
    text = models.TextField()
    rights = models.JSONField()
    terms_hash = HashField(unique=True)
    active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="template_version_once"),
            models.UniqueConstraint(fields=["code"], name="one_active_template", condition=models.Q(active=True)),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"


class Offer(models.Model):
    """An entry, terms and a price, as they stand on chain: the projection of OfferOpened."""

    event = models.OneToOneField("contracts.ChainEvent", on_delete=models.CASCADE, related_name="offer")
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    terms_hash = HashField()
    currency = AddressField()
    price = UintField()
    supply = models.PositiveBigIntegerField(help_text="0 means unlimited")

    class Meta:
        ordering: ClassVar = ["price"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["chain_id", "entry_id", "terms_hash"], name="offer_once"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.price}"
