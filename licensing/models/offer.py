"""Terms, and what is on offer under them."""

from typing import ClassVar

from django.db import models

from common.fields import AddressField, EntryIdField, HashField, UintField


class LicenseTemplate(models.Model):
    """License terms. `terms_hash` is what is sold: it covers the canonical document (rights and text together, by
    its keccak-256 `text_hash`) and the facts that contracts act on, which follow from the rights.
    """

    code = models.SlugField(max_length=40)
    version = models.CharField(max_length=20)
    title = models.CharField(max_length=80)
    summary = models.CharField(max_length=240)
    text = models.TextField()
    rights = models.JSONField()
    text_hash = HashField(unique=True)
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
    """An offer as an event left it: the projection of OfferOpened and, with `is_open` false and without a price, of
    OfferClosed. Of the rows of one entry, terms and currency the newest holds.
    """

    event = models.OneToOneField("contracts.ChainEvent", on_delete=models.CASCADE, related_name="offer")
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    terms_hash = HashField()
    currency = AddressField()
    is_open = models.BooleanField(default=True)
    price = UintField(help_text="per license, base units")
    supply = models.PositiveBigIntegerField(help_text="0 means unlimited")
    starts_at = models.DateTimeField(null=True, blank=True, help_text="null means at once")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="null means never")
    wallet_cap = models.PositiveBigIntegerField(default=0, help_text="for one account; 0 means unlimited")
    unit_price = UintField(default=0, help_text="per manufactured piece, base units")
    restricted = models.BooleanField(default=False, help_text="sold to a list or to holders of a token only")

    class Meta:
        ordering: ClassVar = ["price"]
        indexes: ClassVar = [
            models.Index(fields=["chain_id", "entry_id", "terms_hash", "currency"], name="offer_of_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.price}"


class EntryClosing(models.Model):
    """An exclusive license was sold: the market sells nothing more of the entry. The projection of EntryClosed."""

    event = models.OneToOneField("contracts.ChainEvent", on_delete=models.CASCADE, related_name="entry_closing")
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    license_id = UintField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["chain_id", "entry_id"], name="entry_closing_of")]

    def __str__(self) -> str:
        return self.entry_id
