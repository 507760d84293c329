"""Blobs in a bucket of an S3-compatible service: <prefix>ab/cd/<sha256>, private, behind a verified local cache."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any

import boto3
import structlog
from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from common.hashing import BLOCK_BYTES

from .base import (
    BlobMissing,
    Coming,
    CorruptBlob,
    StorageError,
    StoredBlob,
    StoreUnavailable,
    checked_name,
    is_name,
)
from .local import LocalBlobStore

logger = structlog.get_logger(__name__)

PART_BYTES = 8 * 1024 * 1024
# Two parts at a time: 16 MiB of memory whatever the file's size.
_TRANSFER = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=2)
_MISSING = {"404", "NoSuchKey", "NotFound"}


@cache
def s3_client(*, endpoint: str, region: str, key_id: str, secret: str) -> Any:
    """A client, safe to share between threads. What is empty is left to boto3's own search (profile, role)."""
    return boto3.client(
        "s3",
        endpoint_url=endpoint or None,
        region_name=region or None,
        aws_access_key_id=key_id or None,
        aws_secret_access_key=secret or None,
        config=Config(
            connect_timeout=5,
            read_timeout=60,
            retries={"mode": "standard", "max_attempts": 3},
            # Newer checksums are unknown to many compatible services; every read is held against SHA-256 anyway.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


class S3BlobStore:
    """A BlobStore in a bucket. What is read lies in `cache` first, where a child process finds it by its path.

    Bytes from the bucket or the cache are believed once their SHA-256 is their name; a cached file that has rotted
    is fetched again.
    """

    def __init__(
        self, *, client: Any, bucket: str, prefix: str, cache: LocalBlobStore, coming: Coming | None = None
    ) -> None:
        """`coming` is told what will be put, once it is hashed and before the bucket has it."""
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self._cache = cache
        self._coming = coming

    def put(self, stream: IO[bytes], *, max_bytes: int) -> StoredBlob:
        """Store what is left in the stream. Raises FileTooLarge, EmptyFile or StoreUnavailable."""
        blob = self._cache.put(stream, max_bytes=max_bytes)
        try:
            if self._coming is not None:
                self._coming(blob.sha256)
            with self._spoken():
                # Also where the object is already there: that heals one that had rotted.
                self._client.upload_file(
                    str(self._cache.placed(blob.sha256)), self._bucket, self._key(blob.sha256), Config=_TRANSFER
                )
        except StorageError:
            self._cache.discard(blob.sha256)
            raise
        return blob

    def open(self, sha256: str) -> IO[bytes]:
        """The verified bytes. Raises BlobMissing, CorruptBlob or StoreUnavailable."""
        return self.path(sha256).open("rb")

    def path(self, sha256: str) -> Path:
        """A verified local copy. Raises BlobMissing, CorruptBlob or StoreUnavailable."""
        try:
            if self._cache.exists(sha256):
                return self._cache.path(sha256)
        except (BlobMissing, CorruptBlob):
            # The cache has told the log; the bucket is asked again.
            pass
        with self._spoken(sha256):
            self._cache.restore(self._body(sha256), sha256=sha256)
        return self._cache.placed(sha256)

    def exists(self, sha256: str) -> bool:
        """Whether the bucket has an object of this name. Raises StoreUnavailable."""
        try:
            with self._spoken(sha256):
                self._client.head_object(Bucket=self._bucket, Key=self._key(sha256))
        except BlobMissing:
            return False
        return True

    def verify(self, sha256: str) -> None:
        """Hash the bucket's bytes, not the cache's. Raises BlobMissing, CorruptBlob or StoreUnavailable."""
        digest = hashlib.sha256()
        with self._spoken(sha256):
            for block in self._body(sha256).iter_chunks(BLOCK_BYTES):
                digest.update(block)
        if digest.hexdigest() != sha256:
            logger.error("blob_corrupt", sha256=sha256, found=digest.hexdigest(), bucket=self._bucket)
            raise CorruptBlob(sha256, digest.hexdigest())

    def names(self) -> Iterator[str]:
        """The SHA-256 of every blob under the prefix. Raises StoreUnavailable."""
        with self._spoken():
            for page in self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix
            ):
                for found in page.get("Contents", []):
                    name = found["Key"].rpartition("/")[2]
                    # What others put under the prefix is none of ours.
                    if is_name(name) and found["Key"] == self._key(name):
                        yield name

    def discard(self, sha256: str) -> None:
        """Forget a blob that need not be kept. Raises StoreUnavailable."""
        with self._spoken():
            self._client.delete_object(Bucket=self._bucket, Key=self._key(sha256))
        self._cache.discard(sha256)

    def _key(self, sha256: str) -> str:
        name = checked_name(sha256)
        return f"{self._prefix}{name[:2]}/{name[2:4]}/{name}"

    def _body(self, sha256: str) -> Any:
        return self._client.get_object(Bucket=self._bucket, Key=self._key(sha256))["Body"]

    @contextmanager
    def _spoken(self, sha256: str | None = None) -> Iterator[None]:
        """Say the service's errors in our words; the log has theirs."""
        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if sha256 and code in _MISSING:
                raise BlobMissing(sha256) from None
            logger.error("store_refused", bucket=self._bucket, code=code)
            raise StoreUnavailable from error
        except (BotoCoreError, HTTPClientError, S3UploadFailedError) as error:
            logger.error("store_unavailable", bucket=self._bucket, error=type(error).__name__)
            raise StoreUnavailable from error
