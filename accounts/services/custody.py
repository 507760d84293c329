"""Custody keys: made with the account, sealed, shown to their owner once they ask."""

import secrets

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.errors import CustodyUnavailable
from accounts.models import CustodyKey, User

logger = structlog.get_logger(__name__)

KEY_VERSION = 1
NONCE_BYTES = 12


@sensitive_variables()
def _sealer() -> AESGCM:
    try:
        key = bytes.fromhex(settings.CUSTODY_KEY.removeprefix("0x"))
    except ValueError:
        key = b""
    if len(key) != 32:
        raise CustodyUnavailable("CUSTODY_KEY must be 32 bytes in hex: without it no account can be opened.")
    return AESGCM(key)


@transaction.atomic
@sensitive_variables()
def open_account_custody(*, user: User) -> CustodyKey:
    """The account's custody key; a fresh one, never derived from anything, when it has none yet."""
    from eth_account import Account

    if existing := CustodyKey.objects.filter(user=user).first():
        return existing
    account = Account.create()
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = _sealer().encrypt(nonce, bytes(account.key), user.public_id.bytes)
    custody = CustodyKey.objects.create(
        user=user, address=account.address, ciphertext=nonce + sealed, key_version=KEY_VERSION
    )
    logger.info("custody_opened", user=str(user.public_id), address=custody.address)
    return custody


@sensitive_variables()
def unseal(custody: CustodyKey) -> bytes:
    """The private key, 32 bytes. For the signer and the owner's export only. Raises CustodyUnavailable."""
    blob = bytes(custody.ciphertext)
    if custody.key_version != KEY_VERSION:
        raise CustodyUnavailable(f"This custody key was sealed by version {custody.key_version} of CUSTODY_KEY.")
    try:
        return _sealer().decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], custody.user.public_id.bytes)
    except InvalidTag as error:
        raise CustodyUnavailable("CUSTODY_KEY is not the one that sealed this custody key.") from error


@transaction.atomic
@sensitive_variables()
def export_custody_key(*, user: User, password: str) -> str:
    """The account's private key as 0x hex, for its owner's eyes. Raises ConfirmationRefused.

    The owner is told by e-mail every time, so that a stranger at their keyboard does not go unnoticed.
    """
    from accounts.services.confirmation import confirm_password
    from accounts.services.notifications import notify

    confirm_password(user=user, password=password)
    custody = CustodyKey.objects.select_for_update(of=("self",)).select_related("user").get(user=user)
    private_key = "0x" + unseal(custody).hex()
    custody.exported_at = timezone.now()
    custody.save(update_fields=["exported_at"])
    notify(
        user=user,
        kind="custody_exported",
        key=custody.exported_at.isoformat(),
        subject=_("Your custody key was shown"),
        body=_(
            "The private key of your address %(address)s was shown in your account just now. "
            "Whoever knows it can move what the address holds. "
            "If this was not you, change your password at once."
        )
        % {"address": custody.address},
        url="/account/",
    )
    logger.info("custody_exported", user=str(user.public_id), address=custody.address)
    return private_key
