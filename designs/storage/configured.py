"""The stores this installation uses, chosen by settings."""

import shutil
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from django.conf import settings

from .base import BlobMissing, BlobStore, Coming, CorruptBlob
from .cache import BlobCache
from .local import LocalBlobStore
from .repairing import RepairingStore

MASTERS, PREVIEWS = "masters", "previews"
STORES = (MASTERS, PREVIEWS)


def master_store() -> BlobStore:
    """Where masters and source files lie. Private: what leaves it passes a license check first (law 8)."""
    return _kept(MASTERS)


def preview_store() -> BlobStore:
    """Where previews lie. Public by nature, and made from the masters."""
    return _kept(PREVIEWS)


def outgoing_store() -> BlobStore:
    """Where ciphertexts wait until a public store has them; as private as masters, though nothing hangs on it."""
    return _store(settings.ASSET_STORE, "outgoing", settings.OUTGOING_ROOT)


def bare_store(name: str) -> BlobStore:
    """The store of that name (of STORES), which repairs nothing by itself and writes nothing down."""
    return _store(settings.ASSET_STORE, name, _root(name))


def replica_of(name: str) -> BlobStore | None:
    """The second, equally private place of a store, from which it is repaired; None where none is set."""
    if not settings.ASSET_REPLICA:
        return None
    return _store(settings.ASSET_REPLICA, name, settings.REPLICA_ROOT / name)


def master_replica() -> BlobStore | None:
    return replica_of(MASTERS)


def preview_replica() -> BlobStore | None:
    return replica_of(PREVIEWS)


def scratch_folder() -> Path:
    """Where work and uploads in progress lie: on the disk of the previews, which is large, and not in /tmp."""
    folder = Path(settings.FILE_UPLOAD_TEMP_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def discard_scratch(prefix: str) -> None:
    """Remove the folders of this beginning, which a worker that was killed here left."""
    for left in scratch_folder().glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)


def discard_left_over(*, older_than_seconds: float) -> int:
    """Remove what uploads and tasks that were killed left half-written or half-made. Returns how many files and
    folders went."""
    roots = [settings.MASTER_ROOT, settings.PREVIEW_ROOT, settings.OUTGOING_ROOT]
    roots += [settings.REPLICA_ROOT / name for name in STORES]
    roots += [settings.ASSET_CACHE_ROOT / name for name in (*STORES, "outgoing")]
    removed = sum(LocalBlobStore(root).discard_abandoned(older_than_seconds=older_than_seconds) for root in roots)
    limit = time.time() - older_than_seconds
    for left in scratch_folder().iterdir():
        with suppress(FileNotFoundError):
            if left.stat().st_mtime < limit:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
                removed += 1
    return removed


def _root(name: str) -> Path:
    return Path(settings.MASTER_ROOT if name == MASTERS else settings.PREVIEW_ROOT)


def _kept(name: str) -> RepairingStore:
    """The store of that name, whose faults are repaired and in which nothing comes that is not written down."""
    store = _store(settings.ASSET_STORE, name, _root(name), partial(_write_down, name))
    return RepairingStore(store, partial(_repair, name))


def _write_down(name: str, sha256: str) -> None:
    # It keeps rows, which stores know nothing of.
    from designs.services.stored_files import write_down

    write_down(store=name, sha256=sha256)


def _repair(name: str, sha256: str, fault: BlobMissing | CorruptBlob) -> bool:
    # Repairs keep rows, which stores know nothing of.
    from designs.services.repair import repair_on_read

    return repair_on_read(store=name, sha256=sha256, fault=fault)


def _store(kind: str, name: str, root: Path, coming: Coming | None = None) -> BlobStore:
    if kind != "s3":
        return LocalBlobStore(root, coming=coming)
    # boto3 takes a third of a second to import.
    from .s3 import S3BlobStore, s3_client

    client = s3_client(
        endpoint=settings.S3_ENDPOINT_URL,
        region=settings.S3_REGION,
        key_id=settings.S3_ACCESS_KEY_ID,
        secret=settings.S3_SECRET_ACCESS_KEY,
    )
    return S3BlobStore(
        client=client,
        bucket=settings.S3_BUCKET,
        prefix=f"{settings.S3_PREFIX}{name}/",
        cache=BlobCache(
            settings.ASSET_CACHE_ROOT / name,
            within=settings.ASSET_CACHE_ROOT,
            max_bytes=settings.ASSET_CACHE_MAX_BYTES,
        ),
        coming=coming,
    )
