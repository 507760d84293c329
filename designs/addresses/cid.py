"""CIDv1 under the profile unixfs-v1-2025 (IPIP-499): 1 MiB chunks, raw leaves, 1024 links, balanced.

"The CID of a file" is ambiguous without its profile, so the profile's name travels beside the CID. Formats:
multiformats/cid, ipld dag-pb (links before data), ipfs UnixFS protobuf.
"""

import hashlib
from base64 import b32encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from common.hashing import blocks

PROFILE = "unixfs-v1-2025"
CHUNK_BYTES = 1024 * 1024
MAX_LINKS = 1024

_RAW = 0x55
_DAG_PB = 0x70
_UNIXFS_FILE = 2


@dataclass(frozen=True)
class _Block:
    """A node of the file's tree: its binary CID, the file bytes below it, and all block bytes below it."""

    cid: bytes
    file_bytes: int
    block_bytes: int


class CidHasher:
    """The CID of a file as its bytes pass by, in memory that grows with the depth of the tree only.

    `chunk_bytes` and `max_links` are the profile's; smaller ones let tests reach deep trees with few bytes.
    """

    def __init__(self, *, chunk_bytes: int = CHUNK_BYTES, max_links: int = MAX_LINKS) -> None:
        self._chunk_bytes = chunk_bytes
        self._max_links = max_links
        self._chunk = hashlib.sha256()
        self._chunk_size = 0
        self._levels: list[list[_Block]] = [[]]

    def update(self, data: bytes) -> None:
        """Take the next bytes of the file, in pieces of any size."""
        view = memoryview(data)
        while view:
            piece = view[: self._chunk_bytes - self._chunk_size]
            self._chunk.update(piece)
            self._chunk_size += len(piece)
            view = view[len(piece) :]
            if self._chunk_size == self._chunk_bytes:
                self._add(self._leaf())
                self._chunk = hashlib.sha256()
                self._chunk_size = 0

    def digest(self) -> str:
        """The CID of all bytes so far, multibase base32. May be asked at any time."""
        levels = [list(level) for level in self._levels]
        if self._chunk_size or not any(levels):
            levels[0].append(self._leaf())
        for depth, level in enumerate(levels):
            above = any(levels[depth + 1 :])
            if not level:
                continue
            if not above and len(level) == 1:
                return _text(level[0].cid)
            if depth + 1 == len(levels):
                return _text(_node(level).cid)
            levels[depth + 1].append(_node(level))
        raise AssertionError("a tree has a root")

    def _leaf(self) -> _Block:
        return _Block(_cid(_RAW, self._chunk.digest()), self._chunk_size, self._chunk_size)

    def _add(self, block: _Block) -> None:
        # A level that fills is folded into one node of the level above; what is left is folded by digest().
        depth = 0
        while True:
            if depth == len(self._levels):
                self._levels.append([])
            level = self._levels[depth]
            level.append(block)
            if len(level) < self._max_links:
                return
            block = _node(level)
            self._levels[depth] = []
            depth += 1


def cid_of(stream: IO[bytes]) -> str:
    """The CID of what is left in the stream."""
    hasher = CidHasher()
    for block in blocks(stream):
        hasher.update(block)
    return hasher.digest()


def _node(children: Sequence[_Block]) -> _Block:
    file_bytes = sum(child.file_bytes for child in children)
    unixfs = b"".join(
        [
            _varint_field(1, _UNIXFS_FILE),
            _varint_field(3, file_bytes),
            *(_varint_field(4, child.file_bytes) for child in children),
        ]
    )
    links = (
        _bytes_field(2, _bytes_field(1, child.cid) + _bytes_field(2, b"") + _varint_field(3, child.block_bytes))
        for child in children
    )
    encoded = b"".join(links) + _bytes_field(1, unixfs)
    return _Block(
        _cid(_DAG_PB, hashlib.sha256(encoded).digest()),
        file_bytes,
        len(encoded) + sum(child.block_bytes for child in children),
    )


def _cid(codec: int, digest: bytes) -> bytes:
    return bytes([0x01, codec, 0x12, 0x20]) + digest


def _text(cid: bytes) -> str:
    return "b" + b32encode(cid).decode("ascii").lower().rstrip("=")


def _varint(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _varint_field(field: int, number: int) -> bytes:
    return _varint(field << 3) + _varint(number)


def _bytes_field(field: int, data: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(data)) + data
