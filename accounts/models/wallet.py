"""Wallets of their own that people have proven to hold, and what became of each."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import AddressField


class Wallet(models.Model):
    """An address whose holder signed a message of ours for this account; one account per address."""

    class Kind(models.TextChoices):
        EOA = "eoa", _("Wallet with a key")
        CONTRACT = "contract", _("Contract wallet")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="wallets")
    address = AddressField(unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.EOA)
    label = models.CharField(max_length=60, blank=True)
    linked_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return self.label or self.address


class WalletEvent(models.Model):
    """A line of the account's record: this wallet was linked, or unlinked, at this time."""

    class Action(models.TextChoices):
        LINKED = "linked", _("Linked")
        UNLINKED = "unlinked", _("Unlinked")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="wallet_events")
    address = AddressField()
    action = models.CharField(max_length=10, choices=Action)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return f"{self.action} {self.address}"


class WalletChallenge(models.Model):
    """A nonce that we gave to one browser session, to be signed once."""

    nonce = models.CharField(max_length=40, unique=True)
    issued_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["issued_at"], name="wallet_challenge_by_age")]

    def __str__(self) -> str:
        return self.nonce
