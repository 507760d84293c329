"""Money asked for and received through payment providers. Callers name their action by a key of theirs."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.fields import UintField


class PaymentIntent(models.Model):
    """An amount that one person is to pay, once. Its state moves by provider events and refunds only."""

    class State(models.TextChoices):
        CREATED = "created", _("Waiting for payment")
        PAID = "paid", _("Paid")
        FAILED = "failed", _("Not paid")
        CANCELED = "canceled", _("Canceled")
        REFUNDING = "refunding", _("Being refunded")
        REFUNDED = "refunded", _("Refunded")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    purpose_key = models.CharField(max_length=200, unique=True, help_text="the caller's action, paid once")
    payer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="payment_intents")
    provider = models.CharField(max_length=40)
    provider_reference = models.CharField(max_length=200, help_text="the provider's id for this payment")
    amount = UintField(help_text="in base units of the currency")
    currency = models.CharField(max_length=10, default="tUSD")
    description = models.CharField(max_length=300)
    return_url = models.CharField(max_length=500, help_text="a path on this site")
    state = models.CharField(max_length=10, choices=State, default=State.CREATED)
    failure_reason = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    refunded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "provider_reference"], name="payment_reference_once"),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="payment_amount_positive"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["updated_at"], name="payment_refunding", condition=models.Q(state="refunding")),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


class ProviderEvent(models.Model):
    """A provider's signed message, kept as it came. One event id acts once."""

    class Outcome(models.TextChoices):
        APPLIED = "applied", _("Applied")
        IGNORED = "ignored", _("Nothing to change")
        MISMATCHED = "mismatched", _("Refused: another amount or currency")
        UNKNOWN = "unknown", _("Refused: no such payment")

    provider = models.CharField(max_length=40)
    event_id = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    intent = models.ForeignKey(PaymentIntent, on_delete=models.PROTECT, related_name="events", null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome)
    payload = models.JSONField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="provider_event_once"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.event_id}"
