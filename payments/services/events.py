"""What providers tell us: stored once, and the one way in which an intent becomes paid or refunded."""

from collections.abc import Mapping
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from payments.models import PaymentIntent, ProviderEvent
from payments.providers.base import EventData
from payments.providers.registry import provider
from payments.services.intents import nudge_refund, settle

logger = structlog.get_logger(__name__)

State = PaymentIntent.State
Outcome = ProviderEvent.Outcome


def receive_webhook(*, provider_name: str, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
    """Check a webhook's signature and record its event. Raises ProviderUnknown, WebhookRefused."""
    event = provider(provider_name).parse_webhook(headers=headers, body=body)
    return record_provider_event(provider_name=provider_name, event=event)


@transaction.atomic
def record_provider_event(*, provider_name: str, event: EventData) -> ProviderEvent:
    """Store a verified event and move its intent; an event id seen before changes nothing.

    Events for another amount, or for no payment of ours, are kept with that outcome and move nothing.
    """
    intent = PaymentIntent.objects.filter(provider=provider_name, provider_reference=event.provider_reference).first()
    try:
        with transaction.atomic():
            # The same event delivered elsewhere waits here until this one is committed, then finds the row.
            stored = ProviderEvent.objects.create(
                provider=provider_name,
                event_id=event.event_id,
                kind=event.kind,
                intent=intent,
                outcome=Outcome.UNKNOWN,
                payload=event.payload,
            )
    except IntegrityError:
        return ProviderEvent.objects.get(provider=provider_name, event_id=event.event_id)
    stored.outcome = _apply(intent, event)
    stored.save(update_fields=["outcome"])
    log = logger.info if stored.outcome in {Outcome.APPLIED, Outcome.IGNORED} else logger.error
    log("provider_event", provider=provider_name, event_id=event.event_id, outcome=stored.outcome)
    return stored


def _apply(intent: PaymentIntent | None, event: EventData) -> str:
    if intent is None:
        return Outcome.UNKNOWN
    if (event.amount, event.currency) != (intent.amount, intent.currency):
        return Outcome.MISMATCHED
    match event.kind:
        case "paid":
            moved = _paid(intent)
        case "failed":
            moved = _moved(intent, [State.CREATED], state=State.FAILED, failure_reason=event.reason)
        case "refunded":
            moved = _moved(intent, [State.PAID, State.REFUNDING], state=State.REFUNDED, refunded_at=timezone.now())
    if not moved:
        return Outcome.IGNORED
    intent.refresh_from_db()
    if intent.state != State.REFUNDING:
        settle(intent)
    return Outcome.APPLIED


def _paid(intent: PaymentIntent) -> bool:
    if _moved(intent, [State.CREATED], state=State.PAID, paid_at=timezone.now(), failure_reason=""):
        return True
    # Paid after it was given up: nobody waits for this money any more, so it goes back.
    late = _("The payment came after it had been given up and is returned.")
    gave_up = [State.FAILED, State.CANCELED]
    if _moved(intent, gave_up, state=State.REFUNDING, paid_at=timezone.now(), failure_reason=late):
        nudge_refund(intent)
        return True
    return False


def _moved(intent: PaymentIntent, before: list[State], **changes: Any) -> bool:
    rows = PaymentIntent.objects.filter(pk=intent.pk, state__in=before)
    return bool(rows.update(updated_at=timezone.now(), **changes))
