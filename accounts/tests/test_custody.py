import logging
from datetime import timedelta

import pytest
from django.contrib.admin.sites import site
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from eth_account import Account

from accounts.checks import check_custody_key
from accounts.errors import ConfirmationRefused, CustodyUnavailable, SigningRefused
from accounts.models import CustodyKey, Notification, SigningConfirmation
from accounts.services import CustodySigner, export_custody_key, sign_with_custody
from accounts.services.custody import unseal
from accounts.services.notifications import deliver
from accounts.services.signing import digest_of

pytestmark = pytest.mark.django_db


def test_a_signature_is_the_custody_addresss_over_exactly_the_typed_data(ada, password, typed_data):
    signature = sign_with_custody(user=ada, typed_data=typed_data, purpose="wish:1", password=password)
    confirmation = SigningConfirmation.objects.get()
    digest = bytes.fromhex(confirmation.digest[2:])
    assert Account._recover_hash(digest, signature=signature) == ada.custody_key.address
    assert bytes(confirmation.signature) == signature
    assert confirmation.typed_data == typed_data
    assert (confirmation.user, confirmation.purpose) == (ada, "wish:1")
    assert (confirmation.method, confirmation.address) == ("password", ada.custody_key.address)


def test_a_wrong_password_signs_and_stores_nothing(ada, typed_data):
    with pytest.raises(ConfirmationRefused) as refusal:
        sign_with_custody(user=ada, typed_data=typed_data, purpose="wish:1", password="wrong")
    assert refusal.value.code == "wrong_password"
    assert "4 more tries" in str(refusal.value)
    assert not SigningConfirmation.objects.exists()


def test_the_sixth_try_is_refused_even_with_the_right_password(ada, bo, password, typed_data):
    for _try in range(5):
        with pytest.raises(ConfirmationRefused):
            sign_with_custody(user=ada, typed_data=typed_data, purpose="wish:1", password="wrong")
    with pytest.raises(ConfirmationRefused) as refusal:
        sign_with_custody(user=ada, typed_data=typed_data, purpose="wish:1", password=password)
    assert refusal.value.code == "too_many_tries"
    assert "15 minutes" in str(refusal.value)
    assert not SigningConfirmation.objects.exists()
    sign_with_custody(user=bo, typed_data=typed_data, purpose="wish:1", password=password)
    assert SigningConfirmation.objects.get().user == bo


def test_a_right_password_forgives_the_wrong_ones_before(ada, password, typed_data):
    for _round in range(2):
        for _try in range(4):
            with pytest.raises(ConfirmationRefused):
                sign_with_custody(user=ada, typed_data=typed_data, purpose="wish:1", password="wrong")
        sign_with_custody(user=ada, typed_data=typed_data, purpose="wish:1", password=password)
    assert SigningConfirmation.objects.count() == 2


def test_without_redis_nothing_is_signed(ada, password, typed_data, settings):
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    with pytest.raises(ConfirmationRefused) as refusal:
        sign_with_custody(user=ada, typed_data=typed_data, purpose="wish:1", password=password)
    assert refusal.value.code == "unavailable"
    assert not SigningConfirmation.objects.exists()


def test_a_banned_account_cannot_sign(ada, password, typed_data):
    type(ada).objects.filter(pk=ada.pk).update(is_active=False)
    with pytest.raises(ConfirmationRefused) as refusal:
        sign_with_custody(user=ada, typed_data=typed_data, purpose="wish:1", password=password)
    assert refusal.value.code == "inactive"
    assert not SigningConfirmation.objects.exists()


@pytest.mark.parametrize(
    "domain", [{"chainId": 1}, {"chainId": None}, {"verifyingContract": ""}, {"verifyingContract": None}]
)
def test_typed_data_that_is_not_bound_to_our_chain_and_a_contract_is_refused(ada, password, typed_data, domain):
    typed_data["domain"].update(domain)
    with pytest.raises(SigningRefused):
        sign_with_custody(user=ada, typed_data=typed_data, purpose="wish:1", password=password)
    assert not SigningConfirmation.objects.exists()


def _confirmation(user, typed_data, **changes) -> SigningConfirmation:
    fields = {
        "user": user,
        "address": user.custody_key.address,
        "purpose": "wish:1",
        "digest": digest_of(typed_data),
        "typed_data": typed_data,
        "confirmed_at": timezone.now(),
    }
    return SigningConfirmation(**{**fields, **changes})


def test_the_key_never_signs_without_a_stored_confirmation(ada, typed_data):
    with pytest.raises(SigningRefused):
        CustodySigner(_confirmation(ada, typed_data)).sign_typed_data(typed_data)


def test_a_confirmation_covers_its_own_digest_only(ada, typed_data):
    confirmation = _confirmation(ada, typed_data)
    confirmation.save()
    other = {**typed_data, "message": {**typed_data["message"], "price": 1}}
    with pytest.raises(SigningRefused):
        CustodySigner(confirmation).sign_typed_data(other)


def test_a_confirmation_is_used_once(ada, password, typed_data):
    sign_with_custody(user=ada, typed_data=typed_data, purpose="wish:1", password=password)
    with pytest.raises(SigningRefused):
        CustodySigner(SigningConfirmation.objects.get()).sign_typed_data(typed_data)


def test_a_confirmation_of_a_while_ago_signs_nothing(ada, typed_data):
    confirmation = _confirmation(ada, typed_data, confirmed_at=timezone.now() - timedelta(minutes=2))
    confirmation.save()
    with pytest.raises(SigningRefused):
        CustodySigner(confirmation).sign_typed_data(typed_data)
    confirmation.refresh_from_db()
    assert confirmation.signature is None


def test_someone_elses_confirmation_does_not_open_a_key(ada, bo, typed_data):
    confirmation = _confirmation(ada, typed_data, address=bo.custody_key.address)
    confirmation.save()
    with pytest.raises(CustodyKey.DoesNotExist):
        CustodySigner(confirmation).sign_typed_data(typed_data)
    confirmation.refresh_from_db()
    assert confirmation.signature is None


def test_a_custody_key_signs_no_transactions(ada, typed_data):
    confirmation = _confirmation(ada, typed_data)
    confirmation.save()
    with pytest.raises(SigningRefused):
        CustodySigner(confirmation).sign_transaction({"to": ada.custody_key.address, "value": 1})


def test_a_key_is_sealed_to_its_account(ada, bo):
    stolen = CustodyKey.objects.get(user=ada)
    stolen.user = bo
    with pytest.raises(CustodyUnavailable):
        unseal(stolen)


def test_a_key_opens_under_the_key_that_sealed_it_only(ada, settings):
    assert Account.from_key(unseal(ada.custody_key)).address == ada.custody_key.address
    settings.CUSTODY_KEY = "22" * 32
    with pytest.raises(CustodyUnavailable):
        unseal(ada.custody_key)


@pytest.mark.parametrize(("value", "ids"), [("", ["accounts.W001"]), ("abc", ["accounts.E001"]), ("11" * 32, [])])
def test_a_wrong_key_encryption_key_is_said_at_the_start(settings, value, ids):
    settings.CUSTODY_KEY = value
    assert [message.id for message in check_custody_key()] == ids


def test_the_private_key_is_in_no_log_no_repr_and_no_admin_page(ada, password, typed_data, caplog, capfd, admin_client):
    custody = CustodyKey.objects.get(user=ada)
    secret = unseal(custody).hex()
    sealed = bytes(custody.ciphertext).hex()
    with caplog.at_level(logging.DEBUG):
        sign_with_custody(user=ada, typed_data=typed_data, purpose="wish:1", password=password)
        export_custody_key(user=ada, password=password)
    confirmation = SigningConfirmation.objects.get()
    pages = [
        admin_client.get(reverse("admin:accounts_user_change", args=[ada.pk])),
        admin_client.get(reverse("admin:accounts_custodykey_change", args=[custody.pk])),
        admin_client.get(reverse("admin:accounts_signingconfirmation_change", args=[confirmation.pk])),
    ]
    assert [page.status_code for page in pages] == [200, 200, 200]
    seen = [page.content.decode() for page in pages]
    seen += [
        caplog.text,
        *capfd.readouterr(),
        repr(custody),
        repr(confirmation),
        repr(CustodySigner(confirmation)),
    ]
    for text in seen:
        assert secret not in text.lower()
        assert sealed not in text.lower()
        assert password not in text
    assert "ciphertext" not in site._registry[CustodyKey].fields


def test_exporting_shows_the_key_and_tells_its_owner(ada, password):
    private_key = export_custody_key(user=ada, password=password)
    assert Account.from_key(private_key).address == ada.custody_key.address
    ada.custody_key.refresh_from_db()
    assert ada.custody_key.exported_at is not None
    told = Notification.objects.get(user=ada, kind="custody_exported")
    assert deliver(notification_id=told.pk)
    assert mail.outbox[0].to == ["ada@example.org"]
    assert ada.custody_key.address in mail.outbox[0].body
    assert private_key[2:] not in mail.outbox[0].body


def test_exporting_with_a_wrong_password_shows_and_marks_nothing(ada):
    with pytest.raises(ConfirmationRefused):
        export_custody_key(user=ada, password="wrong")
    ada.custody_key.refresh_from_db()
    assert ada.custody_key.exported_at is None
    assert not Notification.objects.exists()


def test_a_failure_while_signing_writes_no_secret_to_the_log(ada, password, typed_data, settings):
    settings.CUSTODY_KEY = "5a" * 32
    with pytest.raises(CustodyUnavailable) as failure:
        sign_with_custody(user=ada, typed_data=typed_data, purpose="wish:1", password=password)
    described = dict(settings.LOGGING["formatters"]["structured"])
    formatter = described.pop("()")(**described)
    trace = (failure.type, failure.value, failure.tb)
    record = logging.LogRecord("django.request", logging.ERROR, __file__, 1, "failed", None, trace)
    text = formatter.format(record)
    assert "CustodyUnavailable" in text
    assert password not in text
    assert settings.CUSTODY_KEY not in text
    assert not SigningConfirmation.objects.exists()
