"""A store whose lost and damaged files are brought back when somebody reads them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from .base import BlobMissing, BlobStore, CorruptBlob, StoredBlob

# Given what is wrong with which file; says whether it is there again.
Repair = Callable[[str, BlobMissing | CorruptBlob], bool]


class RepairingStore:
    """A BlobStore over another one. Reads that meet a lost or damaged file go on once it is repaired."""

    def __init__(self, store: BlobStore, repair: Repair) -> None:
        self._store = store
        self._repair = repair

    def put(self, stream: IO[bytes], *, max_bytes: int) -> StoredBlob:
        return self._store.put(stream, max_bytes=max_bytes)

    def open(self, sha256: str) -> IO[bytes]:
        """The verified bytes. Raises BlobMissing, CorruptBlob or StoreUnavailable."""
        try:
            return self._store.open(sha256)
        except (BlobMissing, CorruptBlob) as fault:
            if not self._repair(sha256, fault):
                raise
        return self._store.open(sha256)

    def path(self, sha256: str) -> Path:
        """A verified local copy. Raises BlobMissing, CorruptBlob or StoreUnavailable."""
        try:
            return self._store.path(sha256)
        except (BlobMissing, CorruptBlob) as fault:
            if not self._repair(sha256, fault):
                raise
        return self._store.path(sha256)

    def exists(self, sha256: str) -> bool:
        return self._store.exists(sha256)

    def verify(self, sha256: str) -> None:
        """Say what is there, and repair nothing. Raises BlobMissing, CorruptBlob or StoreUnavailable."""
        self._store.verify(sha256)

    def names(self) -> Iterator[str]:
        return self._store.names()

    def discard(self, sha256: str) -> None:
        self._store.discard(sha256)
