import pytest
from django.db import IntegrityError, transaction

from common.money import TUSD
from payments.errors import PaymentMismatch, ProviderUnknown
from payments.models import PaymentIntent
from payments.services import cancel_intent, open_intent, payment_url, refund_intent

pytestmark = pytest.mark.django_db


def _open(payer, **changes) -> PaymentIntent:
    fields = {
        "amount": 18_000_000,
        "description": "Lantern",
        "return_url": "/orders/1/",
        "purpose_key": "order:1",
    }
    return open_intent(payer=payer, **{**fields, **changes})


def test_an_intent_waits_for_its_payer_at_the_providers_page(ada):
    intent = _open(ada)
    assert (intent.state, intent.amount, intent.currency) == ("created", 18_000_000, "tUSD")
    assert payment_url(intent=intent) == f"/payments/test/{intent.public_id}/"


def test_the_same_purpose_gives_the_same_intent(ada):
    assert _open(ada).pk == _open(ada, description="Lantern, again").pk
    assert PaymentIntent.objects.count() == 1


@pytest.mark.parametrize("changes", [{"amount": 1}, {"currency": type(TUSD)("EUR", "€", 2)}])
def test_a_purpose_that_comes_back_with_another_amount_is_a_mistake(ada, changes):
    first = _open(ada)
    with pytest.raises(PaymentMismatch):
        _open(ada, **changes)
    first.refresh_from_db()
    assert (first.amount, first.currency) == (18_000_000, "tUSD")


def test_a_purpose_that_comes_back_with_another_payer_is_a_mistake(ada, bo):
    _open(ada)
    with pytest.raises(PaymentMismatch):
        _open(bo)
    assert PaymentIntent.objects.get().payer == ada


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_or_less_cannot_be_asked_for(ada, amount):
    with pytest.raises(ValueError, match="more than zero"):
        _open(ada, amount=amount)
    assert not PaymentIntent.objects.exists()


def test_the_database_itself_refuses_an_amount_of_zero(intent):
    with pytest.raises(IntegrityError), transaction.atomic():
        PaymentIntent.objects.filter(pk=intent.pk).update(amount=0)


@pytest.mark.parametrize("address", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_the_payer_never_comes_back_to_another_site(ada, address):
    with pytest.raises(ValueError, match="path on this site"):
        _open(ada, return_url=address)
    assert not PaymentIntent.objects.exists()


def test_without_a_provider_nothing_is_asked(ada, settings):
    settings.PAYMENT_PROVIDERS = {}
    with pytest.raises(ProviderUnknown):
        _open(ada)
    assert not PaymentIntent.objects.exists()


def test_the_test_provider_exists_in_a_local_start_only(ada, settings):
    settings.LOOMPRINT_LOCAL = False
    with pytest.raises(ProviderUnknown):
        _open(ada)
    assert not PaymentIntent.objects.exists()


def test_giving_up_happens_once_and_is_told(intent, settled):
    assert cancel_intent(intent=intent, reason="Nobody paid.") is True
    assert cancel_intent(intent=intent, reason="Again.") is False
    intent.refresh_from_db()
    assert (intent.state, intent.failure_reason) == ("canceled", "Nobody paid.")
    assert settled == [(str(intent.public_id), "canceled")]


def test_what_is_not_paid_cannot_be_refunded(intent, settled):
    assert refund_intent(intent=intent) is False
    intent.refresh_from_db()
    assert intent.state == "created"
    assert settled == []
