"""The boxes of an AVIF (ISO/IEC 14496-12 and 23008-12): whole or cut short, how large, still or moving."""

import struct
from collections.abc import Iterator
from typing import IO

from .reasons import InspectionError

MAX_BOXES = 1000
MAX_META_BYTES = 1024 * 1024
_HEAD = 8


def is_avif(head: bytes) -> bool:
    """Whether the file type box names AVIF, for stills or for sequences."""
    if head[4:8] != b"ftyp":
        return False
    brands = head[8 : min(int.from_bytes(head[:4], "big"), len(head))]
    return any(brands[at : at + 4] in (b"avif", b"avis") for at in range(0, len(brands), 4))


def check_avif(stream: IO[bytes], size: int) -> tuple[int, int]:
    """Walk the boxes and return the largest width and height that they declare. Raises InspectionError."""
    meta = b""
    offset = 0
    for _box in range(MAX_BOXES):
        if offset == size:
            break
        stream.seek(offset)
        head = stream.read(16)
        if len(head) < _HEAD:
            raise InspectionError("truncated")
        length, kind = struct.unpack(">I4s", head[:8])
        start = _HEAD
        if length == 1:
            length, start = int.from_bytes(head[8:16], "big"), 16
        elif length == 0:
            length = size - offset
        if length < start:
            raise InspectionError("unreadable")
        if offset + length > size:
            raise InspectionError("truncated")
        if (kind == b"ftyp" and head[8:12] == b"avis") or kind == b"moov":
            raise InspectionError("animated")
        if kind == b"meta":
            if length > MAX_META_BYTES:
                raise InspectionError("too_large")
            stream.seek(offset + start)
            meta = stream.read(length - start)
        offset += length
    sizes = list(_sizes(meta[4:]))
    if not sizes:
        raise InspectionError("unreadable")
    return max(sizes, key=lambda each: each[0] * each[1])


def _sizes(meta: bytes) -> Iterator[tuple[int, int]]:
    for kind, properties in _boxes(meta):
        if kind == b"iprp":
            for inner, container in _boxes(properties):
                if inner == b"ipco":
                    for name, body in _boxes(container):
                        if name == b"ispe" and len(body) >= 12:
                            width, height = struct.unpack(">II", body[4:12])
                            yield width, height


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    offset = 0
    while offset + _HEAD <= len(data):
        length, kind = struct.unpack(">I4s", data[offset : offset + _HEAD])
        if length < _HEAD or offset + length > len(data):
            raise InspectionError("unreadable")
        yield kind, data[offset + _HEAD : offset + length]
        offset += length
