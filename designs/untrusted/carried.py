"""What an image carries beside its pixels: text chunks, EXIF and XMP, each read up to a limit."""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO

from designs.untrusted.exif import Exif, read_exif

MAX_TEXT_BYTES = 2 * 1024 * 1024
MAX_TEXTS = 64
MAX_BLOCKS = 100_000
_EXIF_MARK = b"Exif\0\0"
_XMP_MARK = b"http://ns.adobe.com/xap/1.0/\0"
_XMP_KEY = "XML:com.adobe.xmp"


@dataclass
class Carried:
    """Texts of a PNG by their keyword, those hidden in its pixels, EXIF as text, one XMP packet. `notes` say what was
    passed over, and why."""

    texts: dict[str, str] = field(default_factory=dict)
    hidden: dict[str, str] = field(default_factory=dict)
    exif: Exif = field(default_factory=Exif)
    xmp: bytes = b""
    notes: set[str] = field(default_factory=set)

    def take_exif(self, data: bytes) -> None:
        if len(data) > MAX_TEXT_BYTES:
            self.notes.add("text_too_long")
        elif not self.exif:
            self.exif = read_exif(data.removeprefix(_EXIF_MARK))

    def take_xmp(self, data: bytes) -> None:
        if len(data) > MAX_TEXT_BYTES:
            self.notes.add("text_too_long")
        else:
            self.xmp = self.xmp or data.removeprefix(_XMP_MARK)

    def take_text(self, key: str, data: bytes, encoding: str) -> None:
        if len(data) > MAX_TEXT_BYTES:
            self.notes.add("text_too_long")
            return
        self.texts.setdefault(key, data.decode(encoding, "replace"))


def carried_by(path: str, form: str, *, max_pixels: int) -> Carried:
    """Everything of an image whose head preflight has passed. Raises Refusal for AVIF that cannot be opened."""
    found = Carried()
    if form == "avif":
        from designs.untrusted.images import open_image

        with open_image(path, form, max_pixels=max_pixels) as image:
            found.take_exif(image.info.get("exif") or b"")
            found.take_xmp(image.info.get("xmp") or b"")
        return found
    with open(path, "rb") as stream:
        if form == "tiff":
            # A TIFF is what EXIF is made of; its directories may stand anywhere in it.
            found.exif = read_exif(stream)
            found.take_xmp(found.exif.xmp)
        else:
            {"png": _png, "jpeg": _jpeg, "webp": _webp}[form](stream, os.path.getsize(path), found)
    if form == "png":
        from designs.untrusted.stealth import hidden_texts

        found.hidden, note = hidden_texts(path)
        found.notes |= {note} - {""}
    return found


def _png(stream: IO[bytes], size: int, found: Carried) -> None:
    for kind, length in _chunks(stream, size, start=8, head=">I4s", trailer=4):
        if kind not in (b"tEXt", b"zTXt", b"iTXt", b"eXIf"):
            continue
        if length > MAX_TEXT_BYTES:
            found.notes.add("text_too_long")
            continue
        data = stream.read(length)
        if kind == b"eXIf":
            found.take_exif(data)
        else:
            _png_text(kind, data, found)


def _png_text(kind: bytes, data: bytes, found: Carried) -> None:
    """PNG, third edition, 11.3.3: Latin-1 in tEXt and zTXt, UTF-8 in iTXt."""
    if len(found.texts) >= MAX_TEXTS:
        found.notes.add("text_too_long")
        return
    raw_key, _zero, rest = data.partition(b"\0")
    key = raw_key[:79].decode("latin-1")
    if kind == b"tEXt":
        found.take_text(key, rest, "latin-1")
    elif kind == b"zTXt":
        found.take_text(key, _inflated(rest[1:], found), "latin-1")
    elif len(rest) >= 2:
        packed = rest[0] == 1
        text = rest[2:].split(b"\0", 2)[-1]
        text = _inflated(text, found) if packed else text
        if key == _XMP_KEY:
            found.take_xmp(text)
        else:
            found.take_text(key, text, "utf-8")


def _inflated(data: bytes, found: Carried) -> bytes:
    inflater = zlib.decompressobj()
    try:
        text = inflater.decompress(data, MAX_TEXT_BYTES + 1)
    except zlib.error:
        found.notes.add("text_damaged")
        return b""
    return text


def _jpeg(stream: IO[bytes], _size: int, found: Carried) -> None:
    """Application segments up to the first scan."""
    offset = 2
    for _segment in range(MAX_BLOCKS):
        stream.seek(offset)
        head = stream.read(4)
        if len(head) < 4 or head[0] != 0xFF or head[1] in (0xD9, 0xDA):
            return
        if head[1] == 0xFF:
            offset += 1
            continue
        length = int.from_bytes(head[2:4], "big")
        if head[1] == 0xE1 and length > 2:
            data = stream.read(length - 2)
            if data.startswith(_EXIF_MARK):
                found.take_exif(data)
            elif data.startswith(_XMP_MARK):
                found.take_xmp(data)
        offset += 2 + max(2, length)


def _webp(stream: IO[bytes], size: int, found: Carried) -> None:
    for kind, length in _chunks(stream, size, start=12, head="<4sI", trailer=0):
        if kind not in (b"EXIF", b"XMP "):
            continue
        if length > MAX_TEXT_BYTES:
            found.notes.add("text_too_long")
        elif kind == b"EXIF":
            found.take_exif(stream.read(length))
        else:
            found.take_xmp(stream.read(length))


def _chunks(stream: IO[bytes], size: int, *, start: int, head: str, trailer: int) -> Iterator[tuple[bytes, int]]:
    """Kind and length of each chunk, with the stream at its data. RIFF pads to even lengths, PNG ends with a sum."""
    offset = start
    for _chunk in range(MAX_BLOCKS):
        stream.seek(offset)
        raw = stream.read(8)
        if len(raw) < 8:
            return
        first, second = struct.unpack(head, raw)
        kind, length = (first, second) if isinstance(first, bytes) else (second, first)
        if offset + 8 + length > size:
            return
        yield kind, length
        offset += 8 + length + (trailer or length % 2)
