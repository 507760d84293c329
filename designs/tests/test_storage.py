"""A blob is stored whole under its content's name, or not at all."""

import hashlib
import io
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile
from hypothesis import given
from hypothesis import strategies as st

from designs.addresses import cid_of
from designs.storage import (
    BlobMissing,
    CorruptBlob,
    EmptyFile,
    FileTooLarge,
    LocalBlobStore,
    StoredBlob,
    discard_left_over,
    master_store,
    preview_store,
    scratch_folder,
)

CONTENT = b"a design\n" * 1000


@pytest.fixture
def store(tmp_path):
    return LocalBlobStore(tmp_path / "store")


def files_under(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


class Unreliable(io.RawIOBase):
    """A stream that gives some bytes and then breaks, as a lost connection does."""

    def __init__(self) -> None:
        self.given = False

    def read(self, size=-1):
        if self.given:
            raise OSError("connection lost")
        self.given = True
        return b"half"


def test_put_names_the_file_by_its_content(store):
    blob = store.put(io.BytesIO(CONTENT), max_bytes=len(CONTENT))
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    assert blob == StoredBlob(sha256, cid_of(io.BytesIO(CONTENT)), len(CONTENT))
    assert store.path(sha256) == store.root / sha256[:2] / sha256[2:4] / sha256
    assert files_under(store.root) == [store.path(sha256)]
    with store.open(sha256) as stream:
        assert stream.read() == CONTENT
    store.verify(sha256)
    assert list(store.names()) == [sha256]


def test_stored_files_are_private_to_their_user(store):
    blob = store.put(io.BytesIO(CONTENT), max_bytes=len(CONTENT))
    assert store.path(blob.sha256).stat().st_mode & 0o077 == 0


def test_a_file_over_the_limit_is_refused_and_leaves_nothing(store):
    with pytest.raises(FileTooLarge) as refusal:
        store.put(io.BytesIO(CONTENT), max_bytes=len(CONTENT) - 1)
    assert refusal.value.code == "too_large"
    assert "8.788 kB" in str(refusal.value)
    assert files_under(store.root) == []


def test_an_empty_file_is_refused_and_leaves_nothing(store):
    with pytest.raises(EmptyFile) as refusal:
        store.put(io.BytesIO(b""), max_bytes=10)
    assert refusal.value.code == "empty"
    assert files_under(store.root) == []


def test_a_stream_that_breaks_leaves_nothing(store):
    with pytest.raises(OSError, match="connection lost"):
        store.put(Unreliable(), max_bytes=1000)
    assert files_under(store.root) == []


def test_equal_content_is_stored_once(store):
    first = store.put(io.BytesIO(CONTENT), max_bytes=len(CONTENT))
    second = store.put(io.BytesIO(CONTENT), max_bytes=len(CONTENT))
    assert first == second
    assert len(files_under(store.root)) == 1


def test_concurrent_puts_of_equal_content_are_safe(store):
    with ThreadPoolExecutor(8) as pool:
        blobs = list(pool.map(lambda _: store.put(io.BytesIO(CONTENT), max_bytes=len(CONTENT)), range(40)))
    assert len(set(blobs)) == 1
    assert len(files_under(store.root)) == 1
    store.verify(blobs[0].sha256)


def test_a_changed_byte_on_disk_is_found_and_healed_by_the_next_put(store):
    blob = store.put(io.BytesIO(CONTENT), max_bytes=len(CONTENT))
    path = store.path(blob.sha256)
    path.write_bytes(b"b" + CONTENT[1:])
    for read in (store.open, store.path, store.verify):
        with pytest.raises(CorruptBlob) as damage:
            read(blob.sha256)
        assert damage.value.sha256 == blob.sha256
        assert damage.value.found == hashlib.sha256(b"b" + CONTENT[1:]).hexdigest()
    store.put(io.BytesIO(CONTENT), max_bytes=len(CONTENT))
    store.verify(blob.sha256)


def test_a_missing_blob_is_said(store):
    absent = "ab" * 32
    assert not store.exists(absent)
    for ask in (store.open, store.path, store.verify):
        with pytest.raises(BlobMissing):
            ask(absent)


@given(name=st.one_of(st.text(max_size=70), st.sampled_from(["../" * 20, "/etc/passwd", "AB" * 32, "ab" * 31])))
def test_a_name_that_is_no_hash_never_reaches_the_disk(tmp_path_factory, name):
    store = LocalBlobStore(tmp_path_factory.getbasetemp())
    for ask in (store.open, store.path, store.exists, store.verify):
        with pytest.raises(ValueError, match="64 lower-case hex digits"):
            ask(name)


def test_what_killed_puts_left_is_discarded_by_age(store):
    kept = store.put(io.BytesIO(CONTENT), max_bytes=len(CONTENT))
    old, young = store.root / "incoming" / "old", store.root / "incoming" / "young"
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    an_hour_ago = time.time() - 3600
    os.utime(old, (an_hour_ago, an_hour_ago))
    assert store.discard_abandoned(older_than_seconds=600) == 1
    assert not old.exists()
    assert young.exists()
    store.verify(kept.sha256)


def test_what_killed_processes_left_goes_from_every_store_and_from_the_scratch_folder(settings, tmp_path):
    settings.MASTER_ROOT, settings.PREVIEW_ROOT = tmp_path / "masters", tmp_path / "previews"
    settings.OUTGOING_ROOT, settings.ASSET_CACHE_ROOT = tmp_path / "outgoing", tmp_path / "cache"
    settings.REPLICA_ROOT = tmp_path / "replica"
    half = [settings.MASTER_ROOT / "incoming" / "upload", settings.ASSET_CACHE_ROOT / "masters" / "incoming" / "copy"]
    for path in half:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"half")
    upload = TemporaryUploadedFile("lantern.glb", "model/gltf-binary", len(CONTENT), None)
    rendition, young = scratch_folder() / "rendition-x", scratch_folder() / "step-y"
    rendition.mkdir()
    young.mkdir()
    (rendition / "converted").write_bytes(b"a master in another form")
    left = [*half, Path(upload.temporary_file_path()), rendition]
    for path in left:
        os.utime(path, (time.time() - 90_000,) * 2)
    assert discard_left_over(older_than_seconds=86_400) == 4
    assert not any(path.exists() for path in left)
    assert young.exists()
    upload.close()  # what was swept while it lives is no error


@pytest.mark.django_db
def test_masters_and_previews_lie_apart(settings, tmp_path):
    settings.MASTER_ROOT = tmp_path / "masters"
    settings.PREVIEW_ROOT = tmp_path / "previews"
    blob = master_store().put(io.BytesIO(CONTENT), max_bytes=len(CONTENT))
    assert master_store().exists(blob.sha256)
    assert not preview_store().exists(blob.sha256)
