import re

import pytest
from allauth.account.models import EmailAddress
from axes.models import AccessAttempt
from django.core import mail
from django.urls import reverse

from accounts.models import User

pytestmark = pytest.mark.django_db

SECRET = "amber tide 44 violins"


def _sign_up(client, **changes):
    fields = {"email": "New@Example.org", "display_name": "Newcomer", "password1": SECRET}
    return client.post(reverse("account_signup"), {**fields, **changes})


def test_a_newcomer_signs_up_with_a_code_from_the_mail(client):
    answer = _sign_up(client)
    assert answer.status_code == 302
    user = User.objects.get()
    assert (user.email, user.display_name) == ("new@example.org", "Newcomer")
    assert user.custody_key.address.startswith("0x")
    assert not EmailAddress.objects.get(user=user).verified
    assert "_auth_user_id" not in client.session
    assert mail.outbox[0].to == ["new@example.org"]
    code = re.search(r"\b[0-9A-Z]{4}-?[0-9A-Z]{4}\b", mail.outbox[0].body)[0]
    client.post(reverse("account_email_verification_sent"), {"code": code})
    assert EmailAddress.objects.get(user=user).verified
    assert client.session["_auth_user_id"] == str(user.pk)


def test_a_wrong_code_verifies_nothing(client):
    _sign_up(client)
    client.post(reverse("account_email_verification_sent"), {"code": "AAAA-AAAA"})
    assert not EmailAddress.objects.get().verified
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"display_name": ""}, "display_name"),
        ({"display_name": "A\u202eB"}, "display_name"),
        ({"password1": "short"}, "password1"),
        ({"password1": "password1234"}, "password1"),
        ({"email": "not an address"}, "email"),
    ],
)
def test_a_sign_up_that_cannot_be_used_is_refused_at_its_field(client, changes, field):
    answer = _sign_up(client, **changes)
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert not User.objects.exists()


def test_a_taken_address_makes_no_second_account_and_does_not_tell_the_visitor(client, ada):
    answer = _sign_up(client, email="ADA@example.org")
    assert answer.status_code == 302
    assert User.objects.count() == 1
    assert mail.outbox[0].to == ["ada@example.org"]
    assert "already" in mail.outbox[0].body


def _sign_in(client, password, email="ada@example.org"):
    return client.post(reverse("account_login"), {"login": email, "password": password})


def test_a_person_signs_in_in_any_case(client, ada, password):
    _sign_in(client, password, email="ADA@Example.org")
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_after_five_wrong_passwords_the_right_one_is_refused_too(client, ada, password):
    for _try in range(5):
        answer = _sign_in(client, "wrong wrong wrong")
    assert answer.status_code == 429
    assert "Try again in 15 minutes" in answer.content.decode()
    assert _sign_in(client, password).status_code == 429
    assert "_auth_user_id" not in client.session


def test_a_lockout_is_for_that_address_and_that_place_only(client, ada, bo, password):
    for _try in range(5):
        _sign_in(client, "wrong wrong wrong")
    assert AccessAttempt.objects.get().username == "ada@example.org"
    _sign_in(client, password, email="bo@example.org")
    assert client.session["_auth_user_id"] == str(bo.pk)
    client.logout()
    client.defaults["REMOTE_ADDR"] = "192.0.2.77"
    _sign_in(client, password)
    assert client.session["_auth_user_id"] == str(ada.pk)


def test_a_right_password_clears_the_wrong_ones_before(client, ada, password):
    for _round in range(2):
        for _try in range(4):
            _sign_in(client, "wrong wrong wrong")
        _sign_in(client, password)
        assert client.session["_auth_user_id"] == str(ada.pk)
        client.logout()
