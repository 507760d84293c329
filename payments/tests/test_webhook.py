import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from accounts.services import open_account
from payments import hooks
from payments.models import PaymentIntent, ProviderEvent
from payments.providers.test_provider import SIGNATURE_HEADER, TestPaymentProvider
from payments.services import cancel_intent, carry_refund, open_intent, receive_webhook

pytestmark = pytest.mark.django_db


def test_a_signed_payment_makes_the_intent_paid_and_tells_the_handlers(intent, deliver, settled):
    answer = deliver(intent, "paid")
    assert (answer.status_code, answer.json()) == (200, {"outcome": "applied"})
    intent.refresh_from_db()
    assert intent.state == "paid"
    assert intent.paid_at is not None
    assert settled == [(str(intent.public_id), "paid")]


def test_a_replay_changes_nothing(intent, deliver, settled):
    deliver(intent, "paid")
    assert deliver(intent, "paid").json() == {"outcome": "applied"}
    assert ProviderEvent.objects.count() == 1
    assert len(settled) == 1


def test_a_second_event_for_a_paid_intent_changes_nothing(intent, deliver, settled):
    deliver(intent, "paid")
    assert deliver(intent, "paid", id="another").json() == {"outcome": "ignored"}
    assert deliver(intent, "failed").json() == {"outcome": "ignored"}
    intent.refresh_from_db()
    assert intent.state == "paid"
    assert len(settled) == 1


def test_a_decline_keeps_its_reason(intent, deliver, settled):
    deliver(intent, "failed", reason="Card expired.")
    intent.refresh_from_db()
    assert (intent.state, intent.failure_reason) == ("failed", "Card expired.")
    assert settled == [(str(intent.public_id), "failed")]


def _signed_by_another_key(body: bytes, settings) -> str:
    settings.SECRET_KEY, ours = "another key", settings.SECRET_KEY
    try:
        return TestPaymentProvider().sign(body)
    finally:
        settings.SECRET_KEY = ours


@pytest.mark.parametrize(
    "signature", ["", "nonsense", "t=,v1=", "t=1,v1=\xe9", f"t={'9' * 400},v1=00", "t={now},v1=00"]
)
def test_a_message_without_a_good_signature_is_refused(intent, deliver, settled, signature):
    answer = deliver(intent, "paid", signature=signature.replace("{now}", str(int(time.time()))))
    assert answer.status_code == 400
    _assert_untouched(intent, settled)


def test_a_message_signed_by_another_key_is_refused(intent, client, settled, settings):
    _headers, body = TestPaymentProvider().decide(intent, pays=True)
    forged = {SIGNATURE_HEADER: _signed_by_another_key(body, settings)}
    answer = client.post("/payments/webhook/test/", body, content_type="application/json", headers=forged)
    assert (answer.status_code, answer.json()) == (400, {"error": "The signature is wrong."})
    _assert_untouched(intent, settled)


def test_a_message_altered_after_signing_is_refused(intent, client, settled):
    headers, body = TestPaymentProvider().decide(intent, pays=False)
    altered = body.replace(b'"failed"', b'"paid"')
    answer = client.post("/payments/webhook/test/", altered, content_type="application/json", headers=headers)
    assert answer.status_code == 400
    _assert_untouched(intent, settled)


@pytest.mark.parametrize("age", [310, -310])
def test_a_message_caught_and_sent_later_is_refused(intent, client, settled, age):
    _headers, body = TestPaymentProvider().decide(intent, pays=True)
    old = {SIGNATURE_HEADER: TestPaymentProvider().sign(body, at=int(time.time()) - age)}
    answer = client.post("/payments/webhook/test/", body, content_type="application/json", headers=old)
    assert (answer.status_code, answer.json()) == (400, {"error": "The message is too old."})
    _assert_untouched(intent, settled)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'"x"', b"\xff", b'{"kind": "stolen"}'])
def test_a_signed_message_that_cannot_be_read_is_refused(intent, client, settled, body):
    headers = {SIGNATURE_HEADER: TestPaymentProvider().sign(body)}
    answer = client.post("/payments/webhook/test/", body, content_type="application/json", headers=headers)
    assert answer.status_code == 400
    _assert_untouched(intent, settled)


def _assert_untouched(intent: PaymentIntent, settled: list) -> None:
    intent.refresh_from_db()
    assert intent.state == "created"
    assert not ProviderEvent.objects.exists()
    assert settled == []


@pytest.mark.parametrize("changes", [{"amount": "17999999"}, {"amount": "18000001"}, {"currency": "EUR"}])
def test_a_payment_of_another_amount_is_kept_and_pays_nothing(intent, deliver, settled, changes):
    assert deliver(intent, "paid", **changes).json() == {"outcome": "mismatched"}
    intent.refresh_from_db()
    assert intent.state == "created"
    assert ProviderEvent.objects.get().outcome == "mismatched"
    assert settled == []


def test_a_payment_for_nothing_of_ours_is_kept_and_pays_nothing(intent, deliver, settled):
    assert deliver(intent, "paid", reference="unheard-of").json() == {"outcome": "unknown"}
    intent.refresh_from_db()
    assert intent.state == "created"
    assert ProviderEvent.objects.get().intent is None
    assert settled == []


def test_a_provider_that_is_not_set_up_is_not_found(client, db):
    assert client.post("/payments/webhook/nobody/", b"{}", content_type="application/json").status_code == 404


def test_a_provider_needs_no_csrf_cookie(intent, settled):
    headers, body = TestPaymentProvider().decide(intent, pays=True)
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/payments/webhook/test/", body, content_type="application/json", headers=headers)
    assert answer.json() == {"outcome": "applied"}


def test_a_press_of_pay_from_another_site_is_refused(ada, intent, settled):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ada)
    assert strict.post(f"/payments/test/{intent.public_id}/", {"decision": "pay"}).status_code == 403
    _assert_untouched(intent, settled)


def test_the_webhook_takes_posts_only(client, db):
    assert client.get("/payments/webhook/test/").status_code == 405


@pytest.mark.parametrize("gave_up", ["canceled", "failed"])
def test_money_that_comes_after_giving_up_goes_back(intent, deliver, settled, gave_up):
    if gave_up == "canceled":
        cancel_intent(intent=intent)
    else:
        deliver(intent, "failed")
    assert deliver(intent, "paid").json() == {"outcome": "applied"}
    intent.refresh_from_db()
    assert intent.state == "refunding"
    assert carry_refund(intent_id=intent.pk) is True
    assert [state for _id, state in settled] == [gave_up, "refunded"]


def test_a_handler_that_fails_leaves_the_payment_for_the_next_delivery(intent, monkeypatch):
    headers, body = TestPaymentProvider().decide(intent, pays=True)

    def refuse(_intent):
        raise RuntimeError("the order is locked")

    monkeypatch.setattr(hooks, "_handlers", [refuse])
    with pytest.raises(RuntimeError):
        receive_webhook(provider_name="test", headers=headers, body=body)
    _assert_untouched(intent, [])
    monkeypatch.setattr(hooks, "_handlers", [])
    assert receive_webhook(provider_name="test", headers=headers, body=body).outcome == "applied"


@pytest.mark.django_db(transaction=True)
def test_one_event_delivered_at_the_same_time_settles_once(settled):
    ada = open_account(email="ada@example.org", password="violet harbor 17 lanterns", display_name="Ada")
    intent = open_intent(payer=ada, amount=5, description="Lantern", return_url="/", purpose_key="order:1")
    headers, body = TestPaymentProvider().decide(intent, pays=True)

    def deliver_once(_number: int) -> str:
        try:
            return receive_webhook(provider_name="test", headers=headers, body=body).outcome
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        outcomes = list(pool.map(deliver_once, range(6)))
    assert outcomes == ["applied"] * 6
    assert settled == [(str(intent.public_id), "paid")]
    assert ProviderEvent.objects.count() == 1
