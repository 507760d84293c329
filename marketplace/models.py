"""Purchases."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import AddressField, EntryIdField, HashField, UintField
from marketplace.listings import Listing, ListingPrice

__all__ = ["Listing", "ListingPrice", "Order"]


class Order(models.Model):
    """A purchase: an intent. Whether it became a license is read from LicenseSold (marketplace.selectors.orders)."""

    class Way(models.TextChoices):
        CUSTODY = "custody", _("Without a wallet")
        SIGNED = "signed", _("Signed by a wallet, sent by us")
        SENT = "sent", _("Sent by a wallet")

    class State(models.TextChoices):
        PLACED = "placed", _("Waiting for payment")
        PAID = "paid", _("Paid, buying")
        FAILED = "failed", _("Failed")
        REFUNDED = "refunded", _("Failed and refunded")
        CANCELED = "canceled", _("Canceled")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    ref = HashField(unique=True)
    buyer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="orders")
    checkout_key = models.UUIDField()
    design = models.ForeignKey("designs.Design", on_delete=models.PROTECT, related_name="orders")
    template = models.ForeignKey("licensing.LicenseTemplate", on_delete=models.PROTECT, related_name="+")
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    terms_hash = HashField()
    currency = AddressField()
    price = UintField()
    quantity = models.PositiveIntegerField(default=1)
    recipient = AddressField()
    way = models.CharField(max_length=8, choices=Way, default=Way.CUSTODY)
    deadline = models.DateTimeField(null=True, blank=True, help_text="of a wallet's intent: the chain refuses it later")
    asked_at_block = models.PositiveBigIntegerField(
        null=True, blank=True, help_text="of a wallet's order: what was sold up to here was not for it"
    )
    intent = models.JSONField(null=True, blank=True, help_text="of a wallet's order: the typed data BuyIntent")
    intent_digest = HashField(null=True, blank=True, unique=True)
    transaction_hash = HashField(
        null=True, blank=True, help_text="of a wallet's order: where its sale stands, or is expected"
    )
    payment = models.OneToOneField(
        "payments.PaymentIntent", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField(max_length=10, choices=State, default=State.PLACED)
    state_reason = models.TextField(blank=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text="the buyer was told that the license is theirs")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["buyer", "checkout_key"], name="order_once_per_checkout"),
            # Of one wallet: nobody can take the place of another's order by naming its transaction first.
            models.UniqueConstraint(
                fields=["chain_id", "recipient", "transaction_hash"],
                name="order_once_per_transaction",
                condition=models.Q(transaction_hash__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["updated_at"],
                name="order_open",
                condition=models.Q(state__in=["placed", "paid"], told_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
