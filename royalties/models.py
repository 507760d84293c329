"""Shares, revenue and payouts as they stand on chain, and the payouts we intend."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import AddressField, EntryIdField, HashField, UintField


class ShareMovement(models.Model):
    """Share units passing from one address to another; a holding is the sum of these."""

    # share_movement_once begins with it: an index of its own would only cost each row.
    event = models.ForeignKey(
        "contracts.ChainEvent",
        on_delete=models.CASCADE,
        related_name="share_movements",
        db_index=False,
        db_constraint=False,  # decision 0032
    )
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


class ClaimRequest(models.Model):
    """A holder's wish to be paid what waits, in one currency: an intent. What was paid is only in Payout."""

    class Way(models.TextChoices):
        CUSTODY = "custody", _("Signed by your custody address, sent by us")
        SIGNED = "signed", _("Signed by your wallet, sent by us")
        SENT = "sent", _("Sent by your wallet")

    class State(models.TextChoices):
        ASKED = "asked", _("Waiting for the wallet")
        GOING = "going", _("On its way")
        DONE = "done", _("Paid")
        FAILED = "failed", _("Failed")
        CANCELED = "canceled", _("Canceled")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="claim_requests")
    chain_id = models.PositiveBigIntegerField()
    holder = AddressField()
    paid_to = AddressField()
    currency = AddressField()
    entry_ids = ArrayField(EntryIdField())
    amount = UintField(help_text="what waited when it was asked for, in base units")
    way = models.CharField(max_length=8, choices=Way)
    asked_at_block = models.PositiveBigIntegerField(help_text="what was paid up to here was not for this")
    deadline = models.DateTimeField(help_text="the chain refuses the signed order later")
    salt = HashField()
    digest = HashField(unique=True, help_text="of the ClaimOrder")
    transaction_hash = HashField(null=True, blank=True, help_text="of the wallet's own transaction, as told by it")
    state = models.CharField(max_length=8, choices=State, default=State.ASKED)
    state_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            # Two at once would pay the first and spend the second's fee on nothing.
            models.UniqueConstraint(
                fields=["chain_id", "holder", "currency"],
                name="one_open_claim_request",
                condition=models.Q(state__in=["asked", "going"]),
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)
