"""Shares, revenue and payouts as they stand on chain, and the payouts we intend."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import AddressField, EntryIdField, HashField, UintField


class ShareMovement(models.Model):
    """Share units passing from one address to another; a holding is the sum of these."""

    event = models.ForeignKey("contracts.ChainEvent", on_delete=models.CASCADE, related_name="share_movements")
    position = models.PositiveSmallIntegerField(default=0)
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    sender = AddressField()
    receiver = AddressField()
    units = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "position"], name="share_movement_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["receiver"], name="share_receiver"),
            models.Index(fields=["sender"], name="share_sender"),
            models.Index(fields=["chain_id", "entry_id"], name="share_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.units}"


class Source(models.IntegerChoices):
    """Where an entry's money came from: the ledger's numbers, and 0 for what descendants owed."""

    DESCENDANT = 0, _("from a derived work")
    SALE = 1, _("sale")
    RENEWAL = 2, _("renewal")
    UNITS = 3, _("manufactured pieces")
    RESALE = 4, _("resale")
    INBOX = 5, _("royalties from elsewhere")
    DONATION = 6, _("donation")


class RevenueEvent(models.Model):
    """Money that reached an entry: the projection of RevenueReceived. Base units of the currency."""

    event = models.OneToOneField("contracts.ChainEvent", on_delete=models.CASCADE, related_name="revenue_event")
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    currency = AddressField()
    gross = UintField()
    fee = UintField()
    ancestors = UintField()
    own = UintField()
    source = models.PositiveSmallIntegerField()
    ref = HashField(db_index=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["chain_id", "entry_id"], name="revenue_entry")]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.gross}"


class AncestorSettlement(models.Model):
    """An ancestor's part of a descendant's revenue, credited to the ancestor's holders: the projection of
    AncestorSettled. `entry_id` is the ancestor.
    """

    event = models.OneToOneField("contracts.ChainEvent", on_delete=models.CASCADE, related_name="ancestor_settlement")
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    descendant_id = EntryIdField()
    currency = AddressField()
    amount = UintField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["chain_id", "entry_id"], name="settlement_entry")]

    def __str__(self) -> str:
        return f"{self.descendant_id} to {self.entry_id} {self.amount}"


class Payout(models.Model):
    """Money that a holder was paid: the projection of Claimed, and of the ClaimOrdered that sent it elsewhere."""

    event = models.OneToOneField("contracts.ChainEvent", on_delete=models.CASCADE, related_name="payout")
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    currency = AddressField()
    holder = AddressField()
    paid_to = AddressField(help_text="the holder's own address, or where their signed order sent it")
    amount = UintField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["holder"], name="payout_holder"),
            models.Index(fields=["chain_id", "entry_id"], name="payout_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.holder} {self.amount}"

    @property
    def sent_elsewhere(self) -> bool:
        return self.paid_to != self.holder


class PayoutRun(models.Model):
    """Our intent to pay some holders of one entry by one claimFor. What was paid is only in Payout.

    Without holders it is a note that nobody had enough waiting.
    """

    class State(models.TextChoices):
        SENT = "sent"
        DONE = "done"
        FAILED = "failed"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    currency = AddressField()
    holders = ArrayField(AddressField())
    state = models.CharField(max_length=8, choices=State, default=State.SENT)
    reason = models.TextField(blank=True)
    through_hash = HashField(
        null=True, help_text="block of the newest revenue this run looked at; null when it left holders out"
    )
    ref = HashField(unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["chain_id", "entry_id", "currency"],
                name="one_open_payout_run",
                condition=models.Q(state="sent"),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
