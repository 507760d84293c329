"""Signing with a custody key: only what its owner has just confirmed, never without a record (law 12)."""

from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from accounts.errors import SigningRefused
from accounts.models import CustodyKey, SigningConfirmation, User
from accounts.services.confirmation import confirm_password
from accounts.services.custody import unseal
from common.hashing import keccak256
from contracts.signers import SignedBytes, Signer

logger = structlog.get_logger(__name__)

# Confirming and signing are one action of the person, so a confirmation that waits longer is somebody else's.
FRESH_FOR = timedelta(minutes=1)


def digest_of(typed_data: dict[str, Any]) -> str:
    """The EIP-712 digest of full typed data (types, primaryType, domain, message), as 0x hex."""
    from eth_account.messages import encode_typed_data

    signable = encode_typed_data(full_message=typed_data)
    return "0x" + keccak256(b"\x19" + signable.version + signable.header + signable.body).hex()


class CustodySigner:
    """A Signer over one stored, unused confirmation: it signs that digest, nothing else."""

    def __init__(self, confirmation: SigningConfirmation) -> None:
        self._confirmation = confirmation
        self.address = confirmation.address

    def __repr__(self) -> str:
        return f"CustodySigner({self.address})"

    @transaction.atomic
    @sensitive_variables()
    def sign_typed_data(self, typed: dict[str, Any]) -> bytes:
        """65 bytes r, s, v, stored with the confirmation that they use up.

        Raises SigningRefused unless the confirmation is stored, fresh, unused, and for this digest.
        """
        from eth_account import Account

        custody = self._custody_for(digest_of(typed))
        signature = bytes(Account.sign_typed_data(unseal(custody), full_message=typed).signature)
        SigningConfirmation.objects.filter(pk=self._confirmation.pk).update(signature=signature)
        return signature

    def sign_transaction(self, tx: dict[str, Any]) -> SignedBytes:
        """Always refused: a custody address holds no coin for gas, the operator relays what it signs."""
        raise SigningRefused("A custody key signs typed data only; transactions are the operator's.")

    def _custody_for(self, digest: str) -> CustodyKey:
        confirmation = (
            SigningConfirmation.objects.select_for_update(of=("self",))
            .filter(
                pk=self._confirmation.pk,
                digest=digest,
                signature__isnull=True,
                confirmed_at__gt=timezone.now() - FRESH_FOR,
            )
            .first()
        )
        if confirmation is None:
            raise SigningRefused("No stored, fresh, unused confirmation covers this digest.")
        return CustodyKey.objects.select_related("user").get(user=confirmation.user_id, address=confirmation.address)


@transaction.atomic
@sensitive_variables("password")
def sign_with_custody(*, user: User, typed_data: dict[str, Any], purpose: str, password: str) -> bytes:
    """Sign EIP-712 typed data with the user's custody key, given their password: 65 bytes r, s, v.

    `typed_data` is JSON (hex text for bytes), bound to one of our chains and to a contract; `purpose` names
    the action as "kind:id". Confirmation, digest and signature are stored together. Raises
    ConfirmationRefused (wrong password, too many tries) and SigningRefused; then nothing is stored but the
    count of tries.
    """
    _check_bound(typed_data)
    digest = digest_of(typed_data)
    confirm_password(user=user, password=password)
    custody = CustodyKey.objects.get(user=user)
    confirmation = SigningConfirmation.objects.create(
        user=user,
        address=custody.address,
        purpose=purpose,
        digest=digest,
        typed_data=typed_data,
        method=SigningConfirmation.Method.PASSWORD,
        confirmed_at=timezone.now(),
    )
    signer: Signer = CustodySigner(confirmation)
    signature = signer.sign_typed_data(typed_data)
    logger.info("custody_signed", user=str(user.public_id), purpose=purpose, digest=digest)
    return signature


def _check_bound(typed_data: dict[str, Any]) -> None:
    """What is signed names chain and contract (law 9), so that it cannot be used elsewhere."""
    domain = typed_data.get("domain", {})
    if domain.get("chainId") not in {chain["chain_id"] for chain in settings.CHAINS.values()}:
        raise SigningRefused("The typed data is not for a chain of this marketplace.")
    if not domain.get("verifyingContract"):
        raise SigningRefused("The typed data names no contract.")
