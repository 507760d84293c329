"""The few texts of EXIF (CIPA DC-008) that tell how a picture was made, out of its TIFF directories."""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

MAX_ENTRIES = 512
MAX_VALUE_BYTES = 2 * 1024 * 1024
_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 7: 1}
_EXIF_DIRECTORY = 0x8769
_XMP = 0x02BC
_USER_COMMENT = 0x9286
_TEXTS = {
    0x010E: "description",
    0x010F: "make",
    0x0110: "camera",
    0x0131: "software",
    0x013B: "artist",
    0x0132: "changed_at",
    0x9003: "taken_at",
    _USER_COMMENT: "comment",
}


@dataclass
class Exif:
    """Empty where nothing is stated. ComfyUI writes JSON into `make` and `camera` of a WebP."""

    description: str = ""
    make: str = ""
    camera: str = ""
    software: str = ""
    artist: str = ""
    changed_at: str = ""
    taken_at: str = ""
    comment: str = ""
    xmp: bytes = b""

    def __bool__(self) -> bool:
        return self != Exif()


def read_exif(source: bytes | IO[bytes]) -> Exif:
    """What a TIFF structure says; what cannot be read of it is left out."""
    stream = io.BytesIO(source) if isinstance(source, bytes) else source
    found = Exif()
    stream.seek(0)
    head = stream.read(8)
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(head[:4])
    if order is None or len(head) < 8:
        return found
    (first,) = struct.unpack(order + "I", head[4:8])
    waiting = [first]
    for directory in waiting[:1]:
        for tag, value in _entries(stream, directory, order):
            if tag == _EXIF_DIRECTORY and len(value) == 4:
                waiting.append(struct.unpack(order + "I", value)[0])
            _take(found, tag, value)
    for directory in waiting[1:2]:
        for tag, value in _entries(stream, directory, order):
            _take(found, tag, value)
    return found


def _take(found: Exif, tag: int, value: bytes) -> None:
    if tag == _XMP:
        found.xmp = value
    elif name := _TEXTS.get(tag):
        text = _comment(value) if tag == _USER_COMMENT else value.split(b"\0", 1)[0].decode("utf-8", "replace")
        setattr(found, name, text.strip())


def _entries(stream: IO[bytes], directory: int, order: str) -> Iterator[tuple[int, bytes]]:
    """Tag and raw value of each entry of a directory that is read as bytes, short or long."""
    stream.seek(directory)
    raw_count = stream.read(2)
    if len(raw_count) < 2:
        return
    (count,) = struct.unpack(order + "H", raw_count)
    table = stream.read(12 * min(count, MAX_ENTRIES))
    for place in range(0, len(table) - 11, 12):
        tag, kind, number = struct.unpack(order + "HHI", table[place : place + 8])
        wanted = tag in _TEXTS or tag in (_EXIF_DIRECTORY, _XMP)
        length = _TYPE_BYTES.get(kind, 0) * number
        if not wanted or not 0 < length <= MAX_VALUE_BYTES:
            continue
        inline = table[place + 8 : place + 12]
        if length > 4:
            stream.seek(struct.unpack(order + "I", inline)[0])
            yield tag, stream.read(length)
        else:
            yield tag, inline[:length]


def _comment(value: bytes) -> str:
    """A UserComment: eight bytes name its character code. Programs write UTF-16 in either order."""
    code, text = value[:8], value[8:]
    if code.startswith(b"UNICODE"):
        big = len(text) > 1 and text[0] == 0
        return text.decode("utf-16-be" if big else "utf-16-le", "replace").rstrip("\0")
    return text.split(b"\0", 1)[0].decode("utf-8", "replace")
