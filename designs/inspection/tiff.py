"""The one directory of a TIFF (revision 6.0): how large it is, and that its strips or tiles lie in the file."""

import struct
from typing import IO

from .reasons import InspectionError

MAX_ENTRIES = 1000
MAX_STRIPS = 1_000_000
_WIDTH, _HEIGHT = 256, 257
_PLACES = ((273, 279), (324, 325))
"""Offsets and byte counts, of strips and of tiles."""
_TYPES = {1: ("B", 1), 3: ("H", 2), 4: ("I", 4)}


def is_tiff(head: bytes) -> bool:
    return head[:4] in (b"II*\0", b"MM\0*")


def check_tiff(stream: IO[bytes], size: int) -> tuple[int, int]:
    """Read the first directory and return width and height. Raises InspectionError."""
    head = stream.read(8)
    if len(head) < 8:
        raise InspectionError("truncated")
    order = "<" if head[:2] == b"II" else ">"
    (place,) = struct.unpack(f"{order}I", head[4:])
    if place < 8 or place + 6 > size:
        raise InspectionError("truncated")
    stream.seek(place)
    (count,) = struct.unpack(f"{order}H", stream.read(2))
    if not 0 < count <= MAX_ENTRIES:
        raise InspectionError("unreadable")
    table = stream.read(count * 12 + 4)
    if len(table) < count * 12 + 4:
        raise InspectionError("truncated")
    if table[-4:] != b"\0\0\0\0":
        raise InspectionError("several_pages")
    entries = {}
    for at in range(0, count * 12, 12):
        tag, kind, length = struct.unpack(f"{order}HHI", table[at : at + 8])
        entries[tag] = (kind, length, table[at + 8 : at + 12])
    width, height = (_values(stream, size, entries, tag, order)[:1] for tag in (_WIDTH, _HEIGHT))
    if not width or not height:
        raise InspectionError("unreadable")
    _check_places(stream, size, entries, order)
    return width[0], height[0]


def _check_places(stream: IO[bytes], size: int, entries: dict[int, tuple[int, int, bytes]], order: str) -> None:
    for places, lengths in _PLACES:
        offsets = _values(stream, size, entries, places, order)
        counts = _values(stream, size, entries, lengths, order)
        if len(offsets) != len(counts):
            raise InspectionError("unreadable")
        if any(offset + count > size for offset, count in zip(offsets, counts, strict=True)):
            raise InspectionError("truncated")
        if offsets:
            return
    raise InspectionError("unreadable")


def _values(
    stream: IO[bytes], size: int, entries: dict[int, tuple[int, int, bytes]], tag: int, order: str
) -> tuple[int, ...]:
    """The whole numbers of an entry; none if it is not there."""
    kind, count, inline = entries.get(tag, (4, 0, b""))
    if kind not in _TYPES or count > MAX_STRIPS:
        raise InspectionError("unreadable")
    letter, width = _TYPES[kind]
    if count * width <= 4:
        data = inline[: count * width]
    else:
        (place,) = struct.unpack(f"{order}I", inline)
        if place + count * width > size:
            raise InspectionError("truncated")
        stream.seek(place)
        data = stream.read(count * width)
    return struct.unpack(f"{order}{count}{letter}", data)
