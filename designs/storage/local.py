"""Blobs on a local disk: ab/cd/<sha256> under one root."""

import hashlib
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import structlog

from common.hashing import blocks, sha256_of
from contracts.killpoints import reach
from designs.addresses import ContentHasher

from .base import BlobMissing, Coming, CorruptBlob, EmptyFile, FileTooLarge, StoredBlob, checked_name

logger = structlog.get_logger(__name__)

INCOMING = "incoming"


class LocalBlobStore:
    """A BlobStore on a local file system that has atomic rename.

    A blob appears whole or not at all, also after a power cut: the file is synced before the rename and its
    folder after it. Files are readable by this process's user only (masters are private, law 8).
    """

    def __init__(self, root: Path | str, *, coming: Coming | None = None) -> None:
        """`coming` is told what will be put, once it is hashed and before it is there."""
        self.root = Path(root)
        self._coming = coming

    def put(self, stream: IO[bytes], *, max_bytes: int) -> StoredBlob:
        """Store what is left in the stream. Raises FileTooLarge or EmptyFile; nothing is left behind then."""
        with self._received(stream, max_bytes=max_bytes) as (temporary, blob):
            if self._coming is not None:
                self._coming(blob.sha256)
            self._place(temporary, blob.sha256)
        return blob

    def restore(self, stream: IO[bytes], *, sha256: str) -> None:
        """Store a copy from elsewhere. Raises CorruptBlob when it is not the file of that name, and keeps nothing."""
        try:
            with self._received(stream, max_bytes=sys.maxsize) as (temporary, blob):
                if blob.sha256 != sha256:
                    raise CorruptBlob(sha256, blob.sha256)
                self._place(temporary, sha256)
        except EmptyFile:
            raise CorruptBlob(sha256, hashlib.sha256().hexdigest()) from None

    def discard(self, sha256: str) -> None:
        """Forget a blob that is kept elsewhere, or need not be kept."""
        self._path(sha256).unlink(missing_ok=True)

    def open(self, sha256: str) -> IO[bytes]:
        """The bytes, hashed before they are given. Raises BlobMissing or CorruptBlob."""
        stream = self._opened(sha256)
        try:
            self._check(stream, sha256)
            stream.seek(0)
        except BaseException:
            stream.close()
            raise
        return stream

    def path(self, sha256: str) -> Path:
        """Where the bytes lie, hashed before they are given. Raises BlobMissing or CorruptBlob."""
        self.verify(sha256)
        return self._path(sha256)

    def placed(self, sha256: str) -> Path:
        """Where the bytes lie that were hashed just now, on their way in. Raises BlobMissing."""
        path = self._path(sha256)
        if not path.is_file():
            raise BlobMissing(sha256)
        return path

    def exists(self, sha256: str) -> bool:
        """Whether a blob of this name is there."""
        return self._path(sha256).is_file()

    def verify(self, sha256: str) -> None:
        """Hash the stored bytes again. Raises BlobMissing or CorruptBlob."""
        with self._opened(sha256) as stream:
            self._check(stream, sha256)

    def names(self) -> Iterator[str]:
        """The SHA-256 of every blob in the store."""
        for path in self.root.glob("??/??/*"):
            yield path.name

    def discard_abandoned(self, *, older_than_seconds: float) -> int:
        """Remove what puts that were killed left half-written; return how many files went."""
        limit = time.time() - older_than_seconds
        removed = 0
        for path in (self.root / INCOMING).glob("*"):
            try:
                if path.stat().st_mtime < limit:
                    path.unlink()
                    removed += 1
            except FileNotFoundError:
                continue
        return removed

    def _opened(self, sha256: str) -> IO[bytes]:
        try:
            return self._path(sha256).open("rb")
        except FileNotFoundError:
            logger.error("blob_missing", sha256=sha256, root=str(self.root))
            raise BlobMissing(sha256) from None

    def _check(self, stream: IO[bytes], sha256: str) -> None:
        found = sha256_of(stream)
        if found != sha256:
            logger.error("blob_corrupt", sha256=sha256, found=found, root=str(self.root))
            raise CorruptBlob(sha256, found)

    @contextmanager
    def _received(self, stream: IO[bytes], *, max_bytes: int) -> Iterator[tuple[Path, StoredBlob]]:
        incoming = self.root / INCOMING
        incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, name = tempfile.mkstemp(dir=incoming)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as target:
                blob = _copy(stream, target, max_bytes=max_bytes)
                target.flush()
                os.fsync(target.fileno())
            reach("blob.received")
            yield temporary, blob
        finally:
            temporary.unlink(missing_ok=True)

    def _path(self, sha256: str) -> Path:
        name = checked_name(sha256)
        return self.root / name[:2] / name[2:4] / name

    def _place(self, temporary: Path, sha256: str) -> None:
        # Replacing an equal file is harmless, lets two puts race, and heals a blob that had rotted.
        final = self._path(sha256)
        final.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary.replace(final)
        for folder in (final.parent, final.parent.parent, self.root):
            _sync_folder(folder)


def _copy(stream: IO[bytes], target: IO[bytes], *, max_bytes: int) -> StoredBlob:
    hasher = ContentHasher()
    for block in blocks(stream):
        if hasher.size + len(block) > max_bytes:
            raise FileTooLarge(max_bytes=max_bytes)
        hasher.update(block)
        target.write(block)
    if hasher.size == 0:
        raise EmptyFile
    return hasher.address()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
