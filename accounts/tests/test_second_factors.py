"""Authenticator apps, recovery codes and the pages around passkeys; the ceremony itself is in the browser's tests."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.urls import reverse

from accounts.errors import CustodyUnavailable
from accounts.services.secrets import open_secret, seal_secret

pytestmark = pytest.mark.django_db


def code_of(secret: str) -> str:
    """What an authenticator app shows at this moment."""
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def _sign_in(client, password):
    return client.post(reverse("account_login"), {"login": "ada@example.org", "password": password})


@pytest.fixture
def confirmed(client, ada, password):
    client.force_login(ada)
    client.post(reverse("account_reauthenticate"), {"password": password})
    return client


@pytest.fixture
def secret(confirmed) -> str:
    """Of the authenticator app that Ada has set up by the page."""
    address = reverse("mfa_activate_totp")
    shown = confirmed.get(address).context["form"].secret
    answer = confirmed.post(address, {"code": code_of(shown)})
    assert answer["Location"] == reverse("mfa_view_recovery_codes")
    return str(shown)


def test_an_authenticator_app_is_set_up_and_asked_for(client, ada, password, secret):
    client.logout()
    assert _sign_in(client, password)["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    answer = client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "That did not work" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_recovery_code_works_once_in_place_of_the_app(client, ada, password, secret):
    page = client.get(reverse("mfa_view_recovery_codes"))
    codes = page.context["unused_codes"]
    assert len(codes) == 10
    assert codes[0] in page.content.decode()
    client.logout()
    _sign_in(client, password)
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert client.session["_auth_user_id"] == str(ada.pk)
    client.logout()
    _sign_in(client, password)
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert "_auth_user_id" not in client.session
    client.post(reverse("mfa_authenticate"), {"code": codes[1]})
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_the_app_is_removed_after_a_confirmation(confirmed, ada, secret):
    confirmed.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=ada, type=Authenticator.Type.TOTP).exists()


@pytest.mark.parametrize("name", ["mfa_activate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes"])
def test_second_factors_are_changed_after_a_fresh_confirmation_only(client, ada, name):
    client.force_login(ada)
    assert client.get(reverse(name))["Location"].startswith(reverse("account_reauthenticate"))


def test_what_app_and_site_share_is_sealed_in_the_database(ada, secret, settings):
    stored = [one.data for one in Authenticator.objects.filter(user=ada)]
    assert len(stored) == 2
    assert secret not in str(stored)
    sealed = Authenticator.objects.get(user=ada, type=Authenticator.Type.TOTP).data["secret"]
    assert open_secret(sealed) == secret
    settings.CUSTODY_KEY = "33" * 32
    with pytest.raises(CustodyUnavailable):
        open_secret(sealed)


def test_two_equal_secrets_are_sealed_differently():
    secret = generate_totp_secret()
    assert seal_secret(secret) != seal_secret(secret)


def test_the_admins_sign_in_asks_for_second_factors_too(client, ada, password, secret):
    type(ada).objects.filter(pk=ada.pk).update(is_staff=True, is_superuser=True)
    client.logout()
    answer = client.post("/admin/login/", {"username": ada.email, "password": password})
    assert answer["Location"].startswith(reverse("account_login"))
    assert "_auth_user_id" not in client.session


def test_people_see_and_remove_their_own_passkeys_only(confirmed, ada, bo):
    data = {"name": "Bo's key", "credential": {}}
    theirs = Authenticator.objects.create(user=bo, type=Authenticator.Type.WEBAUTHN, data=data)
    assert "Bo&#x27;s key" not in confirmed.get(reverse("mfa_list_webauthn")).content.decode()
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        address = reverse(name, kwargs={"pk": theirs.pk})
        assert confirmed.get(address).status_code == 404
        assert confirmed.post(address, {"name": "mine"}).status_code == 404
    assert Authenticator.objects.get() == theirs


@pytest.mark.parametrize("name", ["mfa_index", "mfa_list_webauthn", "mfa_add_webauthn", "mfa_activate_totp"])
def test_no_page_carries_a_script_or_style_inline(confirmed, name):
    answer = confirmed.get(reverse(name))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "<style" not in text
    assert " style=" not in text
    assert " onclick=" not in text
    for tag in text.split("<script")[1:]:
        opening, inside = tag.split(">", 1)
        assert "src=" in opening or 'type="application/json"' in opening, opening + inside[:40]
