"""Whether a signature that a browser brought is by the address that must sign it, as our contracts check it."""

from django.utils.translation import gettext as _

from contracts.chains import Chain
from contracts.client import client

# Half of secp256k1's order (EIP-2): each signature has a twin above it, and only one of the two is taken.
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
# The signature of a contract wallet with many owners is shorter.
LONGEST = 8192


class SignatureRefused(Exception):
    """It would be refused on chain; `str()` says why, for the person who signed, and `why` is the same in a word."""

    def __init__(self, why: str, sentence: str) -> None:
        super().__init__(sentence)
        self.why = why


def signature_of(text: str, *, address: str, digest: str, chain: Chain) -> bytes:
    """The signature's bytes, once checked over the digest (0x text): 65 bytes with a low s, or ERC-1271.

    An account whose code is delegated (EIP-7702) counts as a contract. Raises SignatureRefused, and ChainError when
    the chain cannot be asked whether there is a contract.
    """
    none = _("What came back from your wallet is no signature. Sign it again.")
    try:
        signature = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        raise SignatureRefused("not_hex", none) from None
    if not 0 < len(signature) <= LONGEST:
        raise SignatureRefused("length", none)
    asked = client(chain)
    if asked.has_code(address):
        if asked.accepts_signature(address, bytes.fromhex(digest[2:]), signature):
            return signature
        raise SignatureRefused(
            "contract", _("Your contract wallet does not accept this signature. Sign it again with its owner.")
        )
    return _by_key(signature, address=address, digest=digest)


def split(signature: bytes) -> tuple[int, str, str]:
    """v (27 or 28), r and s (0x text) of a signature of 65 bytes."""
    return signature[64], "0x" + signature[:32].hex(), "0x" + signature[32:64].hex()


def _by_key(signature: bytes, *, address: str, digest: str) -> bytes:
    from eth_keys import keys
    from eth_keys.exceptions import BadSignature, ValidationError

    other = _("It was signed by another account than %(address)s. Choose that account in your wallet and sign again.")
    other %= {"address": address}
    form = _("Your wallet signed in a form that the chain does not take. Sign it again.")
    if len(signature) != 65:
        raise SignatureRefused("length", form)
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
    if s > HALF_ORDER:
        raise SignatureRefused("high_s", form)
    # Some wallets count the recovery bit from 0; the chain counts it from 27.
    bit = signature[64] - 27 if signature[64] >= 27 else signature[64]
    try:
        signer = keys.Signature(vrs=(bit, r, s)).recover_public_key_from_msg_hash(bytes.fromhex(digest[2:]))
    except (BadSignature, ValidationError):
        raise SignatureRefused("not_recoverable", other) from None
    if signer.to_checksum_address() != address:
        raise SignatureRefused("other_signer", other)
    return signature[:64] + bytes([27 + bit])
