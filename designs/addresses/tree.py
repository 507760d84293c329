"""The balanced tree over a file's chunks: IPFS UnixFS nodes in dag-pb (links before data)."""

import hashlib
from base64 import b32decode, b32encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass

_RAW = 0x55
_DAG_PB = 0x70
_UNIXFS_FILE = 2


@dataclass(frozen=True)
class Node:
    """A node of the file's tree: its binary CID, the file bytes below it, and all block bytes below it."""

    cid: bytes
    file_bytes: int
    block_bytes: int


Emit = Callable[[bytes, bytes], None]


class Tree:
    """Takes the leaves of a file from left to right, in memory that grows with the depth of the tree only.

    `emit(cid, encoded)` is called for every inner node as soon as its last child is known.
    """

    def __init__(self, *, max_links: int, emit: Emit | None = None) -> None:
        self._max_links = max_links
        self._emit = emit
        self._levels: list[list[Node]] = [[]]

    def add(self, leaf: Node) -> None:
        """The next leaf. A level that fills is folded into one node of the level above."""
        node, depth = leaf, 0
        while True:
            if depth == len(self._levels):
                self._levels.append([])
            level = self._levels[depth]
            level.append(node)
            if len(level) < self._max_links:
                return
            node = self._fold(level)
            self._levels[depth] = []
            depth += 1

    @property
    def is_empty(self) -> bool:
        return not any(self._levels)

    def copy_without_emit(self) -> "Tree":
        """A tree of the same leaves, to be ended while this one goes on."""
        copy = Tree(max_links=self._max_links)
        copy._levels = [list(level) for level in self._levels]
        return copy

    def root(self) -> bytes:
        """Fold what is left and return the root's binary CID. The tree has at least one leaf and takes no more."""
        for depth, level in enumerate(self._levels):
            above = any(self._levels[depth + 1 :])
            if not level:
                continue
            if not above and len(level) == 1:
                return level[0].cid
            node = self._fold(level)
            if depth + 1 == len(self._levels):
                return node.cid
            self._levels[depth + 1].append(node)
        raise ValueError("a tree without leaves has no root")

    def _fold(self, children: Sequence[Node]) -> Node:
        encoded = _encoded(children)
        cid = _cid(_DAG_PB, hashlib.sha256(encoded).digest())
        if self._emit:
            self._emit(cid, encoded)
        return Node(
            cid,
            sum(child.file_bytes for child in children),
            len(encoded) + sum(child.block_bytes for child in children),
        )


def leaf_of(digest: bytes, size: int) -> Node:
    """A raw leaf by the SHA-256 of its bytes and their number."""
    return Node(_cid(_RAW, digest), size, size)


def text_of(cid: bytes) -> str:
    """A binary CIDv1 in multibase base32."""
    return "b" + b32encode(cid).decode("ascii").lower().rstrip("=")


def binary_of(cid: str) -> bytes:
    """The bytes of a CIDv1 in multibase base32. ValueError for anything else."""
    if not cid.startswith("b"):
        raise ValueError("a CIDv1 in base32 begins with b")
    digits = cid[1:].upper()
    return b32decode(digits + "=" * (-len(digits) % 8))


def varint(number: int) -> bytes:
    """Unsigned LEB128, as multiformats and protobuf write numbers."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _encoded(children: Sequence[Node]) -> bytes:
    unixfs = b"".join(
        [
            _varint_field(1, _UNIXFS_FILE),
            _varint_field(3, sum(child.file_bytes for child in children)),
            *(_varint_field(4, child.file_bytes) for child in children),
        ]
    )
    links = (
        _bytes_field(2, _bytes_field(1, child.cid) + _bytes_field(2, b"") + _varint_field(3, child.block_bytes))
        for child in children
    )
    return b"".join(links) + _bytes_field(1, unixfs)


def _cid(codec: int, digest: bytes) -> bytes:
    return bytes([0x01, codec, 0x12, 0x20]) + digest


def _varint_field(field: int, number: int) -> bytes:
    return varint(field << 3) + varint(number)


def _bytes_field(field: int, data: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(data)) + data
