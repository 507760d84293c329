"""The age format (age-encryption.org/v1), streamed in chunks of 64 KiB: any age tool opens what this writes."""

from typing import IO

import pyrage
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables
from pyrage import x25519

from designs.errors import DesignError


class NotDecrypted(DesignError):
    """The bytes were encrypted to another key, or are damaged or cut."""

    def __init__(self) -> None:
        super().__init__("not_decrypted", _("The encrypted file is damaged, or was made for another key."))


def new_identity() -> str:
    """A fresh X25519 identity, as `age-keygen` writes it: AGE-SECRET-KEY-1…"""
    return str(x25519.Identity.generate())


@sensitive_variables()
def recipient_of(identity: str) -> str:
    """The public half of an identity: age1…"""
    return str(x25519.Identity.from_str(identity).to_public())


def encrypt(source: IO[bytes], target: IO[bytes], *, recipient: str) -> None:
    """Encrypt what is left in `source` to a recipient, in constant memory; every time to other bytes.

    Raises OSError of either end.
    """
    try:
        pyrage.encrypt_io(source, target, [x25519.Recipient.from_str(recipient)])
    except pyrage.EncryptError as error:
        raise OSError(str(error)) from error


@sensitive_variables()
def decrypt(source: IO[bytes], target: IO[bytes], *, identity: str) -> None:
    """Decrypt what is left in `source`, in constant memory.

    Each chunk is checked before it is written, the end of the file last: what was written before NotDecrypted is to
    be thrown away. Raises OSError of the target.
    """
    try:
        pyrage.decrypt_io(source, target, [x25519.Identity.from_str(identity)])
    except pyrage.DecryptError as error:
        raise NotDecrypted from error
    except OSError as error:
        # What the format refuses has no number; what the target refuses has.
        if error.errno is not None:
            raise
        raise NotDecrypted from error
