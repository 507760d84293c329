"""What search reads: a row for each design on show, and one for each currency that it is sold in.

Both follow from other rows alone and are kept by PostgreSQL itself, in the transaction that changes those
(marketplace/sql/listings.sql; docs/decisions/0018-listings-are-kept-by-the-database.md). Nothing here writes them.
"""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from common.fields import AddressField, UintField


class Listing(models.Model):
    """A design on show as search sees it. `document` is what full text reads, `words` what forgives typing."""

    design = models.OneToOneField("designs.Design", on_delete=models.CASCADE, primary_key=True, related_name="listing")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8)
    disclosure = models.CharField(max_length=16)
    program = models.CharField(max_length=160, help_text="model or program of its newest version; may be empty")
    tags = ArrayField(models.CharField(max_length=32))
    document = SearchVectorField()
    words = models.TextField(help_text="title, creator, program and tags in lower case")
    claimed_at = models.DateTimeField()
    licensed = models.PositiveBigIntegerField(default=0, help_text="licenses sold of it")

    class Meta:
        indexes: ClassVar = [
            GinIndex(fields=["document"], name="listing_document"),
            GinIndex(OpClass(models.F("words"), name="gin_trgm_ops"), name="listing_words"),
            GinIndex(fields=["tags"], name="listing_tags"),
            models.Index(fields=["claimed_at", "design"], name="listing_newest"),
            models.Index(fields=["licensed", "design"], name="listing_licensed"),
            models.Index(fields=["owner", "claimed_at", "design"], name="listing_owner"),
        ]

    def __str__(self) -> str:
        return self.words[:60]


class ListingPrice(models.Model):
    """The lowest price of a listing in one currency now (base units), and the license templates on offer by code."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="prices")
    currency = AddressField()
    price = UintField()
    licenses = ArrayField(models.CharField(max_length=40))

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["listing", "currency"], name="listing_price_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["currency", "price", "listing"], name="listing_price")]

    def __str__(self) -> str:
        return f"{self.listing_id} from {self.price}"
