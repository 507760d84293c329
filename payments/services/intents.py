"""Asking for money, giving up on it, and sending it back."""

import uuid

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from common.money import TUSD, Currency
from common.tasks import nudge
from payments.errors import PaymentMismatch
from payments.hooks import settlement_handlers
from payments.models import PaymentIntent
from payments.providers.registry import provider

logger = structlog.get_logger(__name__)

State = PaymentIntent.State


@transaction.atomic
def open_intent(
    *,
    payer: User,
    amount: int,
    description: str,
    return_url: str,
    purpose_key: str,
    currency: Currency = TUSD,
    provider_name: str | None = None,
) -> PaymentIntent:
    """Ask `payer` for `amount` base units; the same purpose key gives the same intent.

    `return_url` is a path on this site. Raises PaymentMismatch when the key was used for another payer,
    amount or currency, ProviderUnknown without a provider, ValueError for an amount or path that cannot be.
    """
    if amount <= 0:
        raise ValueError("An amount to pay is more than zero.")
    if not url_has_allowed_host_and_scheme(return_url, allowed_hosts=None):
        raise ValueError("The payer comes back to a path on this site.")
    name = provider(provider_name or settings.DEFAULT_PAYMENT_PROVIDER).name
    public_id = uuid.uuid4()
    intent, _is_new = PaymentIntent.objects.get_or_create(
        purpose_key=purpose_key,
        defaults={
            "public_id": public_id,
            "payer": payer,
            "provider": name,
            "provider_reference": str(public_id),
            "amount": amount,
            "currency": currency.code,
            "description": description[:300],
            "return_url": return_url,
        },
    )
    if (intent.payer_id, intent.amount, intent.currency) != (payer.pk, amount, currency.code):
        raise PaymentMismatch(f"The purpose {purpose_key!r} was opened with another payer or amount.")
    return intent


def payment_url(*, intent: PaymentIntent) -> str:
    """Where the payer goes to pay."""
    return provider(intent.provider).start(intent)


@transaction.atomic
def cancel_intent(*, intent: PaymentIntent, reason: str = "") -> bool:
    """Give up on an unpaid intent. False when it does not wait any more; money that still comes goes back."""
    moved = _move(intent, State.CREATED, State.CANCELED, failure_reason=reason)
    if moved:
        settle(intent)
    return moved


@transaction.atomic
def refund_intent(*, intent: PaymentIntent, reason: str = "") -> bool:
    """Send a paid intent's money back, once. False when it is not paid, or on its way back already."""
    moved = _move(intent, State.PAID, State.REFUNDING, failure_reason=reason)
    if moved:
        nudge_refund(intent)
    return moved


def nudge_refund(intent: PaymentIntent) -> None:
    from payments.tasks import send_refund

    logger.info("refund_asked", intent=str(intent.public_id))
    nudge(send_refund, intent.pk)


def settle(intent: PaymentIntent) -> None:
    """Tell every handler what the intent has become, as the database now has it."""
    intent.refresh_from_db()
    logger.info("payment_settled", intent=str(intent.public_id), state=intent.state)
    for handler in settlement_handlers():
        handler(intent)


def _move(intent: PaymentIntent, before: str, after: str, *, failure_reason: str) -> bool:
    moved = PaymentIntent.objects.filter(pk=intent.pk, state=before).update(
        state=after, failure_reason=failure_reason, updated_at=timezone.now()
    )
    if moved:
        intent.refresh_from_db()
    return bool(moved)
