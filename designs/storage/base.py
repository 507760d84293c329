"""What every blob store promises, and how it says no."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from designs.addresses import Address
from designs.errors import DesignError

# What a store answers is the address of what it took.
StoredBlob = Address
# Told the SHA-256 of a file before the store has it; what it raises keeps the file out.
Coming = Callable[[str], None]


class StorageError(DesignError):
    """A store could not take or give a file; `code` for programs, `str()` for people."""


class FileTooLarge(StorageError):
    def __init__(self, *, max_bytes: int) -> None:
        super().__init__(
            "too_large",
            _("The file is larger than %(limit)s. Make it smaller, or split the design, and upload it again.")
            % {"limit": readable(max_bytes)},
        )
        self.max_bytes = max_bytes


class EmptyFile(StorageError):
    def __init__(self) -> None:
        super().__init__("empty", _("The file is empty. Export it again and check its size before you upload it."))


class BlobMissing(StorageError):
    def __init__(self, sha256: str) -> None:
        super().__init__("blob_missing", _("The stored file cannot be found. It has been reported to the operator."))
        self.sha256 = sha256


class CorruptBlob(StorageError):
    def __init__(self, sha256: str, found: str) -> None:
        super().__init__(
            "blob_corrupt",
            _("The stored file is damaged and is not handed out. It has been reported to the operator."),
        )
        self.sha256 = sha256
        self.found = found


class StoreUnavailable(StorageError):
    """The store did not answer, or refused us; trying later may help."""

    def __init__(self) -> None:
        super().__init__("store_unavailable", _("The file store does not answer. Try again in a minute."))


class BlobStore(Protocol):
    """Files named by the SHA-256 of their plaintext. Putting the same content twice stores it once."""

    def put(self, stream: IO[bytes], *, max_bytes: int) -> StoredBlob:
        """Store what is left in the stream, in constant memory.

        Raises FileTooLarge or EmptyFile; nothing is left behind then.
        """
        ...

    def open(self, sha256: str) -> IO[bytes]:
        """The bytes, for reading. Raises BlobMissing."""
        ...

    def path(self, sha256: str) -> Path:
        """Where the bytes lie on this machine, for a child process to read. Raises BlobMissing."""
        ...

    def exists(self, sha256: str) -> bool:
        """Whether a blob of this name is there; says nothing about its health."""
        ...

    def verify(self, sha256: str) -> None:
        """Hash the stored bytes again. Raises BlobMissing or CorruptBlob."""
        ...

    def names(self) -> Iterator[str]:
        """The SHA-256 of every blob in the store, in no particular order."""
        ...

    def discard(self, sha256: str) -> None:
        """Forget a blob that is kept elsewhere, or need not be kept. Nothing where it is not there."""
        ...


_NAME = re.compile(r"[0-9a-f]{64}")


def is_name(text: str) -> bool:
    """Whether a blob can have this name."""
    return _NAME.fullmatch(text) is not None


def checked_name(sha256: str) -> str:
    """Return the name if it is 64 lower-case hex digits; ValueError otherwise: no name leaves the root."""
    if not is_name(sha256):
        raise ValueError("a blob is named by 64 lower-case hex digits")
    return sha256


def readable(size: int) -> str:
    """A number of bytes as people read it: “20 MB”."""
    if size >= 1024 * 1024:
        return f"{size / (1024 * 1024):.4g} MB"
    if size >= 1024:
        return f"{size / 1024:.4g} kB"
    return ngettext("%(size)d byte", "%(size)d bytes", size) % {"size": size}
