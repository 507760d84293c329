from payments.services.events import receive_webhook, record_provider_event
from payments.services.intents import cancel_intent, open_intent, payment_url, refund_intent
from payments.services.refunds import carry_refund, sweep_refunds

__all__ = [
    "cancel_intent",
    "carry_refund",
    "open_intent",
    "payment_url",
    "receive_webhook",
    "record_provider_event",
    "refund_intent",
    "sweep_refunds",
]
