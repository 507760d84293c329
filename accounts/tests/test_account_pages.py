import re

import pytest
from django.urls import reverse
from eth_account import Account
from rest_framework.authtoken.models import Token

from accounts.models import Notification, SigningConfirmation
from accounts.services import create_api_token, notify, sign_with_custody

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, ada):
    client.force_login(ada)
    return client


@pytest.mark.parametrize(
    "name", ["overview", "make_token", "drop_token", "custody_export", "notifications", "personal_data"]
)
def test_a_stranger_is_sent_to_sign_in(client, name):
    address = reverse(f"accounts:{name}")
    method = client.post if name in {"make_token", "drop_token"} else client.get
    answer = method(address)
    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('account_login')}?next={address}"


def test_the_account_page_shows_name_and_address(page, ada):
    text = page.get(reverse("accounts:overview")).content.decode()
    assert ada.custody_key.address in text
    assert "ada@example.org" in text


def test_a_person_changes_their_name(page, ada):
    answer = page.post(reverse("accounts:overview"), {"display_name": "  Ada L. "})
    assert answer.status_code == 302
    ada.refresh_from_db()
    assert ada.display_name == "Ada L."


def test_an_empty_name_is_refused_and_said(page, ada):
    answer = page.post(reverse("accounts:overview"), {"display_name": ""})
    assert answer.status_code == 422
    assert "This field is required" in answer.content.decode()
    ada.refresh_from_db()
    assert ada.display_name == "Ada"


def test_a_token_is_shown_once_and_replaces_the_one_before(page, ada):
    old = create_api_token(user=ada)
    answer = page.post(reverse("accounts:make_token"))
    new = re.search(r'id="new-token">([0-9a-f]{40})<', answer.content.decode())[1]
    assert Token.objects.get(user=ada).key == new != old
    assert "no-store" in answer["Cache-Control"]
    assert new not in page.get(reverse("accounts:overview")).content.decode()


def test_a_token_is_not_made_by_following_a_link(page, ada):
    assert page.get(reverse("accounts:make_token")).status_code == 405
    assert not Token.objects.exists()


def test_revoking_a_token_leaves_other_peoples(page, ada, bo):
    create_api_token(user=ada)
    theirs = create_api_token(user=bo)
    page.post(reverse("accounts:drop_token"))
    assert list(Token.objects.values_list("key", flat=True)) == [theirs]


def test_the_key_is_shown_after_the_password_and_only_on_that_answer(page, ada, password):
    address = reverse("accounts:custody_export")
    assert "private-key" not in page.get(address).content.decode()
    answer = page.post(address, {"password": password})
    private_key = re.search(r'id="private-key">(0x[0-9a-f]{64})<', answer.content.decode())[1]
    assert Account.from_key(private_key).address == ada.custody_key.address
    assert "no-store" in answer["Cache-Control"]
    assert private_key not in page.get(address).content.decode()


def test_a_wrong_password_shows_no_key(page, ada):
    answer = page.post(reverse("accounts:custody_export"), {"password": "wrong"})
    assert answer.status_code == 422
    assert "That is not your password" in answer.content.decode()
    assert "private-key" not in answer.content.decode()
    ada.custody_key.refresh_from_db()
    assert ada.custody_key.exported_at is None


def test_people_see_their_own_notifications_only(page, ada, bo):
    notify(user=ada, kind="sale", key="1", subject="You sold a lamp", body="Well done.")
    notify(user=bo, kind="sale", key="1", subject="Bo sold a vase", body="<b>Well done.</b>")
    text = page.get(reverse("accounts:notifications")).content.decode()
    assert "You sold a lamp" in text
    assert "Bo sold a vase" not in text


def test_a_notification_is_text_and_not_markup(page, ada):
    notify(user=ada, kind="sale", key="1", subject="<script>alert(1)</script>", body="<b>bold</b>")
    text = page.get(reverse("accounts:notifications")).content.decode()
    assert "<script>alert" not in text
    assert "&lt;b&gt;bold" in text


def test_a_person_downloads_what_is_known_about_them(page, ada, password, typed_data):
    sign_with_custody(user=ada, typed_data=typed_data, purpose="wish:1", password=password)
    data = page.get(reverse("accounts:personal_data")).json()
    assert data["accounts"]["email"] == "ada@example.org"
    assert data["accounts"]["custody_address"] == ada.custody_key.address
    assert data["accounts"]["signatures"][0]["digest"] == SigningConfirmation.objects.get().digest
    assert data["payments"] == {"payments": []}
    assert not Notification.objects.exists()
