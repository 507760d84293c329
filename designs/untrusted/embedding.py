"""Putting the operator's statement into a file where its format has a place for it, and nothing else in another way.

The places are those that contracts/verifier/statement.py looks at. Content Credentials that the file came with are left
out: they speak of the file as it was, and would be found broken.
"""

import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.parsers import expat

from designs.containers import gltf
from designs.containers.errors import ContainerError
from designs.untrusted.bundle import Bundle
from designs.untrusted.refusal import Refusal
from designs.untrusted.threemf_package import start_part

NAMESPACE = "https://loomprint.example/ns/rendition/1/"
MAX_PART_BYTES = 512 * 1024 * 1024
_MAX_PACKET_BYTES = 1 << 20
_JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_JPEG_SEGMENT_BYTES = 65_533
_PNG_XMP = b"XML:com.adobe.xmp\0"
_OURS = re.compile(
    rb'<rdf:Description rdf:about="" xmlns:loomprint="[^"<]*"><loomprint:rendition>[^<]*</loomprint:rendition>'
    rb"</rdf:Description>"
)
_SAME_TIME = (1980, 1, 1, 0, 0, 0)


def embed(source: str, target: str, scheme: str, text: str) -> None:
    """Write the file with the text in it to `target`. Raises Refusal."""
    if scheme == "3mf":
        _in_3mf(source, target, text)
        return
    data = Path(source).read_bytes()
    write: dict[str, Callable[[bytes, str], bytes]] = {
        "png": _in_png,
        "jpeg": _in_jpeg,
        "webp": _in_webp,
        "glb": _in_glb,
        "step": _in_step,
    }
    Path(target).write_bytes(write[scheme](data, text))


def _packet(text: str, existing: bytes = b"") -> bytes:
    """An XMP packet (ISO 16684-1) with the statement, beside what another one says."""
    ours = (
        f'<rdf:Description rdf:about="" xmlns:loomprint="{NAMESPACE}">'
        f"<loomprint:rendition>{text}</loomprint:rendition></rdf:Description>"
    ).encode()
    existing = _OURS.sub(b"", existing)
    if existing.count(b"</rdf:RDF>") == 1:
        return existing.replace(b"</rdf:RDF>", ours + b"</rdf:RDF>")
    return (
        b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">' + ours + b"</rdf:RDF></x:xmpmeta>"
        b'<?xpacket end="w"?>'
    )


def _in_png(data: bytes, text: str) -> bytes:
    kept: list[tuple[bytes, bytes]] = []
    existing = b""
    place, kind = 8, b""
    while kind != b"IEND":
        length = int.from_bytes(data[place : place + 4], "big")
        kind, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + length]
        if len(kind) < 4 or len(body) < length:
            raise Refusal("truncated")
        place += 12 + length
        if kind == b"iTXt" and body.startswith(_PNG_XMP):
            existing = _png_text(body)
        elif kind != b"caBX":
            kept.append((kind, body))
    first = next((number for number, (kind, _body) in enumerate(kept) if kind == b"IDAT"), None)
    if first is None:
        raise Refusal("unreadable", cause="no image data")
    kept.insert(first, (b"iTXt", _PNG_XMP + b"\0\0\0\0" + _packet(text, existing)))
    chunks = [
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in kept
    ]
    return data[:8] + b"".join(chunks) + data[place:]


def _png_text(body: bytes) -> bytes:
    """The text of an iTXt chunk; empty where it is not to be had, or absurdly long."""
    compressed = body[len(_PNG_XMP) : len(_PNG_XMP) + 1] == b"\1"
    parts = body[len(_PNG_XMP) + 2 :].split(b"\0", 2)
    if len(parts) < 3:
        return b""
    if not compressed:
        return parts[2][:_MAX_PACKET_BYTES] if len(parts[2]) <= _MAX_PACKET_BYTES else b""
    try:
        inflater = zlib.decompressobj()
        text = inflater.decompress(parts[2], _MAX_PACKET_BYTES)
        return text if inflater.eof else b""
    except zlib.error:
        return b""


def _in_jpeg(data: bytes, text: str) -> bytes:
    head: list[bytes] = []
    existing = b""
    place, marker = 2, 0
    while marker != 0xDA:
        while data[place : place + 2] == b"\xff\xff":
            place += 1
        marker = data[place + 1] if data[place : place + 1] == b"\xff" and place + 4 <= len(data) else 0
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        segment = data[place : place + 2 + length]
        if marker == 0 or length < 2 or len(segment) < length + 2:
            raise Refusal("truncated")
        place += 2 + length
        if marker == 0xE1 and segment[4:].startswith(_JPEG_XMP):
            existing = segment[4 + len(_JPEG_XMP) :]
        elif not (marker == 0xEB and segment[4:6] == b"JP"):
            head.append(segment)
    # JFIF wants to be first, and Exif right behind it.
    first = 0
    while head[first][1] == 0xE0 or (head[first][1] == 0xE1 and head[first][4:10] == b"Exif\0\0"):
        first += 1
    packets = [_JPEG_XMP + _packet(text, existing)]
    if len(packets[0]) > _JPEG_SEGMENT_BYTES:
        packets = [_JPEG_XMP + existing]
        head.insert(first, _segment(0xFE, text.encode()))
    head[first:first] = [_segment(0xE1, packet) for packet in packets]
    return data[:2] + b"".join(head) + data[place:]


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def _in_webp(data: bytes, text: str) -> bytes:
    chunks: list[tuple[bytes, bytes]] = []
    existing = b""
    place = 12
    while place + 8 <= len(data):
        length = int.from_bytes(data[place + 4 : place + 8], "little")
        kind, body = data[place : place + 4], data[place + 8 : place + 8 + length]
        if len(body) < length:
            raise Refusal("truncated")
        place += 8 + length + length % 2
        if kind == b"XMP ":
            existing = body
        elif kind != b"C2PA":
            chunks.append((kind, body))
    if not chunks:
        raise Refusal("truncated")
    if chunks[0][0] != b"VP8X":
        chunks.insert(0, (b"VP8X", _webp_canvas(*chunks[0])))
    extended = bytearray(chunks[0][1])
    extended[0] |= 0x04
    chunks[0] = (b"VP8X", bytes(extended))
    chunks.append((b"XMP ", _packet(text, existing)))
    written = b"".join(kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for kind, body in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(written)) + b"WEBP" + written


def _webp_canvas(kind: bytes, body: bytes) -> bytes:
    """The extended header of a simple file, from the head of its bitstream."""
    if kind == b"VP8L" and body[:1] == b"\x2f" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        width, height, alpha = bits & 0x3FFF, bits >> 14 & 0x3FFF, bits >> 28 & 1
    elif kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a" and len(body) >= 10:
        width, height = (value & 0x3FFF for value in struct.unpack("<HH", body[6:10]))
        width, height, alpha = width - 1, height - 1, 0
    else:
        raise Refusal("unreadable", cause="no frame that is known")
    return bytes([0x10 if alpha else 0, 0, 0, 0]) + width.to_bytes(3, "little") + height.to_bytes(3, "little")


def _in_glb(data: bytes, text: str) -> bytes:
    length = int.from_bytes(data[12:16], "little")
    if data[16:20] != b"JSON" or 20 + length > len(data):
        raise Refusal("truncated")
    try:
        document = gltf.read_document(data[20 : 20 + length])
    except ContainerError as error:
        raise Refusal(error.code, **error.details) from error
    asset = document.get("asset")
    if not isinstance(asset, dict):
        raise Refusal("unreadable", cause="no asset")
    extras: Any = asset.get("extras", {})
    asset["extras"] = {**(extras if isinstance(extras, dict) else {"value": extras}), "loomprint_rendition": text}
    head = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    head += b" " * (-len(head) % 4)
    rest = data[20 + length :]
    start = b"glTF" + struct.pack("<II", 2, 20 + len(head) + len(rest))
    return start + struct.pack("<I4s", len(head), b"JSON") + head + rest


def _in_step(data: bytes, text: str) -> bytes:
    start = b"ISO-10303-21;"
    if not data.startswith(start):
        raise Refusal("unreadable", cause="not a STEP file")
    return start + b"\n/* " + text.encode() + b" */" + data[len(start) :]


def _in_3mf(source: str, target: str, text: str) -> None:
    with Bundle(source) as bundle, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        model = start_part(bundle)
        for name in bundle.names:
            content = bundle.contents(name, max_bytes=MAX_PART_BYTES)
            if name.lower() == model.lower():
                content = _in_model(content, text)
            archive.writestr(zipfile.ZipInfo(name, _SAME_TIME), content, zipfile.ZIP_DEFLATED, 6)


def _in_model(content: bytes, text: str) -> bytes:
    """The model part with one more metadata element, directly behind its start tag (3MF core, chapter 3)."""
    places: list[int] = []
    declared: dict[str, str] = {}
    parser = expat.ParserCreate()

    def start(name: str, attributes: dict[str, str]) -> None:
        if not places:
            declared.update(attributes)
        passed()

    def passed(*_ignored: Any) -> None:
        if len(places) < 2:
            places.append(parser.CurrentByteIndex)

    def before(data: str) -> None:
        if places:
            passed()

    parser.StartElementHandler = start
    parser.EndElementHandler = passed
    parser.DefaultHandler = before
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise Refusal("xml_broken", line=error.lineno) from error
    end = places[1]
    if content[end - 2 : end] == b"/>" or content[end - 1 : end] != b">":
        raise Refusal("3mf_missing_element", what="resources")
    number = content.count(b"loomprint-rendition:")
    prefix = next(one for one in ("loomprint", "loomprint_x") if declared.get(f"xmlns:{one}", NAMESPACE) == NAMESPACE)
    declaration = "" if f"xmlns:{prefix}" in declared else f' xmlns:{prefix}="{NAMESPACE}"'
    name = f"{prefix}:rendition{number or ''}"
    element = f'<metadata name="{name}">{text}</metadata>'
    return content[: end - 1] + declaration.encode() + b">" + element.encode() + content[end:]
