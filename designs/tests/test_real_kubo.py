"""Kubo's own code reads files by the CIDs that we compute."""

import io

import pytest

from designs.addresses import cid_of
from designs.tests.real_kubo import read_by_kubo

MEBIBYTE = 1024 * 1024


@pytest.mark.long
@pytest.mark.parametrize("size", [1, MEBIBYTE, MEBIBYTE + 1, 5 * MEBIBYTE + 3])
def test_kubo_reads_and_pins_a_file_by_our_cid(tmp_path, size):
    content = bytes((i * 131 + (i >> 8) * 17 + 7) & 255 for i in range(size))
    read, pinned = read_by_kubo(content, tmp_path)
    assert read == content
    assert cid_of(io.BytesIO(content)) in pinned
