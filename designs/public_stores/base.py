"""What a public store promises, and how it says no."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from django.utils.translation import gettext as _

from designs.addresses import Address
from designs.storage import CorruptBlob, StorageError

# Called with the number of bytes that went out so far.
Sent = Callable[[int], None]


class StoreRefused(StorageError):
    """The store answered, and will not do it; `detail` is for the log and the operator."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            "store_refused", _("The public store refused it. The reason has been reported to the operator.")
        )
        self.detail = detail


class WrongAddress(StorageError):
    """The store gave the bytes another address than the one they have under our profile."""

    def __init__(self, *, wanted: str, found: str) -> None:
        super().__init__(
            "wrong_address",
            _("The public store computed another address than we did, so the copy was not made."),
        )
        self.wanted = wanted
        self.found = found


class PublicStore(Protocol):
    """A place for bytes that anyone may read. Publishing the same bytes again makes no second copy."""

    def name_of(self, path: Path, *, address: Address) -> str:
        """What the store will call these bytes; known before any of them is sent, and the same every time."""
        ...

    def publish(self, path: Path, *, address: Address, sent: Sent) -> None:
        """Put the bytes there, in constant memory, and check that they are there under their name.

        Raises StoreUnavailable, StoreRefused or WrongAddress.
        """
        ...

    def read(self, name: str, *, address: Address) -> Iterator[bytes]:
        """The bytes in pieces, hashed as they pass; what came before CorruptBlob is to be thrown away.

        Raises BlobMissing, StoreUnavailable or StoreRefused.
        """
        ...

    def holds(self, name: str) -> bool:
        """Whether the store has them; says nothing about their health."""
        ...

    def remove(self, name: str) -> None:
        """Take them away; nothing where they are not there. Raises StoreRefused where nothing can be removed."""
        ...


def hashed(pieces: Iterator[bytes], address: Address) -> Iterator[bytes]:
    """The pieces as they are, until their end or one byte too many. Raises CorruptBlob when they are not this file."""
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        size += len(piece)
        if size > address.size:
            raise CorruptBlob(address.sha256, f"more than {address.size} bytes")
        digest.update(piece)
        yield piece
    if digest.hexdigest() != address.sha256:
        raise CorruptBlob(address.sha256, digest.hexdigest())
