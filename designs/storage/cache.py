"""Local copies of blobs that lie elsewhere, within a number of bytes."""

import os
import time
from pathlib import Path
from typing import IO

import structlog

from .base import StoredBlob
from .local import LocalBlobStore

logger = structlog.get_logger(__name__)

# A child process reads by path, without a lock on it: as long as the longest task may last, a copy counts as in use.
IN_USE_SECONDS = 900
# Counting is done again when this part of the bound was added, and goes down to the other part of it.
ADDED_PART = 20
KEPT_PART = 0.9


class BlobCache(LocalBlobStore):
    """A local store that several caches share one bound with: the least recently used copies below `within` go.

    A copy in use is never one of them, so that a bound which is too small is exceeded, and logged.
    """

    _added: dict[Path, int] = {}

    def __init__(self, root: Path, *, within: Path, max_bytes: int) -> None:
        super().__init__(root)
        self._within = within
        self._max_bytes = max_bytes

    def put(self, stream: IO[bytes], *, max_bytes: int) -> StoredBlob:
        blob = super().put(stream, max_bytes=max_bytes)
        self._count(blob.size)
        return blob

    def restore(self, stream: IO[bytes], *, sha256: str) -> None:
        super().restore(stream, sha256=sha256)
        self._count(self._path(sha256).stat().st_size)

    def open(self, sha256: str) -> IO[bytes]:
        self._touch(sha256)
        return super().open(sha256)

    def path(self, sha256: str) -> Path:
        self._touch(sha256)
        return super().path(sha256)

    def _touch(self, sha256: str) -> None:
        try:
            os.utime(self._path(sha256))
        except FileNotFoundError:
            pass

    def _count(self, size: int) -> None:
        # A process that has just begun does not know what is there.
        added = self._added.get(self._within)
        total = size if added is None else added + size
        if added is not None and total < self._max_bytes / ADDED_PART:
            self._added[self._within] = total
            return
        self._added[self._within] = 0
        self.shrink()

    def shrink(self) -> int:
        """Let copies go until what is kept is well within the bound; return how many bytes went."""
        files = []
        for path in self._within.glob("*/??/??/*"):
            try:
                found = path.stat()
            except FileNotFoundError:
                continue
            files.append((found.st_mtime, found.st_size, path))
        kept = sum(size for _used, size, _path in files)
        if kept <= self._max_bytes:
            return 0
        gone, oldest_in_use = 0, time.time() - IN_USE_SECONDS
        for used, size, path in sorted(files):
            if kept - gone <= self._max_bytes * KEPT_PART:
                break
            if used >= oldest_in_use:
                logger.warning("cache_too_small", root=str(self._within), kept=kept - gone, bound=self._max_bytes)
                break
            path.unlink(missing_ok=True)
            gone += size
        return gone
