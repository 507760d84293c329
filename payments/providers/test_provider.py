"""The test payment provider: a page with two buttons in a local start, and webhooks signed like real ones."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.translation import gettext as _

from payments.errors import ProviderUnknown, WebhookRefused
from payments.models import PaymentIntent
from payments.providers.base import EventData, EventKind

SIGNATURE_HEADER = "Loomprint-Test-Signature"
# A signed message may be this old, so that one caught on the way is soon worth nothing.
TOLERANCE_SECONDS = 300
_KINDS: tuple[EventKind, ...] = ("paid", "failed", "refunded")


class TestPaymentProvider:
    """A PaymentProvider that takes no money, in a local start only; ProviderUnknown elsewhere."""

    __test__ = False
    name = "test"

    def __init__(self) -> None:
        if not settings.LOOMPRINT_LOCAL:
            raise ProviderUnknown("The test payment provider exists in a local start only.")

    def start(self, intent: PaymentIntent) -> str:
        return reverse("payments:test_page", args=[intent.public_id])

    def parse_webhook(self, *, headers: Mapping[str, str], body: bytes) -> EventData:
        self._check_signature(headers.get(SIGNATURE_HEADER, ""), body)
        try:
            payload = json.loads(body)
            return _event(payload)
        except (ValueError, KeyError, TypeError) as error:
            raise WebhookRefused("The message cannot be read.") from error

    def refund(self, intent: PaymentIntent) -> EventData | None:
        return self._deliverable(intent, "refunded")

    def fetch(self, intent: PaymentIntent) -> EventData | None:
        """Nothing: this provider knows only what its page has delivered."""
        return None

    def decide(self, intent: PaymentIntent, *, pays: bool) -> tuple[dict[str, str], bytes]:
        """The signed webhook (headers, body) that a press of a button on the test page sends."""
        body = json.dumps(self._payload(intent, "paid" if pays else "failed")).encode()
        return {SIGNATURE_HEADER: self.sign(body)}, body

    def sign(self, body: bytes, *, at: int | None = None) -> str:
        """The signature header's value: "t=<unix seconds>,v1=<HMAC-SHA256 over t.body, hex>"."""
        stamp = int(time.time()) if at is None else at
        return f"t={stamp},v1={self._mac(stamp, body)}"

    def _mac(self, stamp: int, body: bytes) -> str:
        secret = hashlib.sha256(b"test payment provider" + force_bytes(settings.SECRET_KEY)).digest()
        return hmac.new(secret, str(stamp).encode() + b"." + body, hashlib.sha256).hexdigest()

    def _check_signature(self, header: str, body: bytes) -> None:
        parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
        stamp, mac = parts.get("t", ""), parts.get("v1", "")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 and mac.isascii()):
            raise WebhookRefused("The message is not signed.")
        if not hmac.compare_digest(mac, self._mac(int(stamp), body)):
            raise WebhookRefused("The signature is wrong.")
        if abs(time.time() - int(stamp)) > TOLERANCE_SECONDS:
            raise WebhookRefused("The message is too old.")

    def _deliverable(self, intent: PaymentIntent, kind: EventKind) -> EventData:
        return _event(self._payload(intent, kind))

    def _payload(self, intent: PaymentIntent, kind: EventKind) -> dict[str, Any]:
        return {
            "id": f"{kind}-{intent.public_id}",
            "kind": kind,
            "reference": intent.provider_reference,
            "amount": str(intent.amount),
            "currency": intent.currency,
            "reason": _("You declined the payment. Nothing was charged.") if kind == "failed" else "",
        }


def _event(payload: Any) -> EventData:
    kind = payload["kind"]
    if kind not in _KINDS:
        raise ValueError("unknown kind")
    return EventData(
        event_id=str(payload["id"]),
        kind=kind,
        provider_reference=str(payload["reference"]),
        amount=int(payload["amount"]),
        currency=str(payload["currency"]),
        reason=str(payload["reason"]),
        payload=payload,
    )
