"""Linking, naming, unlinking and confirming with wallets."""

import time
from urllib.parse import unquote

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Notification, User, Wallet, WalletEvent
from accounts.selectors import names_of
from accounts.services import Proof, WalletRefused, link_wallet, unlink_wallet
from accounts.tests.wallets import TestWallet, asked, bring, sign
from common.testing import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, ada):
    client.force_login(ada)
    return client


@pytest.fixture
def confirmed(page, password):
    """Ada, who has just typed her password again."""
    page.post(reverse("account_reauthenticate"), {"password": password})
    return page


@pytest.fixture
def carol(db) -> User:
    """Somebody who came with a wallet and has nothing else to sign in with."""
    user = User.objects.create_user("carol@example.org", None, display_name="Carol")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _linked(user, wallet: TestWallet) -> Wallet:
    return link_wallet(user=user, proof=Proof(wallet.address, Wallet.Kind.EOA))


def _events(user) -> list[tuple[str, str]]:
    return list(WalletEvent.objects.filter(user=user).values_list("action", "address"))


def test_a_wallet_is_linked_recorded_told_and_named(confirmed, ada, wallet):
    answer = sign(confirmed, wallet, "link")
    linked = Wallet.objects.get()
    assert answer.json() == {"next": reverse("accounts:wallet", args=[linked.pk])}
    assert (linked.user, linked.address, linked.kind) == (ada, wallet.address, Wallet.Kind.EOA)
    assert _events(ada) == [("linked", wallet.address)]
    told = Notification.objects.get()
    assert (told.user, told.kind) == (ada, "wallet_linked")
    assert wallet.address in told.body
    answer = confirmed.post(reverse("accounts:wallet", args=[linked.pk]), {"label": "  Ledger "})
    assert answer["Location"] == reverse("accounts:overview")
    linked.refresh_from_db()
    assert linked.label == "Ledger"
    assert names_of([wallet.address]) == {wallet.address: "Ada"}


def test_linking_needs_a_fresh_confirmation(page, wallet):
    address = reverse("accounts:wallet_link")
    assert unquote(page.get(address)["Location"]) == f"{reverse('account_reauthenticate')}?next={address}"
    answer = page.post(
        reverse("accounts:wallet_message"),
        {"purpose": "link", "address": wallet.address},
        content_type="application/json",
    )
    assert answer.status_code == 403
    assert "confirmed that it is you" in answer.json()["sentence"]


def test_a_confirmation_that_grew_old_links_nothing(confirmed, wallet):
    message = asked(confirmed, wallet, "link")
    session = confirmed.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {**record, "at": time.time() - 3600} for record in session[AUTHENTICATION_METHODS_SESSION_KEY]
    ]
    session.save()
    assert bring(confirmed, message, wallet.sign(message)).status_code == 403
    assert not Wallet.objects.exists()


def test_a_signature_for_signing_in_links_nothing(client, confirmed, wallet):
    message = asked(confirmed, wallet, "link")
    instead = message.replace(message.split("\n")[3], "Sign in to Loomprint. This costs nothing and moves nothing.")
    assert bring(confirmed, instead, wallet.sign(instead)).status_code == 422
    assert not Wallet.objects.exists()


def test_a_wallet_of_another_account_is_refused_in_a_clear_sentence(confirmed, ada, bo, wallet):
    _linked(bo, wallet)
    answer = sign(confirmed, wallet, "link")
    assert answer.status_code == 409
    assert "linked to another account" in answer.json()["sentence"]
    assert "unlink it there" in answer.json()["nextStep"]
    assert Wallet.objects.get().user == bo
    assert _events(ada) == []


def test_a_wallet_of_ones_own_is_not_linked_twice(confirmed, ada, wallet):
    _linked(ada, wallet)
    answer = sign(confirmed, wallet, "link")
    assert (answer.status_code, answer.json()["sentence"]) == (409, "This wallet is linked to your account already.")
    assert _events(ada) == [("linked", wallet.address)]


def test_custody_addresses_are_no_wallets(ada, bo):
    for owner in (ada, bo):
        with pytest.raises(WalletRefused) as refused:
            link_wallet(user=ada, proof=Proof(owner.custody_key.address, Wallet.Kind.EOA))
        assert refused.value.code == "custody"
    assert not Wallet.objects.exists()


def test_an_account_has_twenty_wallets_at_most(ada):
    for _number in range(20):
        _linked(ada, TestWallet())
    with pytest.raises(WalletRefused) as refused:
        _linked(ada, TestWallet())
    assert refused.value.code == "many"
    assert ada.wallets.count() == 20


@pytest.mark.django_db(transaction=True)
def test_of_two_accounts_that_link_a_wallet_at_once_one_has_it(ada, bo, wallet):
    def link(number: int) -> str:
        try:
            return _linked([ada, bo][number % 2], wallet).user.display_name
        except WalletRefused as refused:
            return refused.code

    outcomes = sorted(at_once(link, times=4))
    assert Wallet.objects.count() == 1
    assert sum(outcome in {"Ada", "Bo"} for outcome in outcomes) == 1
    assert set(outcomes) <= {"Ada", "Bo", "own", "taken"}


def test_a_wallet_is_unlinked_recorded_and_told(confirmed, ada, wallet):
    linked = _linked(ada, wallet)
    Notification.objects.all().delete()
    address = reverse("accounts:wallet_unlink", args=[linked.pk])
    assert wallet.address in confirmed.get(address).content.decode()
    assert confirmed.post(address)["Location"] == reverse("accounts:overview")
    assert not Wallet.objects.exists()
    assert _events(ada) == [("unlinked", wallet.address), ("linked", wallet.address)]
    told = Notification.objects.get()
    assert (told.user, told.kind) == (ada, "wallet_unlinked")
    assert wallet.address in told.body
    assert names_of([wallet.address]) == {}
    confirmed.logout()
    assert sign(confirmed, wallet).json() == {"next": reverse("accounts:wallet_sign_up")}


def test_linking_and_unlinking_again_is_told_each_time(ada, wallet):
    for _round in range(2):
        unlink_wallet(user=ada, wallet_id=_linked(ada, wallet).pk)
    assert Notification.objects.filter(user=ada).count() == 4


def test_unlinking_needs_a_fresh_confirmation(page, ada, wallet):
    address = reverse("accounts:wallet_unlink", args=[_linked(ada, wallet).pk])
    for method in (page.get, page.post):
        assert method(address)["Location"].startswith(reverse("account_reauthenticate"))
    assert Wallet.objects.exists()


def test_the_last_way_to_sign_in_stays(carol, wallet):
    linked = _linked(carol, wallet)
    with pytest.raises(WalletRefused) as refused:
        unlink_wallet(user=carol, wallet_id=linked.pk)
    assert refused.value.code == "last"
    assert Wallet.objects.get() == linked
    assert _events(carol) == [("linked", wallet.address)]


def test_the_last_way_to_sign_in_stays_and_the_page_says_what_to_do(client, carol, wallet):
    linked = _linked(carol, wallet)
    sign(client, wallet)
    address = reverse("accounts:wallet_unlink", args=[linked.pk])
    confirm = reverse("accounts:wallet_confirm")
    assert unquote(client.get(address)["Location"]) == f"{confirm}?next={address}"
    assert wallet.address in client.get(confirm).content.decode()
    assert sign(client, wallet, "confirm", next=address).json() == {"next": address}
    answer = client.post(address)
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "your only way to sign in" in text
    assert reverse("account_set_password") in text
    assert Wallet.objects.exists()


@pytest.mark.parametrize("other", ["password", "wallet"])
def test_with_another_way_in_a_wallet_goes(carol, wallet, other):
    linked = _linked(carol, wallet)
    if other == "wallet":
        _linked(carol, TestWallet())
    else:
        carol.set_password("amber tide 44 violins")
        carol.save()
    unlink_wallet(user=carol, wallet_id=linked.pk)
    assert not Wallet.objects.filter(address=wallet.address).exists()


def test_a_passkey_that_signs_in_alone_is_another_way_and_a_security_key_is_not(carol, wallet):
    linked = _linked(carol, wallet)
    data = {"name": "Key", "credential": {"clientExtensionResults": {"credProps": {"rk": False}}}}
    key = Authenticator.objects.create(user=carol, type=Authenticator.Type.WEBAUTHN, data=data)
    with pytest.raises(WalletRefused):
        unlink_wallet(user=carol, wallet_id=linked.pk)
    key.data["credential"]["clientExtensionResults"]["credProps"]["rk"] = True
    key.save()
    unlink_wallet(user=carol, wallet_id=linked.pk)
    assert not Wallet.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_last_wallets_are_not_unlinked_at_once(carol):
    wallets = [_linked(carol, TestWallet()) for _number in range(2)]

    def unlink(number: int) -> str:
        try:
            unlink_wallet(user=carol, wallet_id=wallets[number].pk)
        except WalletRefused as refused:
            return refused.code
        return "unlinked"

    assert sorted(at_once(unlink, times=2)) == ["last", "unlinked"]
    assert Wallet.objects.filter(user=carol).count() == 1


def test_nobody_sees_names_or_unlinks_the_wallets_of_others(confirmed, bo, wallet):
    theirs = _linked(bo, wallet)
    for name in ("wallet", "wallet_unlink"):
        address = reverse(f"accounts:{name}", args=[theirs.pk])
        assert confirmed.get(address).status_code == 404
        assert confirmed.post(address, {"label": "mine"}).status_code == 404
    theirs.refresh_from_db()
    assert (theirs.user, theirs.label) == (bo, "")


@pytest.mark.parametrize("name", ["wallet_link", "wallet_confirm", "wallet", "wallet_unlink"])
def test_a_stranger_is_sent_to_sign_in(client, ada, wallet, name):
    linked = _linked(ada, wallet)
    address = reverse(f"accounts:{name}", args=[linked.pk] if name in {"wallet", "wallet_unlink"} else [])
    for method in (client.get, client.post):
        assert method(address)["Location"] == f"{reverse('account_login')}?next={address}"
    linked.refresh_from_db()
    assert linked.label == ""


@pytest.mark.parametrize("purpose", ["link", "confirm"])
def test_a_stranger_is_asked_nothing_but_to_sign_in(client, wallet, purpose):
    answer = client.post(
        reverse("accounts:wallet_message"),
        {"purpose": purpose, "address": wallet.address},
        content_type="application/json",
    )
    assert answer.status_code == 403
    assert "not signed in" in answer.json()["sentence"]


def test_a_label_that_is_too_long_is_refused_and_kept_in_the_field(page, ada, wallet):
    linked = _linked(ada, wallet)
    answer = page.post(reverse("accounts:wallet", args=[linked.pk]), {"label": "L" * 61})
    assert answer.status_code == 422
    assert "L" * 61 in answer.content.decode()
    linked.refresh_from_db()
    assert linked.label == ""


def test_a_label_is_text_and_not_markup(page, ada, wallet):
    linked = _linked(ada, wallet)
    page.post(reverse("accounts:wallet", args=[linked.pk]), {"label": "<b>Ledger</b>"})
    text = page.get(reverse("accounts:overview")).content.decode()
    assert "&lt;b&gt;Ledger" in text
    assert "<b>Ledger" not in text


def test_the_account_page_shows_wallets_their_record_and_what_to_do_without_one(page, ada, wallet):
    text = page.get(reverse("accounts:overview")).content.decode()
    assert "No wallet is linked" in text
    linked = _linked(ada, wallet)
    text = page.get(reverse("accounts:overview")).content.decode()
    assert "No wallet is linked" not in text
    assert f'<span class="hash-full">{wallet.address}</span>' in text
    unlink_wallet(user=ada, wallet_id=linked.pk)
    text = page.get(reverse("accounts:overview")).content.decode()
    assert "No wallet is linked" in text
    assert text.count(f'<span class="hash-full">{wallet.address}</span>') == 2  # linked, unlinked


def test_the_account_page_asks_the_database_the_same_for_one_wallet_and_for_ten(page, ada):
    _linked(ada, TestWallet())
    with CaptureQueriesContext(connection) as one:
        page.get(reverse("accounts:overview"))
    for _number in range(9):
        _linked(ada, TestWallet())
    with CaptureQueriesContext(connection) as ten:
        page.get(reverse("accounts:overview"))
    assert len(ten) == len(one)


# Confirming with a wallet


def test_a_linked_wallet_confirms_beside_the_password(page, ada, wallet):
    linked = _linked(ada, wallet)
    assert reverse("accounts:wallet_confirm") in page.get(reverse("account_reauthenticate")).content.decode()
    address = reverse("accounts:wallet_unlink", args=[linked.pk])
    assert sign(page, wallet, "confirm", next=address).json() == {"next": address}
    assert page.get(address).status_code == 200


def test_another_wallet_confirms_nothing(page, ada, bo, wallet):
    _linked(ada, wallet)
    theirs = TestWallet()
    _linked(bo, theirs)
    for stranger in (theirs, TestWallet()):
        answer = sign(page, stranger, "confirm")
        assert answer.status_code == 422
        assert "not linked to your account" in answer.json()["sentence"]
    assert page.get(reverse("accounts:wallet_link")).status_code == 302


def test_an_account_by_wallet_confirms_before_its_second_factors_are_changed(client, carol, wallet):
    _linked(carol, wallet)
    sign(client, wallet)
    address = reverse("mfa_activate_totp")
    assert unquote(client.get(address)["Location"]) == f"{reverse('accounts:wallet_confirm')}?next={address}"
    sign(client, wallet, "confirm")
    assert client.get(address).status_code == 200


def test_an_account_without_a_wallet_cannot_confirm_with_one(page):
    assert page.get(reverse("accounts:wallet_confirm"))["Location"].startswith(reverse("account_reauthenticate"))
