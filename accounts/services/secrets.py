"""Small secrets that rows hold: sealed under a key that is derived from CUSTODY_KEY and used for nothing else."""

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from accounts.errors import CustodyUnavailable

PURPOSE = b"loomprint second factors 1"
NONCE_BYTES = 12


@sensitive_variables()
def seal_secret(text: str) -> str:
    """The text, sealed, in base 64. Raises CustodyUnavailable."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return base64.b64encode(nonce + _sealer().encrypt(nonce, text.encode(), None)).decode()


@sensitive_variables()
def open_secret(sealed: str) -> str:
    """The text that was sealed. Raises CustodyUnavailable when CUSTODY_KEY is another one."""
    blob = base64.b64decode(sealed)
    try:
        return _sealer().decrypt(blob[:NONCE_BYTES], blob[NONCE_BYTES:], None).decode()
    except InvalidTag as error:
        raise CustodyUnavailable("CUSTODY_KEY is not the one that sealed this.") from error


@sensitive_variables()
def _sealer() -> AESGCM:
    key = bytes.fromhex(settings.CUSTODY_KEY.removeprefix("0x"))
    if len(key) != 32:
        raise CustodyUnavailable("CUSTODY_KEY must be 32 bytes in hex.")
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(key))
