"""Local copies of what lies elsewhere stay within a bound, and one in use stays whatever the bound is."""

import hashlib
import io
import os
import time

import pytest

from designs.storage import BlobMissing
from designs.storage.cache import IN_USE_SECONDS, BlobCache

LONG_AGO = time.time() - IN_USE_SECONDS - 60


@pytest.fixture
def cache(tmp_path):
    BlobCache._added.clear()
    return BlobCache(tmp_path / "masters", within=tmp_path, max_bytes=1000)


def put(cache, number: int, *, size: int = 100, used: float | None = LONG_AGO) -> str:
    content = bytes([number]) * size
    sha256 = hashlib.sha256(content).hexdigest()
    cache.restore(io.BytesIO(content), sha256=sha256)
    if used is not None:
        os.utime(cache._path(sha256), (used + number, used + number))
    return sha256


def kept(cache) -> int:
    return sum(cache._path(name).stat().st_size for name in cache.names())


def test_the_least_recently_used_go_and_the_bound_holds(cache):
    names = [put(cache, number) for number in range(10)]
    cache.path(names[0])  # used just now
    put(cache, 10, used=None)
    assert kept(cache) <= 1000
    assert cache.exists(names[0])
    assert [cache.exists(name) for name in names[1:4]] == [False, False, True]
    with pytest.raises(BlobMissing):
        cache.path(names[1])


def test_opening_is_using(cache):
    names = [put(cache, number) for number in range(10)]
    cache.open(names[0]).close()
    put(cache, 10, used=None)
    assert cache.exists(names[0])


def test_what_is_in_use_stays_though_the_bound_is_too_small(cache):
    names = [put(cache, number, used=time.time() - 100) for number in range(15)]
    assert all(cache.exists(name) for name in names)
    assert cache.shrink() == 0


def test_a_file_that_is_open_can_be_read_to_its_end_when_its_copy_goes(cache):
    name = put(cache, 1)
    stream = cache.open(name)
    os.utime(cache._path(name), (LONG_AGO, LONG_AGO))
    for number in range(2, 13):
        put(cache, number)
    assert not cache.exists(name)
    assert stream.read() == bytes([1]) * 100
    stream.close()


def test_caches_share_their_bound(tmp_path, cache):
    previews = BlobCache(tmp_path / "previews", within=tmp_path, max_bytes=1000)
    old = [put(cache, number) for number in range(5)]
    for number in range(5, 12):
        put(previews, number, used=None)
    assert kept(cache) + kept(previews) <= 1000
    assert not cache.exists(old[0])


def test_a_new_process_counts_what_is_there(cache):
    for number in range(10):
        put(cache, number)
    BlobCache._added.clear()
    put(cache, 10, size=1, used=None)
    assert kept(cache) <= 1000
    assert kept(cache) == 801
