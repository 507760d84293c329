"""Blobs in a bucket of a real S3 server (moto's, a process of its own on loopback)."""

import hashlib
import io
import os
import socket
import subprocess
import sys
import time
import tracemalloc
import urllib.request

import pytest
from django.core.management import call_command

from designs.addresses import cid_of
from designs.models import Asset
from designs.storage import (
    BlobMissing,
    CorruptBlob,
    EmptyFile,
    FileTooLarge,
    LocalBlobStore,
    StoredBlob,
    StoreUnavailable,
    master_replica,
    master_store,
)
from designs.storage.configured import bare_store
from designs.storage.s3 import PART_BYTES, S3BlobStore, s3_client

CONTENT = b"a design\n" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
KEY = f"masters/{SHA256[:2]}/{SHA256[2:4]}/{SHA256}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def endpoint():
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(address, timeout=5).close()
                break
            except OSError:
                assert server.poll() is None, "the S3 server ended"
                assert time.monotonic() < deadline, "the S3 server does not start"
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(timeout=20)


def client_of(endpoint):
    return s3_client(endpoint=endpoint, region="us-east-1", key_id="key", secret="secret")


@pytest.fixture
def client(endpoint):
    client = client_of(endpoint)
    client.create_bucket(Bucket="designs")
    yield client
    for found in client.list_objects_v2(Bucket="designs").get("Contents", []):
        client.delete_object(Bucket="designs", Key=found["Key"])
    client.delete_bucket(Bucket="designs")


@pytest.fixture
def cache(tmp_path):
    return LocalBlobStore(tmp_path / "cache")


@pytest.fixture
def store(client, cache):
    return S3BlobStore(client=client, bucket="designs", prefix="masters/", cache=cache)


def put(store) -> StoredBlob:
    return store.put(io.BytesIO(CONTENT), max_bytes=len(CONTENT))


def test_a_blob_lies_under_its_content_and_comes_back_without_the_cache(store, client, cache):
    assert put(store) == StoredBlob(SHA256, cid_of(io.BytesIO(CONTENT)), len(CONTENT))
    assert [found["Key"] for found in client.list_objects_v2(Bucket="designs")["Contents"]] == [KEY]
    cache.discard(SHA256)
    with store.open(SHA256) as stream:
        assert stream.read() == CONTENT
    assert store.path(SHA256) == cache.path(SHA256)
    assert store.exists(SHA256)
    store.verify(SHA256)
    client.put_object(Bucket="designs", Key="masters/readme.txt", Body=b"somebody else's")
    assert list(store.names()) == [SHA256]


def test_an_object_is_granted_to_its_owner_alone(store, endpoint, client):
    put(store)
    grants = client.get_object_acl(Bucket="designs", Key=KEY)["Grants"]
    assert [grant["Permission"] for grant in grants] == ["FULL_CONTROL"]
    assert "URI" not in grants[0]["Grantee"]


def test_what_is_refused_never_reaches_the_bucket(store, client):
    with pytest.raises(FileTooLarge):
        store.put(io.BytesIO(CONTENT), max_bytes=len(CONTENT) - 1)
    with pytest.raises(EmptyFile):
        store.put(io.BytesIO(b""), max_bytes=1)
    assert client.list_objects_v2(Bucket="designs")["KeyCount"] == 0


def test_a_missing_blob_is_said(store):
    assert not store.exists(SHA256)
    for read in (store.open, store.path, store.verify):
        with pytest.raises(BlobMissing):
            read(SHA256)


@pytest.mark.parametrize("damaged", [b"x" + CONTENT[1:], CONTENT[:-1], b""], ids=["changed", "cut", "empty"])
def test_other_bytes_in_the_bucket_are_never_handed_out_and_the_next_put_heals(store, client, cache, damaged):
    put(store)
    cache.discard(SHA256)
    client.put_object(Bucket="designs", Key=KEY, Body=damaged)
    for read in (store.open, store.path, store.verify):
        with pytest.raises(CorruptBlob) as refusal:
            read(SHA256)
        assert refusal.value.found == hashlib.sha256(damaged).hexdigest()
    assert list(cache.names()) == []
    put(store)
    store.verify(SHA256)


def test_a_cached_copy_that_rotted_is_fetched_again(store, cache):
    put(store)
    cache.path(SHA256).write_bytes(b"rotten")
    with store.open(SHA256) as stream:
        assert stream.read() == CONTENT


def test_a_large_file_goes_up_in_parts_and_back_in_constant_memory(store, client, cache, tmp_path):
    size = 6 * PART_BYTES + 5
    source = tmp_path / "large"
    with source.open("wb") as file:
        for _ in range(6):
            file.write(os.urandom(PART_BYTES))
        file.write(b"tail!")
    tracemalloc.start()
    try:
        with source.open("rb") as stream:
            blob = store.put(stream, max_bytes=size)
        cache.discard(blob.sha256)
        path = store.path(blob.sha256)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert path.stat().st_size == blob.size == size
    assert peak < 4 * PART_BYTES
    key = f"masters/{blob.sha256[:2]}/{blob.sha256[2:4]}/{blob.sha256}"
    # An object that came in seven parts says so in its tag.
    assert client.head_object(Bucket="designs", Key=key)["ETag"].endswith('-7"')


def test_a_store_that_does_not_answer_takes_nothing_and_keeps_nothing(cache):
    away = S3BlobStore(
        client=client_of(f"http://127.0.0.1:{free_port()}"), bucket="designs", prefix="masters/", cache=cache
    )
    with pytest.raises(StoreUnavailable):
        put(away)
    with pytest.raises(StoreUnavailable):
        away.path(SHA256)
    assert list(cache.names()) == []


@pytest.fixture
def bucket_in_settings(client, endpoint, settings, tmp_path):
    settings.S3_BUCKET, settings.S3_PREFIX = "designs", "shop/"
    settings.S3_ENDPOINT_URL, settings.S3_REGION = endpoint, "us-east-1"
    settings.S3_ACCESS_KEY_ID, settings.S3_SECRET_ACCESS_KEY = "key", "secret"
    settings.ASSET_CACHE_ROOT, settings.REPLICA_ROOT = tmp_path / "cache", tmp_path / "replica"


@pytest.mark.django_db
def test_settings_choose_the_bucket(bucket_in_settings, client, settings):
    settings.ASSET_STORE = "s3"
    put(master_store())
    keys = [found["Key"] for found in client.list_objects_v2(Bucket="designs")["Contents"]]
    assert keys == [f"shop/{KEY}"]


@pytest.mark.django_db
@pytest.mark.parametrize(("main", "second"), [("s3", "local"), ("local", "s3")])
def test_scrub_fills_and_restores_both_ways(bucket_in_settings, client, settings, capsys, main, second):
    settings.ASSET_STORE, settings.ASSET_REPLICA = main, second
    blob = put(master_store())
    Asset.objects.create(sha256=SHA256, cid=blob.cid, size=blob.size, media_type="model/stl")
    key, path = f"shop/{KEY}", LocalBlobStore(settings.MASTER_ROOT)._path(SHA256)

    call_command("scrub")
    assert capsys.readouterr().out.splitlines()[0] == (
        "masters: 1 checked, 0 restored, 0 lost, 1 copied to the replica"
    )
    for missing in (True, False):
        if main == "s3" and missing:
            client.delete_object(Bucket="designs", Key=key)
        elif main == "s3":
            client.put_object(Bucket="designs", Key=key, Body=b"rotten")
        else:
            path.unlink() if missing else path.write_bytes(b"rotten")
        call_command("scrub")
        fault = "blob_missing" if missing else "blob_corrupt"
        assert capsys.readouterr().out.splitlines()[:2] == [
            f"masters {SHA256}: {fault}, restored",
            "masters: 1 checked, 1 restored, 0 lost, 0 copied to the replica",
        ]
        bare_store("masters").verify(SHA256)


@pytest.mark.django_db
def test_a_read_is_repaired_in_the_bucket(bucket_in_settings, client, settings):
    settings.ASSET_STORE, settings.ASSET_REPLICA = "s3", "local"
    put(master_store())
    put(master_replica())
    client.put_object(Bucket="designs", Key=f"shop/{KEY}", Body=b"rotten")
    LocalBlobStore(settings.ASSET_CACHE_ROOT / "masters").discard(SHA256)
    assert master_store().path(SHA256).read_bytes() == CONTENT
    bare_store("masters").verify(SHA256)


def test_a_file_is_hashed_once_on_its_way_in_and_once_on_its_way_out(store, cache, monkeypatch):
    hashed = []
    check = LocalBlobStore._check
    monkeypatch.setattr(LocalBlobStore, "_check", lambda *args: hashed.append("again") or check(*args))
    put(store)
    cache.discard(SHA256)
    store.path(SHA256)
    assert hashed == []  # both times as the bytes came in
    store.path(SHA256)
    assert hashed == ["again"]


def test_a_blob_is_discarded_in_the_bucket_and_in_the_cache(store, client, cache):
    put(store)
    store.discard(SHA256)
    assert client.list_objects_v2(Bucket="designs")["KeyCount"] == 0
    assert list(cache.names()) == []
    store.discard(SHA256)
