"""Proof that somebody holds a wallet: a message of ours with a nonce, given to one session and signed once."""

import secrets
import string
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import WalletRefused
from accounts.models import Wallet, WalletChallenge
from accounts.siwe import Message, NotAMessage, moment, parse, write
from contracts.chains import chain
from contracts.client import client
from contracts.errors import ChainError

logger = structlog.get_logger(__name__)

VALID_FOR = timedelta(minutes=10)
KEPT_FOR = timedelta(days=1)
# Two of our machines may not agree on the time.
CLOCKS_DIFFER = timedelta(minutes=1)
NONCE_LETTERS = string.ascii_letters + string.digits
# A Safe with fifty owners, or a passkey's signature with all around it, is shorter.
LONGEST_SIGNATURE = 8192

# EIP-4361 allows ASCII only, so what is signed stays English; the page beside it says it in the person's words.
STATEMENTS = {
    "sign_in": "Sign in to Loomprint. This costs nothing and moves nothing.",
    "link": "Link this wallet to my Loomprint account: whoever holds it can sign in there. This costs nothing.",
    "confirm": "Confirm a change of my Loomprint account. This costs nothing and moves nothing.",
}


@dataclass(frozen=True)
class Site:
    """Where a browser asks from: the scheme and domain of its page, and the address that answers."""

    scheme: str
    domain: str
    uri: str


@dataclass(frozen=True)
class Proof:
    """An address, checksummed, whose holder signed our message just now."""

    address: str
    kind: Wallet.Kind


@transaction.atomic
def issue_challenge(*, purpose: str, address: str, site: Site) -> Message:
    """The message to sign, with a fresh nonce that the caller keeps in the session. Raises NotAMessage, KeyError."""
    now = timezone.now()
    WalletChallenge.objects.filter(issued_at__lt=now - KEPT_FOR).delete()
    nonce = "".join(secrets.choice(NONCE_LETTERS) for _letter in range(24))
    message = Message(
        domain=site.domain,
        address=address,
        statement=STATEMENTS[purpose],
        uri=site.uri,
        chain_id=chain().chain_id,
        nonce=nonce,
        issued_at=_rfc3339(now),
        expiration_time=_rfc3339(now + VALID_FOR),
    )
    write(message)
    WalletChallenge.objects.create(nonce=nonce, issued_at=now)
    return message


def prove_wallet(*, nonce: str, purpose: str, text: str, signature: bytes, site: Site) -> Proof:
    """Check a signed message against what this session was asked. Raises WalletRefused.

    `nonce` and `purpose` are what the session holds; the nonce is used up by this call, however it ends.
    """
    now = timezone.now()
    fresh = WalletChallenge.objects.filter(nonce=nonce, used_at__isnull=True, issued_at__gt=now - VALID_FOR)
    if not fresh.update(used_at=now):
        raise WalletRefused(
            "used",
            _("This request to sign was answered before, or it has run out. Nothing was changed."),
            _("Start again, and your wallet is asked for a new signature."),
        )
    message = _asked_message(text, nonce=nonce, purpose=purpose, site=site, now=now)
    return Proof(address=message.address, kind=_kind_of_holder(message.address, text, signature))


def _asked_message(text: str, *, nonce: str, purpose: str, site: Site, now: datetime) -> Message:
    """The message, when every field is what we ask for."""
    try:
        message = parse(text)
    except NotAMessage as error:
        raise _not_asked(str(error)) from error
    wrong = {
        "scheme": message.scheme not in (None, site.scheme),
        "domain": message.domain != site.domain,
        "uri": message.uri != site.uri,
        "chain id": message.chain_id != chain().chain_id,
        "nonce": not secrets.compare_digest(message.nonce, nonce),
        "statement": message.statement != STATEMENTS[purpose],
        "issued at": not now - VALID_FOR <= moment(message.issued_at) <= now + CLOCKS_DIFFER,
        "expiration time": message.expiration_time is None or moment(message.expiration_time) <= now,
        "not before": message.not_before is not None and moment(message.not_before) > now,
        "request id": message.request_id is not None,
        "resources": message.resources is not None,
    }
    if fields := [name for name, is_wrong in wrong.items() if is_wrong]:
        raise _not_asked(", ".join(fields))
    return message


def _not_asked(why: str) -> WalletRefused:
    logger.info("wallet_message_refused", why=why)
    return WalletRefused(
        "not_asked",
        _("What the wallet signed is not what Loomprint asked for. Nothing was changed."),
        _("Start again on this page. If it happens once more, use another wallet."),
    )


def _kind_of_holder(address: str, text: str, signature: bytes) -> Wallet.Kind:
    """Whose signature it is: of a key, asked without the chain, or of a contract at the address (ERC-1271)."""
    from eth_account import Account
    from eth_account.messages import defunct_hash_message, encode_defunct
    from eth_keys.exceptions import BadSignature

    if len(signature) == 65:
        try:
            if Account.recover_message(encode_defunct(text=text), signature=signature) == address:
                return Wallet.Kind.EOA
        except (BadSignature, ValueError):
            pass  # A contract wallet's signature may have any bytes.
    if 0 < len(signature) <= LONGEST_SIGNATURE:
        digest = bytes(defunct_hash_message(text=text))
        try:
            if client(chain()).accepts_signature(address, digest, signature):
                return Wallet.Kind.CONTRACT
        except ChainError as error:
            raise WalletRefused(
                "unreachable",
                _("A contract wallet is checked on the chain, and the chain does not answer. Nothing was changed."),
                _("Try again in a minute, or sign in with your e-mail address."),
            ) from error
    raise WalletRefused(
        "signature",
        _("The signature is not of the address that was asked. Nothing was changed."),
        _("Choose in your wallet the account that you want to use, and try again."),
    )


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
