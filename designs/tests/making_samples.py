"""Files that say how they were made, in the manner of each program, made on the spot."""

import gzip
import io
import json
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image

from designs.tests.samples import image_bytes

A1111 = (
    "a brass lantern,\ngyroid panels\nNegative prompt: blurry\n"
    "Steps: 24, Sampler: DPM++ 2M, CFG scale: 6.5, Seed: 18446744073709551615, Size: 512x768, Model hash: abc123, "
    'Model: lantern_v3, Lora hashes: "brass: aa11, bb: cc", Hires prompt: "a secret word", Version: v1.9.4'
)
COMFY = {
    "3": {
        "class_type": "KSampler",
        "inputs": {
            "seed": 77, "steps": 20, "cfg": 7.0, "sampler_name": "euler", "scheduler": "karras", "denoise": 1.0,
            "model": ["4", 0], "positive": ["6", 0], "negative": ["7", 0], "latent_image": ["5", 0],
        },
    },
    "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "base.safetensors"}},
    "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 640, "height": 512, "batch_size": 1}},
    "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a vase", "clip": ["4", 1]}},
    "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "text, logo", "clip": ["4", 1]}},
    "8": {"class_type": "SaveImage", "inputs": {"images": ["3", 0]}, "is_changed": float("nan")},
}  # fmt: skip
XMP = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" '
    'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="Paint 4"{attributes}>{elements}'
    "<dc:creator><rdf:Seq><rdf:li>Ada</rdf:li><rdf:li>Grace</rdf:li></rdf:Seq></dc:creator>"
    "</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end='w'?>"
)
SOURCE = "http://cv.iptc.org/newscodes/digitalsourcetype/"


def xmp(source_type: str = "", *, element: bool = False) -> bytes:
    """A packet with this IPTC digital source type, as an attribute or as an element."""
    uri = SOURCE + source_type
    return XMP.format(
        attributes=f' Iptc4xmpExt:DigitalSourceType="{uri}"' if source_type and not element else "",
        elements=f'<Iptc4xmpExt:DigitalSourceType rdf:resource="{uri}"/>' if source_type and element else "",
    ).encode()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def text_chunk(key: str, text: bytes | str, *, how: str = "tEXt") -> bytes:
    """A PNG text chunk; `how` is tEXt, zTXt, iTXt or iTXt packed."""
    raw = text.encode("utf-8") if isinstance(text, str) else text
    name = key.encode("latin-1") + b"\0"
    match how:
        case "tEXt":
            return chunk(b"tEXt", name + raw)
        case "zTXt":
            return chunk(b"zTXt", name + b"\0" + zlib.compress(raw))
        case "iTXt":
            return chunk(b"iTXt", name + b"\0\0\0\0" + raw)
    return chunk(b"iTXt", name + b"\1\0\0\0" + zlib.compress(raw))


def png_with(*chunks: bytes, after_pixels: bool = False) -> bytes:
    """A small PNG with these chunks before or behind its pixels."""
    plain = image_bytes("PNG")
    at = plain.index(b"IEND") - 4 if after_pixels else 33
    return plain[:at] + b"".join(chunks) + plain[at:]


def png_saying(**texts: Any) -> bytes:
    return png_with(
        *(text_chunk(key, value if isinstance(value, str) else json.dumps(value)) for key, value in texts.items())
    )


def exif_of(*, order: str = ">", **tags: bytes) -> bytes:
    """A TIFF structure with these tags (t10E=…; e9286=… in the Exif directory), without the mark before it."""
    first = {int(name[1:], 16): value for name, value in tags.items() if name[0] == "t"}
    inner = {int(name[1:], 16): value for name, value in tags.items() if name[0] == "e"}
    head = {">": b"MM\0*", "<": b"II*\0"}[order] + struct.pack(order + "I", 8)
    if inner:
        first[0x8769] = b""
    base = 8 + 2 + 12 * len(first) + 4
    body = b""
    table = struct.pack(order + "H", len(first))
    places: dict[int, int] = {}
    for tag, value in sorted(first.items()):
        if tag == 0x8769:
            places[tag] = len(table)
            table += struct.pack(order + "HHII", tag, 4, 1, 0)
            continue
        table += struct.pack(order + "HHI", tag, 2, len(value)) + struct.pack(order + "I", base + len(body))
        body += value
    table += bytes(4)
    if inner:
        at = base + len(body)
        table = table[: places[0x8769] + 8] + struct.pack(order + "I", at) + table[places[0x8769] + 12 :]
        inner_base = at + 2 + 12 * len(inner) + 4
        body += struct.pack(order + "H", len(inner))
        values = b""
        for tag, value in sorted(inner.items()):
            body += struct.pack(order + "HHII", tag, 7, len(value), inner_base + len(values))
            values += value
        body += bytes(4) + values
    return head + table + body


def user_comment(text: str) -> bytes:
    """As AUTOMATIC1111 writes it: UTF-16, high byte first."""
    return b"UNICODE\0" + text.encode("utf-16-be")


def photo_with(form: str, *, exif: bytes = b"", xmp: bytes = b"") -> bytes:
    """A small JPEG, WebP, AVIF or TIFF with EXIF and XMP."""
    target = io.BytesIO()
    options: dict[str, Any] = {"exif": b"Exif\0\0" + exif} if exif else {}
    if xmp:
        options["xmp"] = xmp
    Image.new("RGB", (16, 16), (120, 90, 60)).save(target, form, **options)
    return target.getvalue()


def stealth_png(
    content: Any,
    *,
    size: tuple[int, int] = (96, 130),
    length: int | None = None,
    packed: bytes | None = None,
    alpha: int = 254,
    signature: bytes = b"stealth_pngcomp",
) -> bytes:
    """A PNG with this JSON in the lowest bits of its alpha channel, as NovelAI hides it; `length` is told in place of
    the true one, `packed` stands in place of the gzip, or of what another signature says."""
    data = gzip.compress(json.dumps(content).encode()) if packed is None else packed
    told = 8 * len(data) if length is None else length
    bits = np.unpackbits(np.frombuffer(signature + struct.pack(">I", told) + data, np.uint8))
    width, height = size
    lowest = np.zeros(width * height, np.uint8)
    lowest[: len(bits)] = bits[: width * height]
    pixels = np.full((height, width, 4), 254, np.uint8)
    pixels[:, :, 3] = alpha | lowest.reshape(width, height).T
    target = io.BytesIO()
    Image.fromarray(pixels).save(target, "PNG")
    return target.getvalue()
