"""CIDs equal those of the reference importer, however the bytes arrive."""

import io
import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from designs.addresses import PROFILE, CidHasher, cid_of
from designs.tests.cars import naive_cid
from designs.tests.importer import PATTERN_SIZES, SMALL_SIZES, ZERO_SIZES, Case, cids_of

VECTORS = json.loads((Path(__file__).parent / "data" / "cid_vectors.json").read_text())
MEBIBYTE = 1024 * 1024


def pattern(size: int) -> bytes:
    index = np.arange(size, dtype=np.uint64)
    values = index * 131 + (index >> 8) * 17 + (index >> 20) * 29 + 7
    return (values & 255).astype(np.uint8).tobytes()


def test_the_profile_is_named():
    assert PROFILE == "unixfs-v1-2025"


@pytest.mark.parametrize("vector", VECTORS["pattern"], ids=lambda vector: str(vector["size"]))
def test_cid_equals_the_reference_around_every_chunk_boundary(vector):
    assert cid_of(io.BytesIO(pattern(vector["size"]))) == vector["cid"]


@pytest.mark.parametrize("vector", VECTORS["small_tree"], ids=lambda vector: str(vector["size"]))
def test_tree_shape_equals_the_reference_at_every_depth(vector):
    hasher = CidHasher(chunk_bytes=4, max_links=3)
    hasher.update(pattern(vector["size"]))
    assert hasher.digest() == vector["cid"]


def test_a_second_level_opens_after_1024_chunks():
    wanted = {vector["size"]: vector["cid"] for vector in VECTORS["zeros"]}
    chunk = bytes(MEBIBYTE)
    hasher = CidHasher()
    for _ in range(1023):
        hasher.update(chunk)
    assert hasher.digest() == wanted[1023 * MEBIBYTE]
    hasher.update(chunk[1:])
    assert hasher.digest() == wanted[1024 * MEBIBYTE - 1]
    hasher.update(b"\x00")
    assert hasher.digest() == wanted[1024 * MEBIBYTE]
    hasher.update(b"\x00")
    assert hasher.digest() == wanted[1024 * MEBIBYTE + 1]


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200), max_size=8))
def test_cid_does_not_depend_on_how_the_bytes_arrive(data, cuts):
    whole = CidHasher(chunk_bytes=4, max_links=3)
    whole.update(data)
    pieces = CidHasher(chunk_bytes=4, max_links=3)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    for start, end in pairwise(edges):
        pieces.update(data[start:end])
        pieces.digest()
    assert pieces.digest() == whole.digest()


@given(data=st.binary(min_size=1, max_size=100), position=st.integers(0, 99))
def test_one_changed_byte_changes_the_cid(data, position):
    position %= len(data)
    changed = bytearray(data)
    changed[position] ^= 1
    assert cid_of(io.BytesIO(data)) != cid_of(io.BytesIO(bytes(changed)))


def test_the_vectors_cover_every_boundary():
    sizes = {name: [vector["size"] for vector in some] for name, some in VECTORS.items()}
    assert sizes == {"pattern": PATTERN_SIZES, "zeros": ZERO_SIZES, "small_tree": SMALL_SIZES}


@given(data=st.binary(max_size=600), chunk_bytes=st.integers(1, 9), max_links=st.integers(2, 5))
def test_cid_equals_the_slow_way_for_any_tree(data, chunk_bytes, max_links):
    hasher = CidHasher(chunk_bytes=chunk_bytes, max_links=max_links)
    hasher.update(data)
    assert hasher.digest() == naive_cid(data, chunk_bytes=chunk_bytes, max_links=max_links)


@pytest.mark.long
def test_cid_equals_the_reference_asked_now():
    small: list[Case] = [("pattern", size, 4, 3) for size in range(500)]
    for case, cid in zip(small, cids_of(small), strict=True):
        hasher = CidHasher(chunk_bytes=4, max_links=3)
        hasher.update(pattern(case[1]))
        assert hasher.digest() == cid, case
    whole: list[Case] = [("pattern", size, None, None) for size in PATTERN_SIZES]
    assert [cid_of(io.BytesIO(pattern(size))) for size in PATTERN_SIZES] == cids_of(whole)
    zeros: list[Case] = [("zeros", size, None, None) for size in ZERO_SIZES]
    wanted = {vector["size"]: vector["cid"] for vector in VECTORS["zeros"]}
    assert cids_of(zeros) == [wanted[size] for size in ZERO_SIZES]
