"""A file as a CAR, version 1 (ipld.io/specs/transport/car/carv1): what `ipfs dag import` and pinning services take."""

import hashlib
from collections.abc import Iterator
from typing import IO

from common.hashing import blocks

from .cid import CHUNK_BYTES, MAX_LINKS
from .tree import Tree, binary_of, leaf_of, text_of, varint


class WrongRoot(ValueError):
    """The bytes have another CID than the one that was asked for; `found` is theirs."""

    def __init__(self, *, wanted: str, found: str) -> None:
        super().__init__(f"the bytes have the CID {found}, not {wanted}")
        self.found = found


def write_car(
    stream: IO[bytes], target: IO[bytes], *, cid: str, chunk_bytes: int = CHUNK_BYTES, max_links: int = MAX_LINKS
) -> int:
    """Write what is left in the stream as blocks, children before parents, under the root `cid`; return their number.

    One pass, one chunk in memory. The root stands in the header, before the bytes were seen: WrongRoot at the end
    means that what was written is to be thrown away. `chunk_bytes` and `max_links` are the profile's.
    """
    written = 0

    def write_block(block_cid: bytes, data: bytes) -> None:
        nonlocal written
        target.write(varint(len(block_cid) + len(data)) + block_cid)
        target.write(data)
        written += 1

    target.write(_header(binary_of(cid)))
    tree = Tree(max_links=max_links, emit=write_block)
    chunks = 0
    for chunk in _chunks(stream, chunk_bytes):
        leaf = leaf_of(hashlib.sha256(chunk).digest(), len(chunk))
        write_block(leaf.cid, chunk)
        tree.add(leaf)
        chunks += 1
    if not chunks:
        leaf = leaf_of(hashlib.sha256().digest(), 0)
        write_block(leaf.cid, b"")
        tree.add(leaf)
    found = text_of(tree.root())
    if found != cid:
        raise WrongRoot(wanted=cid, found=found)
    return written


def _header(root: bytes) -> bytes:
    # dag-cbor of {"roots": [root], "version": 1}; tag 42 is a CID, behind a zero byte (multibase identity).
    tagged = b"\xd8\x2a\x58" + bytes([len(root) + 1]) + b"\x00" + root
    fields = b"\xa2\x65roots\x81" + tagged + b"\x67version\x01"
    return varint(len(fields)) + fields


def _chunks(stream: IO[bytes], size: int) -> Iterator[bytes]:
    """Pieces of exactly `size` bytes, and a last one: a stream may give less than it is asked for."""
    rest = b""
    for block in blocks(stream, size):
        rest = rest + block if rest else block
        if len(rest) >= size:
            yield rest[:size]
            rest = rest[size:]
    if rest:
        yield rest
