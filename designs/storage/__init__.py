"""Bytes by their content: the one interface of all stores, and the local disk behind it."""

from .base import (
    BlobMissing,
    BlobStore,
    CorruptBlob,
    EmptyFile,
    FileTooLarge,
    StorageError,
    StoredBlob,
    StoreUnavailable,
)
from .configured import (
    discard_left_over,
    discard_scratch,
    master_replica,
    master_store,
    outgoing_store,
    preview_replica,
    preview_store,
    scratch_folder,
)
from .local import LocalBlobStore

__all__ = [
    "BlobMissing",
    "BlobStore",
    "CorruptBlob",
    "EmptyFile",
    "FileTooLarge",
    "LocalBlobStore",
    "StorageError",
    "StoreUnavailable",
    "StoredBlob",
    "discard_left_over",
    "discard_scratch",
    "master_replica",
    "master_store",
    "outgoing_store",
    "preview_replica",
    "preview_store",
    "scratch_folder",
]
