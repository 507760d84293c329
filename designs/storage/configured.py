"""The stores this installation uses, chosen by settings."""

from pathlib import Path

from django.conf import settings

from .base import BlobStore
from .local import LocalBlobStore


def master_store() -> BlobStore:
    """Where masters and source files lie. Private: what leaves it passes a license check first (law 8)."""
    return _store(settings.ASSET_STORE, "masters", settings.MASTER_ROOT)


def preview_store() -> BlobStore:
    """Where previews lie. Public by nature, and rebuilt from the masters if lost."""
    return _store(settings.ASSET_STORE, "previews", settings.PREVIEW_ROOT)


def outgoing_store() -> BlobStore:
    """Where ciphertexts wait until a public store has them; as private as masters, though nothing hangs on it."""
    return _store(settings.ASSET_STORE, "outgoing", settings.OUTGOING_ROOT)


def master_replica() -> BlobStore | None:
    """The second, equally private place of masters, from which `scrub` restores; None where none is set."""
    return _replica("masters")


def preview_replica() -> BlobStore | None:
    return _replica("previews")


def _replica(name: str) -> BlobStore | None:
    if not settings.ASSET_REPLICA:
        return None
    return _store(settings.ASSET_REPLICA, name, settings.REPLICA_ROOT / name)


def _store(kind: str, name: str, root: Path) -> BlobStore:
    if kind != "s3":
        return LocalBlobStore(root)
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
        cache=LocalBlobStore(settings.ASSET_CACHE_ROOT / name),
    )
