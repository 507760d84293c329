from datetime import timedelta

import pytest
from django.utils import timezone

from payments.models import PaymentIntent, ProviderEvent
from payments.providers.test_provider import TestPaymentProvider
from payments.services import carry_refund, refund_intent, sweep_refunds

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(intent, deliver, settled) -> PaymentIntent:
    deliver(intent, "paid")
    intent.refresh_from_db()
    settled.clear()
    return intent


def test_a_refund_is_asked_once_and_told_when_the_money_is_back(paid, settled):
    assert refund_intent(intent=paid, reason="The chain refused the purchase.") is True
    assert refund_intent(intent=paid) is False
    paid.refresh_from_db()
    assert (paid.state, settled) == ("refunding", [])
    assert carry_refund(intent_id=paid.pk) is True
    assert carry_refund(intent_id=paid.pk) is False
    paid.refresh_from_db()
    assert (paid.state, paid.failure_reason) == ("refunded", "The chain refused the purchase.")
    assert paid.refunded_at is not None
    assert settled == [(str(paid.public_id), "refunded")]
    assert ProviderEvent.objects.filter(kind="refunded").count() == 1


def test_a_refund_is_nudged_after_the_commit(paid, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        refund_intent(intent=paid)
    assert len(callbacks) == 1


def test_the_sweeper_carries_on_with_a_refund_whose_message_was_lost(paid, settled):
    refund_intent(intent=paid)
    assert sweep_refunds() == 0
    PaymentIntent.objects.update(updated_at=timezone.now() - timedelta(minutes=1))
    assert sweep_refunds() == 1
    paid.refresh_from_db()
    assert paid.state == "refunded"
    assert settled == [(str(paid.public_id), "refunded")]


class _BrokenProvider(TestPaymentProvider):
    def refund(self, intent: PaymentIntent) -> None:
        raise ConnectionError("the provider is down")


def test_a_provider_that_is_down_leaves_the_refund_waiting(paid, settled, settings):
    refund_intent(intent=paid)
    PaymentIntent.objects.update(updated_at=timezone.now() - timedelta(minutes=1))
    settings.PAYMENT_PROVIDERS = {"test": f"{__name__}.{_BrokenProvider.__name__}"}
    assert sweep_refunds() == 0
    paid.refresh_from_db()
    assert paid.state == "refunding"
    assert settled == []


def test_a_refund_that_the_provider_made_on_its_own_is_told(paid, deliver, settled):
    assert deliver(paid, "refunded").json() == {"outcome": "applied"}
    paid.refresh_from_db()
    assert paid.state == "refunded"
    assert settled == [(str(paid.public_id), "refunded")]
