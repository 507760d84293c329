"""The stores this installation uses, chosen by settings."""

from django.conf import settings

from .base import BlobStore
from .local import LocalBlobStore


def master_store() -> BlobStore:
    """Where masters and source files lie. Private: what leaves it passes a license check first (law 8)."""
    return LocalBlobStore(settings.MASTER_ROOT)


def preview_store() -> BlobStore:
    """Where previews lie. Public by nature, and rebuilt from the masters if lost."""
    return LocalBlobStore(settings.PREVIEW_ROOT)
