"""What buyers hold, and what they fetched with it."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models

from common.fields import AddressField, EntryIdField, HashField, UintField
from common.identifiers import ZERO_HASH


class LicenseSale(models.Model):
    """A license sold: the projection of LicenseSold."""

    event = models.OneToOneField("contracts.ChainEvent", on_delete=models.CASCADE, related_name="license_sale")
    chain_id = models.PositiveBigIntegerField()
    entry_id = EntryIdField()
    license_id = UintField()
    holder = AddressField()
    payer = AddressField()
    terms_hash = HashField()
    currency = AddressField()
    price = UintField(help_text="per license, base units")
    quantity = models.PositiveBigIntegerField()
    version = models.PositiveBigIntegerField(default=1, help_text="of the entry when it was sold")
    ref = HashField(db_index=True)
    voucher = HashField(default=ZERO_HASH, help_text="digest of the voucher that sold it; zero: the offer counts it")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["chain_id", "entry_id"], name="sale_entry"),
            models.Index(fields=["holder"], name="sale_holder"),
        ]

    def __str__(self) -> str:
        return f"{self.license_id} to {self.holder}"


class LicenseMovement(models.Model):
    """Licenses passing from one address to another; what someone holds is the sum of these."""

    event = models.ForeignKey(
        "contracts.ChainEvent",
        on_delete=models.CASCADE,
        related_name="license_movements",
        db_index=False,  # license_movement_once begins with it
        db_constraint=False,  # decision 0032
    )
    position = models.PositiveSmallIntegerField(default=0)
    chain_id = models.PositiveBigIntegerField()
    license_id = UintField()
    entry_id = EntryIdField()
    sender = AddressField()
    receiver = AddressField()
    quantity = UintField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["event", "position"], name="license_movement_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["receiver"], name="license_receiver"),
            models.Index(fields=["sender"], name="license_sender"),
        ]

    def __str__(self) -> str:
        return f"{self.license_id} {self.quantity}"


class LicenseRevocation(models.Model):
    """What a holder has of a license gives no rights any more: the projection of LicenseRevoked. It stays where it is;
    more that is bought later is valid again, so the newest quantity is what does not count.
    """

    event = models.OneToOneField("contracts.ChainEvent", on_delete=models.CASCADE, related_name="license_revocation")
    chain_id = models.PositiveBigIntegerField()
    license_id = UintField()
    holder = AddressField()
    quantity = UintField(help_text="held, and so revoked, at that moment")
    reason = HashField(help_text="hash of the decision's text")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["holder"], name="revocation_holder")]

    def __str__(self) -> str:
        return f"{self.license_id} of {self.holder}"


class LicenseExpiry(models.Model):
    """Until when a license with a serial lasts: the projection of LicenseIssued and SubscriptionUpdate. It only
    moves later, so the latest holds; null is without end.
    """

    event = models.OneToOneField("contracts.ChainEvent", on_delete=models.CASCADE, related_name="license_expiry")
    chain_id = models.PositiveBigIntegerField()
    license_id = UintField()
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "license expiries"
        indexes: ClassVar = [models.Index(fields=["license_id"], name="expiry_license")]

    def __str__(self) -> str:
        return f"{self.license_id} until {self.expires_at}"


class DownloadGrant(models.Model):
    """An expiring permission to fetch one master, a rendition of it, or a further file, given to a holder, by the chain
    key of their license.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="download_grants")
    version = models.ForeignKey("designs.DesignVersion", on_delete=models.PROTECT, related_name="grants")
    rendition = models.ForeignKey(
        "designs.Rendition", on_delete=models.PROTECT, related_name="grants", null=True, blank=True
    )
    attachment = models.ForeignKey(
        "designs.Attachment", on_delete=models.PROTECT, related_name="grants", null=True, blank=True
    )
    chain_id = models.PositiveBigIntegerField()
    license_id = UintField()
    holder = AddressField()
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    fetched_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.public_id)


class KeyRelease(models.Model):
    """The key of a version's encrypted copies was given to a holder: who, by which license, when. Never changed."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="key_releases"
    )
    version = models.ForeignKey("designs.DesignVersion", on_delete=models.PROTECT, related_name="key_releases")
    recipient = models.CharField(max_length=80, help_text="public half of the key")
    chain_id = models.PositiveBigIntegerField()
    license_id = UintField()
    holder = AddressField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.recipient} to {self.holder}"
