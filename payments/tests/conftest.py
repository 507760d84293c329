import json
import uuid
from collections.abc import Callable

import pytest

from accounts.models import User
from accounts.services import open_account
from payments import hooks
from payments.models import PaymentIntent
from payments.providers.test_provider import SIGNATURE_HEADER, TestPaymentProvider
from payments.services import open_intent


@pytest.fixture(autouse=True)
def local_start(settings):
    settings.LOOMPRINT_LOCAL = True
    settings.PAYMENT_PROVIDERS = {"test": "payments.providers.test_provider.TestPaymentProvider"}


@pytest.fixture
def ada(db) -> User:
    return open_account(email="ada@example.org", password="violet harbor 17 lanterns", display_name="Ada")


@pytest.fixture
def bo(db) -> User:
    return open_account(email="bo@example.org", password="violet harbor 17 lanterns", display_name="Bo")


@pytest.fixture
def intent(ada) -> PaymentIntent:
    return open_intent(
        payer=ada,
        amount=18_000_000,
        description="Lantern · Personal license",
        return_url="/orders/1/",
        purpose_key=f"order:{uuid.uuid4()}",
    )


@pytest.fixture
def settled(monkeypatch) -> list[tuple[str, str]]:
    """What the registered handlers were told, as (public id, state); nobody else is told during the test."""
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(hooks, "_handlers", [])
    hooks.register_settlement(lambda intent: told.append((str(intent.public_id), intent.state)))
    return told


@pytest.fixture
def deliver(client) -> Callable:
    """Post a test provider's event about an intent to the webhook, signed unless told otherwise."""

    def post(intent: PaymentIntent, kind: str, *, signature: str | None = None, **changes):
        payload = {
            "id": f"{kind}-{intent.public_id}",
            "kind": kind,
            "reference": intent.provider_reference,
            "amount": str(intent.amount),
            "currency": intent.currency,
            "reason": "",
        }
        body = json.dumps({**payload, **changes}).encode()
        header = TestPaymentProvider().sign(body) if signature is None else signature
        return client.post(
            "/payments/webhook/test/",
            body,
            content_type="application/json",
            headers={SIGNATURE_HEADER: header},
        )

    return post
