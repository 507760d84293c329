"""A proven wallet in a browser session: signing in, opening an account, confirming, by django-allauth's own flow.

So is_active, the confirmation of the e-mail address, second factors, the record of sign-ins and the rotation of the
session are the same as after a password.
"""

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.errors import WalletRefused
from accounts.models import User, Wallet
from accounts.selectors import linked_wallet
from accounts.services import Proof, link_wallet, refuse_custody_address, wallet_signed_in

METHOD = "wallet"
NEWCOMER_KEY = "wallet_newcomer"
NEWCOMER_SECONDS = 30 * 60


def sign_in_with_wallet(request: HttpRequest, *, proof: Proof, next_url: str) -> str:
    """Where to go on: signed in to the account of this wallet, or to open one. Raises WalletRefused."""
    wallet = linked_wallet(proof.address)
    if wallet is None:
        refuse_custody_address(proof.address)
        keep_newcomer(request, proof)
        return reverse("accounts:wallet_sign_up")
    wallet_signed_in(wallet=wallet)
    record_authentication(request, wallet.user, method=METHOD, address=wallet.address)
    answer = perform_login(request, wallet.user, redirect_url=next_url or None)
    return str(answer["Location"])


def confirm_with_wallet(request: HttpRequest, *, user: User, proof: Proof) -> None:
    """Count as a fresh confirmation. Raises WalletRefused for a wallet that is not linked to this account."""
    wallet = linked_wallet(proof.address)
    if wallet is None or wallet.user_id != user.pk:
        raise WalletRefused(
            "not_linked",
            _("This wallet is not linked to your account, so it confirms nothing."),
            _("Choose in your wallet an account that is linked, and try again."),
        )
    wallet_signed_in(wallet=wallet)
    record_authentication(request, user, method=METHOD, address=wallet.address, reauthenticated=True)


def keep_newcomer(request: HttpRequest, proof: Proof) -> None:
    """Remember a proven wallet without an account, for the page that opens one."""
    request.session[NEWCOMER_KEY] = {"address": proof.address, "kind": str(proof.kind), "at": time.time()}


def newcomer(request: HttpRequest) -> Proof | None:
    """The wallet that this session has proven and that waits for its account."""
    kept: dict[str, Any] = request.session.get(NEWCOMER_KEY, {})
    if not kept or time.time() - kept["at"] > NEWCOMER_SECONDS:
        return None
    return Proof(address=kept["address"], kind=Wallet.Kind(kept["kind"]))


def promise_wallet(request: HttpRequest, *, user: User) -> None:
    """Link the newcomer's wallet once this account's e-mail address is confirmed in this session, and not before.

    Otherwise somebody could open an account with another person's address, and wait until that person confirms it.
    """
    request.session[NEWCOMER_KEY] = {**request.session[NEWCOMER_KEY], "user": str(user.public_id)}


def keep_promise(request: HttpRequest, *, user: User) -> None:
    """Link the wallet that this session was promised to have linked to this account."""
    proof = newcomer(request)
    if proof is None or request.session[NEWCOMER_KEY].get("user") != str(user.public_id):
        return
    del request.session[NEWCOMER_KEY]
    try:
        link_wallet(user=user, proof=proof)
    except WalletRefused as refusal:
        messages.warning(request, f"{refusal} {refusal.next_step}")
        return
    record_authentication(request, user, method=METHOD, address=proof.address)


def confirmed_lately(request: HttpRequest, user: User) -> bool:
    """Whether the person confirmed by whatever means within allauth's time."""
    from allauth.account import app_settings

    records = [record for record in get_authentication_records(request, user) if record.get("reauthenticated")]
    return bool(records) and time.time() - records[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT


def safe_next(next_url: str) -> str:
    """A path of ours to go on to, or nothing."""
    return next_url if next_url and get_adapter().is_safe_url(next_url) else ""
