"""Every stored file held against its name, and what is lost or damaged brought back from the replica."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import structlog

from designs.models import Asset, Preview
from designs.storage import (
    BlobMissing,
    BlobStore,
    CorruptBlob,
    master_replica,
    master_store,
    preview_replica,
    preview_store,
)

logger = structlog.get_logger(__name__)


@dataclass
class Scrubbed:
    """How many files of one store were looked at, brought back, lost for good, and copied to the replica."""

    checked: int = 0
    restored: int = 0
    lost: int = 0
    copied: int = 0


def scrub(*, say: Callable[[str], object]) -> dict[str, Scrubbed]:
    """Look at masters, sources and previews: those in the store and those that rows name.

    Each finding is a structured log line and a sentence to `say`. Raises StoreUnavailable when a store is away.
    """
    masters = Asset.objects.values_list("sha256", flat=True)
    previews = Preview.objects.values_list("sha256", flat=True)
    return {
        "masters": _scrub("masters", master_store(), master_replica(), masters.iterator(), say),
        "previews": _scrub("previews", preview_store(), preview_replica(), previews.iterator(), say),
    }


def _scrub(
    name: str, store: BlobStore, replica: BlobStore | None, recorded: Iterator[str], say: Callable[[str], object]
) -> Scrubbed:
    found = Scrubbed()
    for sha256 in sorted({*recorded, *store.names()}):
        found.checked += 1
        try:
            store.verify(sha256)
        except (BlobMissing, CorruptBlob) as fault:
            if _restored(store, replica, sha256):
                found.restored += 1
                outcome = "restored"
            else:
                found.lost += 1
                outcome = "lost"
            logger.error("scrub_finding", store=name, sha256=sha256, fault=fault.code, outcome=outcome)
            say(f"{name} {sha256}: {fault.code}, {outcome}")
        else:
            found.copied += _copied(store, replica, sha256)
    return found


def _restored(store: BlobStore, replica: BlobStore | None, sha256: str) -> bool:
    if replica is None:
        return False
    try:
        replica.verify(sha256)
    except (BlobMissing, CorruptBlob):
        return False
    _copy(replica, store, sha256)
    return True


def _copied(store: BlobStore, replica: BlobStore | None, sha256: str) -> int:
    """1 when the replica lacked the file, or had it damaged, and now has it."""
    if replica is None:
        return 0
    try:
        replica.verify(sha256)
    except (BlobMissing, CorruptBlob):
        _copy(store, replica, sha256)
        return 1
    return 0


def _copy(source: BlobStore, target: BlobStore, sha256: str) -> None:
    path = source.path(sha256)
    with path.open("rb") as stream:
        blob = target.put(stream, max_bytes=path.stat().st_size)
    if blob.sha256 != sha256:
        raise CorruptBlob(sha256, blob.sha256)
    target.verify(sha256)
