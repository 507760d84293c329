"""Reading a CAR and its UnixFS nodes back, and a CID the slow way: both written apart from the code they check."""

import hashlib
import io
from base64 import b32encode
from dataclasses import dataclass
from mmap import mmap

# CID, file bytes below, block bytes below.
_Built = tuple[bytes, int, int]


@dataclass(frozen=True)
class Car:
    root: str
    blocks: dict[bytes, bytes]
    written: int


def read_car(data: bytes) -> Car:
    """Every block is held against the SHA-256 in its CID; a wrong one is an AssertionError."""
    stream = io.BytesIO(data)
    header = stream.read(_read_varint(stream))
    begin, end = b"\xa2\x65roots\x81\xd8\x2a\x58\x25\x00", b"\x67version\x01"
    assert header.startswith(begin)
    assert header.endswith(end)
    blocks: dict[bytes, bytes] = {}
    written = 0
    while stream.tell() < len(data):
        section = stream.read(_read_varint(stream))
        cid, block = section[:36], section[36:]
        assert cid[:1] == b"\x01"
        assert cid[1] in (0x55, 0x70)
        assert cid[2:4] == b"\x12\x20"
        assert hashlib.sha256(block).digest() == cid[4:]
        blocks[cid] = block
        written += 1
    return Car(text(header[len(begin) : -len(end)]), blocks, written)


def file_in(car: Car) -> bytes:
    """The file, by walking from the root and reading nothing but links."""
    by_text = {text(cid): cid for cid in car.blocks}
    return _bytes_below(car, by_text[car.root])


def naive_cid(data: bytes | mmap, *, chunk_bytes: int, max_links: int) -> str:
    """All chunks, then one level after the other, until one node is left."""
    chunks = (data[at : at + chunk_bytes] for at in range(0, max(1, len(data)), chunk_bytes))
    level: list[_Built] = [(_cid(0x55, chunk), len(chunk), len(chunk)) for chunk in chunks]
    while len(level) > 1:
        level = [_parent(level[at : at + max_links]) for at in range(0, len(level), max_links)]
    return text(level[0][0])


def text(cid: bytes) -> str:
    return "b" + b32encode(cid).decode().lower().rstrip("=")


def _cid(codec: int, block: bytes) -> bytes:
    return b"\x01" + bytes([codec]) + b"\x12\x20" + hashlib.sha256(block).digest()


def _parent(children: list[_Built]) -> _Built:
    size = sum(child[1] for child in children)
    data = b"\x08\x02\x18" + _number(size) + b"".join(b"\x20" + _number(child[1]) for child in children)
    links = b""
    for cid, _below, total in children:
        link = b"\x0a\x24" + cid + b"\x12\x00\x18" + _number(total)
        links += b"\x12" + _number(len(link)) + link
    block = links + b"\x0a" + _number(len(data)) + data
    return _cid(0x70, block), size, len(block) + sum(child[2] for child in children)


def _number(value: int) -> bytes:
    digits = []
    while True:
        value, digit = divmod(value, 128)
        digits.append(digit)
        if not value:
            return bytes([*(one + 128 for one in digits[:-1]), digits[-1]])


def _read_varint(stream: io.BytesIO) -> int:
    value = shift = 0
    while True:
        byte = stream.read(1)[0]
        value |= (byte & 127) << shift
        if byte < 128:
            return value
        shift += 7


def _bytes_below(car: Car, cid: bytes) -> bytes:
    block = car.blocks[cid]
    if cid[1] == 0x55:
        return block
    stream, found = io.BytesIO(block), b""
    while stream.read(1) == b"\x12":
        link = stream.read(_read_varint(stream))
        assert link[:2] == b"\x0a\x24"
        found += _bytes_below(car, link[2:38])
    return found
