"""Carrying refunds to the provider, until it says that the money is back."""

from datetime import timedelta

import structlog
from django.utils import timezone

from payments.models import PaymentIntent
from payments.providers.registry import provider
from payments.services.events import record_provider_event

logger = structlog.get_logger(__name__)

SWEEP_AFTER = timedelta(seconds=20)


def carry_refund(*, intent_id: int) -> bool:
    """Ask the provider to return an intent's money. True when it is back, False when a webhook will tell."""
    intent = PaymentIntent.objects.filter(pk=intent_id, state=PaymentIntent.State.REFUNDING).first()
    if intent is None:
        return False
    door = provider(intent.provider)
    event = door.refund(intent)
    if event is None:
        event = door.fetch(intent)
    if event is None or event.kind != "refunded":
        return False
    record_provider_event(provider_name=intent.provider, event=event)
    return True


def sweep_refunds(*, limit: int = 100) -> int:
    """Carry on with refunds that a lost message or a provider that was down left behind. Returns how many."""
    waiting = PaymentIntent.objects.filter(
        state=PaymentIntent.State.REFUNDING, updated_at__lt=timezone.now() - SWEEP_AFTER
    ).order_by("updated_at", "pk")
    returned = 0
    for pk in waiting.values_list("pk", flat=True)[:limit]:
        try:
            returned += carry_refund(intent_id=pk)
        except Exception:
            # One provider's trouble must not keep the others' refunds waiting.
            logger.exception("refund_not_carried", intent=pk)
    return returned
