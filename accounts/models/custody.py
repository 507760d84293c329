"""Keys that Loomprint keeps for people without a wallet, and the record of every use of one (law 12)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import AddressField, HashField


class CustodyKey(models.Model):
    """One account's private key, encrypted (AES-256-GCM) under a key that the database never holds."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="custody_key")
    address = AddressField(unique=True)
    ciphertext = models.BinaryField(help_text="12 bytes nonce, then the sealed 32-byte key with its 16-byte tag")
    key_version = models.PositiveSmallIntegerField(default=1, help_text="which key-encryption key sealed it")
    created_at = models.DateTimeField(auto_now_add=True)
    exported_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.address


class SigningConfirmation(models.Model):
    """A person's fresh word that their custody key may sign this digest, and the signature made on it."""

    class Method(models.TextChoices):
        PASSWORD = "password", _("Password")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signing_confirmations")
    address = AddressField()
    purpose = models.CharField(max_length=200, help_text='the action, as "kind:id"')
    digest = HashField()
    typed_data = models.JSONField(help_text="what was shown and signed, as EIP-712 typed data")
    method = models.CharField(max_length=10, choices=Method, default=Method.PASSWORD)
    confirmed_at = models.DateTimeField()
    signature = models.BinaryField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["digest"], name="confirmation_by_digest")]

    def __str__(self) -> str:
        return f"{self.purpose} {self.digest}"
