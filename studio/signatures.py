"""Whether a signature that a browser brought is by the address that must sign, over exactly what is stored.

The registry checks the same (contracts/solidity/src/lib/Consent.sol): an account without code signs with 65 bytes and
a low s, a contract answers for itself (ERC-1271). An account whose code is delegated (EIP-7702) counts as a contract.
"""

from django.utils.translation import gettext as _

from contracts.chains import chain_of
from contracts.client import client
from contracts.errors import ChainError
from studio.errors import PublishingError

# Half of the order of secp256k1 (EIP-2): each signature has a twin above it, and one of the two must do.
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
LONGEST_SIGNATURE = 8192


def checked_signature(text: str, *, address: str, digest: str, chain_id: int) -> bytes:
    """The signature as the registry takes it. Raises PublishingError for one that it would refuse."""
    try:
        signature = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise _refusal("not_hex", address) from None
    if not 0 < len(signature) <= LONGEST_SIGNATURE:
        raise _refusal("length", address)
    try:
        here = client(chain_of(chain_id))
        if here.has_code(address):
            if here.accepts_signature(address, bytes.fromhex(digest[2:]), signature):
                return signature
            raise _refusal("contract", address)
    except ChainError as error:
        raise PublishingError(
            "unreachable",
            _("The chain does not answer, so your signature could not be checked. It is not lost: send it again."),
        ) from error
    return _by_a_key(signature, address=address, digest=digest)


def _by_a_key(signature: bytes, *, address: str, digest: str) -> bytes:
    from eth_keys import keys
    from eth_keys.exceptions import BadSignature, ValidationError

    if len(signature) != 65:
        raise _refusal("length", address)
    r, s, v = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64]), signature[64]
    if s > HALF_ORDER:
        raise _refusal("high_s", address)
    # Some wallets count the recovery bit from 0; the chain's own recovery counts from 27.
    bit = v - 27 if v >= 27 else v
    try:
        signer = keys.Signature(vrs=(bit, r, s)).recover_public_key_from_msg_hash(bytes.fromhex(digest[2:]))
    except (BadSignature, ValidationError):
        raise _refusal("not_recoverable", address) from None
    if signer.to_checksum_address() != address:
        raise _refusal("other_signer", address)
    return signature[:64] + bytes([27 + bit])


def _refusal(why: str, address: str) -> PublishingError:
    return PublishingError(
        f"signature_{why}",
        _(
            "This is not a signature of %(address)s over what is shown here, so it was not taken. "
            "Choose that account in your wallet and sign again."
        )
        % {"address": address},
    )
