"""Archives and 3MF files, made on the spot, and ways to break them."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from designs.tests.samples import CUBE_CORNERS, CUBE_FACES

CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
MATERIAL = "http://schemas.microsoft.com/3dmanufacturing/material/2015/02"
TYPES = (
    b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
    b'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="model" '
    b'ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>'
)
RELATIONS = (
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" '
    b'Target="/3D/3dmodel.model" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
)


def zipped(files: Mapping[str, bytes], *, stored: bool = False) -> bytes:
    """A ZIP of these files, with the same times for the same bytes."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, archive.compression)
    return target.getvalue()


def cube_mesh(attributes: str = "", per_triangle: str = "") -> str:
    """The mesh of a cube of 10 × 20 × 30."""
    vertices = "".join(
        '<vertex x="{}" y="{}" z="{}"/>'.format(*corner) for corner in (CUBE_CORNERS * [10, 20, 30]).tolist()
    )
    triangles = "".join('<triangle v1="{}" v2="{}" v3="{}" {}/>'.format(*f, per_triangle) for f in CUBE_FACES.tolist())
    return f"<mesh{attributes}><vertices>{vertices}</vertices><triangles>{triangles}</triangles></mesh>"


def model_xml(
    *,
    resources: str | None = None,
    build: str = '<item objectid="1"/>',
    attributes: str = 'unit="millimeter"',
    before: str = "",
) -> bytes:
    """A 3MF model: one cube, built once, where nothing else is given."""
    resources = f'<object id="1" type="model">{cube_mesh()}</object>' if resources is None else resources
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<model {attributes} xmlns="{CORE}" xmlns:m="{MATERIAL}">'
        f"<resources>{resources}</resources><build>{build}</build></model>"
    ).encode()


def threemf(model: bytes | None = None, **files: bytes) -> bytes:
    """A 3MF of this model part; `files` replace or add others, with __ for / in their names."""
    parts = {"[Content_Types].xml": TYPES, "_rels/.rels": RELATIONS, "3D/3dmodel.model": model or model_xml()}
    return zipped(parts | {name.replace("__", "/"): content for name, content in files.items()})


def overlapping(copies: int, size: int) -> bytes:
    """A ZIP whose directory lists one compressed member many times (Fifield, "A better zip bomb", 2019)."""
    squeezed = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = squeezed.compress(bytes(size)) + squeezed.flush()
    checksum = zlib.crc32(bytes(size))
    sizes = struct.pack("<III", checksum, len(body), size)
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 0) + sizes + struct.pack("<HH", 5, 0) + b"a.obj" + body
    entry = (
        b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 0) + sizes
        + struct.pack("<HHHHHII", 5, 0, 0, 0, 0, 0, 0) + b"a.obj"
    )  # fmt: skip
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, copies, copies, len(entry) * copies, len(local), 0)
    return local + entry * copies + end


def patched(content: bytes, signature: bytes, offset: int, value: bytes) -> bytes:
    """The archive with bytes changed behind each record of this signature."""
    changed = bytearray(content)
    at = content.find(signature)
    while at >= 0:
        changed[at + offset : at + offset + len(value)] = value
        at = content.find(signature, at + 1)
    return bytes(changed)
