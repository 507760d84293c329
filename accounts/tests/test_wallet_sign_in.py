"""Signing in with a wallet: what is accepted, and everything that is refused."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from eth_account import Account
from rest_framework.authtoken.models import Token

from accounts.models import User, Wallet, WalletChallenge
from accounts.services import Proof, Site, WalletRefused, export_custody_key, link_wallet, prove_wallet
from accounts.services.custody import unseal
from accounts.tests.wallets import TestWallet, asked, bring, contract_wallet, sentence_of, sign, who
from common.testing import at_once

pytestmark = pytest.mark.django_db

HOME = "/"


def test_a_linked_wallet_signs_in(client, ada, linked, wallet):
    before = client.session.session_key
    answer = sign(client, wallet)
    assert answer.status_code == 200
    assert answer.json() == {"next": HOME}
    assert who(client) == str(ada.pk)
    assert client.session.session_key != before
    linked.refresh_from_db()
    ada.refresh_from_db()
    assert timezone.now() - linked.last_used_at < timedelta(minutes=1)
    assert timezone.now() - ada.last_login < timedelta(minutes=1)
    [record] = client.session["account_authentication_methods"]
    assert (record["method"], record["address"]) == ("wallet", wallet.address)


def test_the_message_says_site_chain_purpose_and_time(client, wallet, settings):
    with time_machine.travel("2026-11-26T10:00:00Z", tick=False):
        message = asked(client, wallet)
    nonce = WalletChallenge.objects.get().nonce
    assert message == (
        "testserver wants you to sign in with your Ethereum account:\n"
        f"{wallet.address}\n"
        "\n"
        "Sign in to Loomprint. This costs nothing and moves nothing.\n"
        "\n"
        "URI: http://testserver/account/wallets/proof/\n"
        "Version: 1\n"
        f"Chain ID: {settings.CHAINS['public']['chain_id']}\n"
        f"Nonce: {nonce}\n"
        "Issued At: 2026-11-26T10:00:00.000000Z\n"
        "Expiration Time: 2026-11-26T10:10:00.000000Z"
    )
    assert re.fullmatch("[A-Za-z0-9]{24}", nonce)


def test_the_way_goes_on_to_the_page_that_asked_for_sign_in_and_to_no_other_site(client, linked, wallet):
    assert sign(client, wallet, next="/library/").json() == {"next": "/library/"}
    client.logout()
    assert sign(client, wallet, next="https://evil.example/").json() == {"next": HOME}
    client.logout()
    assert sign(client, wallet, next="//evil.example/").json() == {"next": HOME}


def test_a_signature_is_taken_once(client, linked, wallet):
    message = asked(client, wallet)
    signature = wallet.sign(message)
    assert bring(client, message, signature).status_code == 200
    client.logout()
    answer = bring(client, message, signature)
    assert answer.status_code == 422
    assert "answered before" in sentence_of(answer)
    assert who(client) is None


def test_a_failed_try_uses_the_question_up_too(client, linked, wallet):
    message = asked(client, wallet)
    assert bring(client, message, TestWallet().sign(message)).status_code in {422, 503}
    answer = bring(client, message, wallet.sign(message))
    assert "answered before" in sentence_of(answer)
    assert who(client) is None


def test_a_question_asked_again_voids_the_one_before(client, linked, wallet):
    first = asked(client, wallet)
    asked(client, wallet)
    answer = bring(client, first, wallet.sign(first))
    assert answer.status_code == 422
    assert "not what Loomprint asked for" in sentence_of(answer)
    assert who(client) is None


def test_a_signature_made_for_another_session_is_worth_nothing(client, linked, wallet):
    message = asked(client, wallet)
    thief = Client(REMOTE_ADDR="192.0.2.9")
    assert "answered before" in sentence_of(bring(thief, message, wallet.sign(message)))
    asked(thief, wallet)
    assert "not what Loomprint asked for" in sentence_of(bring(thief, message, wallet.sign(message)))
    assert who(thief) is None
    assert bring(client, message, wallet.sign(message)).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_answers_at_the_same_time_one_is_taken(wallet):
    site = Site(scheme="http", domain="testserver", uri="http://testserver/account/wallets/proof/")
    message = asked(Client(REMOTE_ADDR="192.0.2.10"), wallet)
    nonce, signature = WalletChallenge.objects.get().nonce, bytes.fromhex(wallet.sign(message)[2:])

    def answer(_number: int) -> str:
        try:
            prove_wallet(nonce=nonce, purpose="sign_in", text=message, signature=signature, site=site)
        except WalletRefused as refused:
            return refused.code
        return "proven"

    assert sorted(at_once(answer, times=6)) == ["proven", *["used"] * 5]


def test_a_question_runs_out_after_ten_minutes(client, linked, wallet):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        message = asked(client, wallet)
        clock.shift(timedelta(minutes=10, seconds=1))
        assert "run out" in sentence_of(bring(client, message, wallet.sign(message)))
        assert who(client) is None
        message = asked(client, wallet)
        clock.shift(timedelta(minutes=9, seconds=59))
        assert bring(client, message, wallet.sign(message)).status_code == 200


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (r"^testserver", "evil.example"),
        (r"^testserver", "https://testserver"),
        (r"http://testserver/account/wallets/proof/", "http://evil.example/account/wallets/proof/"),
        (r"http://testserver/account/wallets/proof/", "http://testserver/"),
        (r"Chain ID: \d+", "Chain ID: 1"),
        (r"Version: 1", "Version: 2"),
        (r"Nonce: \w+", "Nonce: aaaaaaaaaaaaaaaaaaaaaaaa"),
        (r"Sign in to Loomprint\.", "Give away all."),
        (r"\nSign in to [^\n]*\n", "\n"),
        (r"Issued At: \d{4}", "Issued At: 2001"),
        (r"Issued At: \d{4}", "Issued At: 2999"),
        (r"Expiration Time: \d{4}", "Expiration Time: 2001"),
        (r"\nExpiration Time: .*", ""),
        (r"\Z", "\nNot Before: 2999-01-01T00:00:00Z"),
        (r"\Z", "\nRequest ID: 7"),
        (r"\Z", "\nResources:\n- https://evil.example/"),
        (r"\Z", "\n"),
        (r"\n", "\r\n"),
    ],
)
def test_a_message_that_was_changed_before_signing_is_refused(client, linked, wallet, old, new):
    message = asked(client, wallet)
    changed = re.sub(old, new, message, count=1)
    assert changed != message
    answer = bring(client, changed, wallet.sign(changed))
    assert answer.status_code == 422
    assert "not what Loomprint asked for" in sentence_of(answer)
    assert who(client) is None


def test_an_address_that_was_changed_after_signing_is_refused(client, linked, wallet, live_chain):
    mallory = TestWallet()
    message = asked(client, mallory)
    forged = message.replace(mallory.address, wallet.address)
    answer = bring(client, forged, mallory.sign(forged))
    assert answer.status_code == 422
    assert "not of the address" in sentence_of(answer)
    assert who(client) is None


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "0x",
        "0xzz",
        "0x" + "00" * 65,
        "0x" + "ff" * 65,
        "0x" + "11" * 64,
        "0x" + "11" * 9000,
        7,
        None,
        {"r": 1},
        "é",
    ],
)
def test_a_signature_that_is_none_is_refused_in_a_sentence(client, linked, wallet, live_chain, signature):
    answer = bring(client, asked(client, wallet), signature)
    assert answer.status_code == 422
    assert "not of the address" in sentence_of(answer)
    assert answer.json()["nextStep"]
    assert who(client) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"7", b"{", b"\xff", b'{"message": 7}', b"[" * 30_000, b'{"message": "' + b"a" * 40_000 + b'"}'],
)
def test_a_body_that_is_none_is_refused_in_a_sentence(client, wallet, body):
    asked(client, wallet)
    for name in ("wallet_message", "wallet_proof"):
        answer = client.post(reverse(f"accounts:{name}"), body, content_type="application/json")
        assert answer.status_code == 422, name
        assert sentence_of(answer)


@pytest.mark.parametrize(
    "asking",
    [
        {"purpose": "sign_in", "address": "0x12"},
        {"purpose": "sign_in", "address": None},
        {"purpose": "sign_in"},
        {"purpose": "buy", "address": "0x" + "11" * 20},
        {"purpose": ["sign_in"], "address": "0x" + "11" * 20},
    ],
)
def test_what_nobody_can_be_asked_gets_a_sentence(client, asking):
    answer = client.post(reverse("accounts:wallet_message"), asking, content_type="application/json")
    assert answer.status_code == 422
    assert sentence_of(answer)
    assert not WalletChallenge.objects.exists()


def test_wallets_are_asked_by_post_and_with_a_csrf_token_only(wallet):
    strict = Client(enforce_csrf_checks=True, REMOTE_ADDR="192.0.2.11")
    for name in ("wallet_message", "wallet_proof"):
        assert strict.get(reverse(f"accounts:{name}")).status_code == 405
        assert strict.post(reverse(f"accounts:{name}"), {}, content_type="application/json").status_code == 403


def test_too_many_tries_from_one_place_wait_a_minute(client, wallet):
    for _try in range(20):
        assert bring(client, "x", "0x").status_code == 422
    answer = bring(client, "x", "0x")
    assert answer.status_code == 429
    assert "Wait a minute" in answer.json()["nextStep"]


def test_a_banned_account_is_not_let_in(client, ada, linked, wallet):
    User.objects.filter(pk=ada.pk).update(is_active=False)
    assert sign(client, wallet).json() == {"next": reverse("account_inactive")}
    assert who(client) is None


def test_an_account_with_an_authenticator_app_is_asked_for_the_code_after_the_wallet(client, ada, linked, wallet):
    secret = generate_totp_secret()
    TOTP.activate(ada, secret)
    assert sign(client, wallet).json() == {"next": reverse("mfa_authenticate")}
    assert who(client) is None
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert who(client) is None
    client.post(reverse("mfa_authenticate"), {"code": _code(secret)})
    assert who(client) == str(ada.pk)
    methods = [record["method"] for record in client.session["account_authentication_methods"]]
    assert methods == ["wallet", "mfa"]


def _code(secret: str) -> str:
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def test_who_is_signed_in_is_not_signed_in_again(client, ada, linked, wallet):
    client.force_login(ada)
    answer = client.post(
        reverse("accounts:wallet_message"),
        {"purpose": "sign_in", "address": wallet.address},
        content_type="application/json",
    )
    assert answer.status_code == 409
    assert "signed in already" in sentence_of(answer)


def test_a_token_of_the_api_opens_no_wallet_page(client, ada, linked, wallet):
    program = Client(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=ada).key}", REMOTE_ADDR="192.0.2.12")
    answer = program.post(
        reverse("accounts:wallet_message"),
        {"purpose": "link", "address": wallet.address},
        content_type="application/json",
    )
    assert answer.status_code == 403
    for name in ("wallet", "wallet_unlink"):
        assert program.get(reverse(f"accounts:{name}", args=[linked.pk])).status_code == 302


def test_a_custody_address_signs_nobody_in_and_opens_no_account(client, ada, password):
    custody = TestWallet(Account.from_key(export_custody_key(user=ada, password=password)))
    assert custody.key.key == unseal(ada.custody_key)
    answer = sign(client, custody)
    assert answer.status_code == 422
    assert "keeps for an account" in sentence_of(answer)
    assert who(client) is None
    assert User.objects.count() == 1


# Contract wallets, on the real chain


def test_a_contract_wallet_signs_in_by_its_owners_key(client, ada, live_chain):
    wallet = contract_wallet(live_chain.node)
    link_wallet(user=ada, proof=Proof(wallet.address, Wallet.Kind.CONTRACT))
    assert sign(client, wallet).json() == {"next": HOME}
    assert who(client) == str(ada.pk)


def test_a_contract_wallet_refuses_the_key_of_somebody_else(client, ada, live_chain):
    wallet = contract_wallet(live_chain.node)
    link_wallet(user=ada, proof=Proof(wallet.address, Wallet.Kind.CONTRACT))
    answer = sign(client, TestWallet(address=wallet.address))
    assert answer.status_code == 422
    assert "not of the address" in sentence_of(answer)
    assert who(client) is None


def test_a_contract_that_is_no_wallet_signs_nothing(client, live_chain):
    for name in ("TestStablecoin", "AccessManager"):
        answer = sign(client, TestWallet(address=live_chain.chain.deployment.address(name)))
        assert answer.status_code == 422
        assert "not of the address" in sentence_of(answer)


def test_without_a_chain_keys_sign_in_and_contract_wallets_are_told_why_not(client, ada, linked, wallet, live_chain):
    contract = contract_wallet(live_chain.node)
    live_chain.node.stop()
    try:
        answer = sign(client, contract)
        assert answer.status_code == 503
        assert "the chain does not answer" in sentence_of(answer)
        assert sign(client, wallet).status_code == 200
        assert who(client) == str(ada.pk)
    finally:
        live_chain.node.start()
