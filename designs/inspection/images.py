"""Heads of PNG, JPEG and WebP: declared size in pixels, whole or cut short, still or moving."""

import os
import struct
from typing import IO

from .reasons import InspectionError

MAX_BLOCKS = 100_000
_END_BYTES = 64 * 1024
_JPEG_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_JPEG_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def check_png(stream: IO[bytes], size: int, *, max_pixels: int) -> None:
    """Walk the chunks from IHDR to IEND (PNG, third edition, section 5). Raises InspectionError."""
    head = stream.read(33)
    if len(head) < 33:
        raise InspectionError("truncated")
    length, kind, width, height = struct.unpack(">I4sII", head[8:24])
    if kind != b"IHDR" or length != 13:
        raise InspectionError("unreadable")
    check_pixels(width, height, max_pixels)
    offset = 33
    for _block in range(MAX_BLOCKS):
        stream.seek(offset)
        chunk = stream.read(8)
        if len(chunk) < 8:
            raise InspectionError("truncated")
        length, kind = struct.unpack(">I4s", chunk)
        offset += 12 + length
        if offset > size:
            raise InspectionError("truncated")
        if kind == b"acTL":
            raise InspectionError("animated")
        if kind == b"IEND":
            return
    raise InspectionError("unreadable")


def check_jpeg(stream: IO[bytes], size: int, *, max_pixels: int) -> None:
    """Walk the segments to the frame header (ITU-T T.81, annex B), and look for the end. Raises InspectionError."""
    offset = 2
    for _block in range(MAX_BLOCKS):
        stream.seek(offset)
        head = stream.read(9)
        if len(head) < 4:
            raise InspectionError("truncated")
        if head[0] != 0xFF:
            raise InspectionError("unreadable")
        marker = head[1]
        if marker == 0xFF:
            offset += 1
            continue
        if marker in _JPEG_STANDALONE:
            offset += 2
            continue
        if marker in (0xD9, 0xDA):
            raise InspectionError("unreadable")
        if marker in _JPEG_FRAMES:
            if len(head) < 9:
                raise InspectionError("truncated")
            height, width = struct.unpack(">HH", head[5:9])
            check_pixels(width, height, max_pixels)
            break
        offset += 2 + struct.unpack(">H", head[2:4])[0]
    else:
        raise InspectionError("unreadable")
    stream.seek(-min(size, _END_BYTES), os.SEEK_END)
    if b"\xff\xd9" not in stream.read(_END_BYTES):
        raise InspectionError("truncated")


def check_webp(stream: IO[bytes], size: int, *, max_pixels: int) -> None:
    """Read the first chunk of the RIFF container (RFC 9649). Raises InspectionError."""
    head = stream.read(30)
    if len(head) < 30:
        raise InspectionError("truncated")
    if int.from_bytes(head[4:8], "little") + 8 > size:
        raise InspectionError("truncated")
    kind, body = head[12:16], head[20:]
    if kind == b"VP8X":
        if body[0] & 0x02:
            raise InspectionError("animated")
        width = int.from_bytes(body[4:7], "little") + 1
        height = int.from_bytes(body[7:10], "little") + 1
    elif kind == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif kind == b"VP8 ":
        width, height = (value & 0x3FFF for value in struct.unpack("<HH", body[6:10]))
    else:
        raise InspectionError("unreadable")
    check_pixels(width, height, max_pixels)


def check_pixels(width: int, height: int, max_pixels: int) -> None:
    """Raises InspectionError unless there is at least one pixel and not too many."""
    if width == 0 or height == 0:
        raise InspectionError("unreadable")
    if width * height > max_pixels:
        raise InspectionError("too_many_pixels", {"max_megapixels": max_pixels // 1_000_000})
