"""Opening an account with a wallet: a name, an e-mail address that is confirmed, and nothing for anybody else."""

import re
import secrets
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User, Wallet, WalletEvent
from accounts.services import Proof, link_wallet
from accounts.services.notifications import deliver_unsent
from accounts.tests.wallets import TestWallet, sign, who

pytestmark = pytest.mark.django_db

HOME = "/"


@pytest.fixture(autouse=True)
def email(client) -> str:
    """A newcomer's address, another one for each test: mails to one are limited too."""
    client.email = f"new.{secrets.token_hex(4)}@example.org"
    return client.email


def _open(client, **changes):
    fields = {"email": client.email.title(), "display_name": "Newcomer"}
    return client.post(reverse("accounts:wallet_sign_up"), {**fields, **changes})


def _enter_code(client) -> None:
    code = re.search(r"\b[0-9A-Z]{4}-?[0-9A-Z]{4}\b", mail.outbox[-1].body)[0]
    client.post(reverse("account_email_verification_sent"), {"code": code})


def test_a_wallet_without_an_account_opens_one_with_name_e_mail_and_code(client, wallet, email):
    assert sign(client, wallet).json() == {"next": reverse("accounts:wallet_sign_up")}
    assert who(client) is None
    assert wallet.address in client.get(reverse("accounts:wallet_sign_up")).content.decode()
    assert _open(client)["Location"] == reverse("account_email_verification_sent")
    user = User.objects.get()
    assert (user.email, user.display_name, user.has_usable_password()) == (email, "Newcomer", False)
    assert user.custody_key.address.startswith("0x")
    assert not Wallet.objects.exists()
    assert who(client) is None
    _enter_code(client)
    assert who(client) == str(user.pk)
    linked = Wallet.objects.get()
    assert (linked.user, linked.address, linked.kind) == (user, wallet.address, Wallet.Kind.EOA)
    assert WalletEvent.objects.get().action == WalletEvent.Action.LINKED
    client.logout()
    assert sign(client, wallet).json() == {"next": HOME}
    assert who(client) == str(user.pk)


def test_the_sign_up_page_is_for_proven_wallets(client, ada):
    answer = client.get(reverse("accounts:wallet_sign_up"))
    assert answer["Location"] == reverse("account_login")
    assert _open(client)["Location"] == reverse("account_login")
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"display_name": ""}, "display_name"), ({"display_name": "A\u202eB"}, "display_name"), ({"email": "x"}, "email")],
)
def test_what_cannot_be_used_is_refused_at_its_field(client, wallet, changes, field):
    sign(client, wallet)
    answer = _open(client, **changes)
    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert not User.objects.exists()


def test_a_taken_e_mail_address_links_no_wallet_and_is_not_told_to_the_visitor(client, ada, wallet):
    cache.clear()  # mails to one address are limited, and every test has an Ada
    sign(client, wallet)
    assert _open(client, email="ADA@example.org")["Location"] == reverse("account_email_verification_sent")
    assert mail.outbox[0].to == ["ada@example.org"]
    assert "already" in mail.outbox[0].body
    assert User.objects.count() == 1
    assert not Wallet.objects.exists()
    assert who(client) is None


def test_an_account_that_was_never_confirmed_keeps_nobody_from_opening_it(client, wallet, email):
    mallory = Client(REMOTE_ADDR="192.0.2.13")
    sign(mallory, TestWallet())
    mallory.email = email
    _open(mallory, display_name="Mallory")
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        sign(client, wallet)
        _open(client)
        _enter_code(client)
    user = User.objects.get()
    assert user.display_name == "Newcomer"
    assert [one.address for one in user.wallets.all()] == [wallet.address]
    assert who(client) == str(user.pk)


def test_a_wallet_is_not_linked_when_somebody_else_confirms_the_address(client, wallet, email):
    """Mallory begins with a victim's address; the victim, who sets a password by mail, must not let her wallet in."""
    sign(client, wallet)
    _open(client)
    victim = Client(REMOTE_ADDR="192.0.2.14")
    victim.post(reverse("account_reset_password"), {"email": email})
    link = re.search(r"http://testserver(/\S+)", mail.outbox[-1].body)[1]
    form = victim.get(link, follow=True).request["PATH_INFO"]
    victim.post(form, {"password1": "amber tide 44 violins", "password2": "amber tide 44 violins"})
    user = User.objects.get()
    assert user.has_usable_password()
    assert not Wallet.objects.exists()
    sign(client, wallet)
    assert who(client) is None


def test_a_wallet_that_was_only_shown_is_not_linked_to_an_account_opened_by_password(client, wallet, email):
    sign(client, wallet)
    client.post(
        reverse("account_signup"), {"email": email, "display_name": "New", "password1": "amber tide 44 violins"}
    )
    _enter_code(client)
    assert who(client) == str(User.objects.get().pk)
    assert not Wallet.objects.exists()


def test_a_wallet_that_was_linked_meanwhile_stays_where_it_is(client, ada, wallet, email):
    sign(client, wallet)
    _open(client)
    link_wallet(user=ada, proof=Proof(wallet.address, Wallet.Kind.EOA))
    _enter_code(client)
    assert Wallet.objects.get().user == ada
    assert who(client) == str(User.objects.get(email=email).pk)
    page = client.get(reverse("accounts:overview")).content.decode()
    assert "linked to another account" in page


def test_an_account_by_wallet_sets_a_password_later_and_then_confirms_with_it(client, wallet):
    sign(client, wallet)
    _open(client)
    _enter_code(client)
    user = User.objects.get()
    answer = client.post(reverse("accounts:custody_export"), {"password": "anything"})
    assert "has no password yet" in answer.content.decode()
    assert EmailAddress.objects.get(user=user).verified
    secret = "amber tide 44 violins"
    client.post(reverse("account_set_password"), {"password1": secret, "password2": secret})
    assert "private-key" in client.post(reverse("accounts:custody_export"), {"password": secret}).content.decode()


def test_the_newcomer_is_told_by_mail_that_the_wallet_is_linked(client, wallet):
    sign(client, wallet)
    _open(client)
    _enter_code(client)
    mail.outbox.clear()
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        deliver_unsent()
    assert [one.subject for one in mail.outbox] == ["A wallet was linked to your account"]
    assert wallet.address in mail.outbox[0].body
