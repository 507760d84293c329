"""What a payment provider must do; a card processor is another class of this shape."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from payments.models import PaymentIntent

EventKind = Literal["paid", "failed", "refunded"]


@dataclass(frozen=True)
class EventData:
    """A provider's message whose signature was verified. `amount` is in base units of `currency`."""

    event_id: str
    kind: EventKind
    provider_reference: str
    amount: int
    currency: str
    reason: str
    payload: dict[str, Any]


class PaymentProvider(Protocol):
    """A way to take money. Methods may call the provider over the network, so never inside a transaction."""

    name: str

    def start(self, intent: PaymentIntent) -> str:
        """Where to send the payer."""

    def parse_webhook(self, *, headers: Mapping[str, str], body: bytes) -> EventData:
        """The event that a webhook carries. Raises WebhookRefused unless the provider signed it just now."""

    def refund(self, intent: PaymentIntent) -> EventData | None:
        """Ask for the money to go back to the payer; asking twice is the same as once.

        The event when it is done already, None when a webhook will tell.
        """

    def fetch(self, intent: PaymentIntent) -> EventData | None:
        """The intent's latest event as the provider knows it, should a webhook be lost; None without news."""
