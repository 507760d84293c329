import uuid

import pytest
from django.urls import reverse

from payments.models import ProviderEvent

pytestmark = pytest.mark.django_db


def _page(intent) -> str:
    return reverse("payments:test_page", args=[intent.public_id])


@pytest.fixture
def payer(client, ada):
    client.force_login(ada)
    return client


def test_the_page_shows_what_is_paid_for_and_how_much(payer, intent):
    text = payer.get(_page(intent)).content.decode()
    assert "Lantern · Personal license" in text
    assert "18.00 tUSD" in text


def test_paying_settles_and_leads_back(payer, intent, settled):
    answer = payer.post(_page(intent), {"decision": "pay"})
    assert (answer.status_code, answer["Location"]) == (302, "/orders/1/")
    intent.refresh_from_db()
    assert intent.state == "paid"
    assert settled == [(str(intent.public_id), "paid")]


def test_paying_twice_charges_once(payer, intent, settled):
    payer.post(_page(intent), {"decision": "pay"})
    answer = payer.post(_page(intent), {"decision": "pay"})
    assert answer["Location"] == "/orders/1/"
    assert ProviderEvent.objects.count() == 1
    assert len(settled) == 1


def test_declining_fails_the_payment_and_says_that_nothing_was_charged(payer, intent, settled):
    payer.post(_page(intent), {"decision": "decline"})
    intent.refresh_from_db()
    assert (intent.state, intent.failure_reason) == (
        "failed",
        "You declined the payment. Nothing was charged.",
    )
    assert settled == [(str(intent.public_id), "failed")]


def test_a_settled_payment_leads_back_at_once(payer, intent, settled):
    payer.post(_page(intent), {"decision": "decline"})
    assert payer.get(_page(intent))["Location"] == "/orders/1/"
    payer.post(_page(intent), {"decision": "pay"})
    intent.refresh_from_db()
    assert intent.state == "failed"


def test_any_other_decision_is_refused(payer, intent, settled):
    assert payer.post(_page(intent), {"decision": "steal"}).status_code == 400
    intent.refresh_from_db()
    assert intent.state == "created"


@pytest.mark.parametrize("method", ["get", "post"])
def test_someone_elses_payment_is_not_found(client, bo, intent, settled, method):
    client.force_login(bo)
    answer = getattr(client, method)(_page(intent), {"decision": "pay"})
    assert answer.status_code == 404
    intent.refresh_from_db()
    assert intent.state == "created"
    assert settled == []


def test_a_payment_that_does_not_exist_is_not_found(payer):
    assert payer.get(reverse("payments:test_page", args=[uuid.uuid4()])).status_code == 404


def test_a_stranger_is_sent_to_sign_in(client, intent, settled):
    answer = client.post(_page(intent), {"decision": "pay"})
    assert answer["Location"].startswith(reverse("account_login"))
    intent.refresh_from_db()
    assert intent.state == "created"


def test_outside_a_local_start_the_page_is_not_found(payer, intent, settled, settings):
    settings.LOOMPRINT_LOCAL = False
    assert payer.get(_page(intent)).status_code == 404
    assert payer.post(_page(intent), {"decision": "pay"}).status_code == 404
    intent.refresh_from_db()
    assert intent.state == "created"
