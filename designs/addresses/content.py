"""SHA-256 and CID of a file in one pass over its bytes."""

import hashlib
from dataclasses import dataclass
from typing import IO

from common.hashing import blocks

from .cid import CidHasher


@dataclass(frozen=True)
class Address:
    """A file by its content: SHA-256 (64 hex digits), CID (profile unixfs-v1-2025), size in bytes."""

    sha256: str
    cid: str
    size: int


class ContentHasher:
    """Both digests as the bytes pass by, in constant memory.

    One after the other for each block, which is then still in the processor's cache.
    """

    def __init__(self) -> None:
        self.size = 0
        self._content = hashlib.sha256()
        self._tree = CidHasher()

    def update(self, data: bytes) -> None:
        """Take the next bytes of the file, in pieces of any size; a mebibyte is fastest."""
        self.size += len(data)
        self._content.update(data)
        self._tree.update(data)

    def address(self) -> Address:
        """The address of all bytes so far. May be asked at any time."""
        return Address(self._content.hexdigest(), self._tree.digest(), self.size)


def address_of(stream: IO[bytes]) -> Address:
    """The address of what is left in the stream."""
    hasher = ContentHasher()
    for block in blocks(stream):
        hasher.update(block)
    return hasher.address()
