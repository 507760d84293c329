"""A master in another format: lengths in the unit of that format, upright, with the materials that it can hold."""

import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from designs.untrusted.geometry import Floats
from designs.untrusted.meshes import Model, Part, read_model
from designs.untrusted.refusal import Refusal

Progress = Callable[[str, float], None]

MILLIMETERS = {"um": 0.001, "mm": 1.0, "cm": 10.0, "in": 25.4, "ft": 304.8, "m": 1000.0}
"""Of a unit as designs.inspection names it. A file without units is taken as millimeters, as printers take it."""
_ROWS = 50_000
_TIME = (1980, 1, 1, 0, 0, 0)
_CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
_CONTENT_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/></Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rel0" Target="/3D/3dmodel.model" '
    'Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/></Relationships>'
)


def convert(request: dict[str, Any], target: str, progress: Progress) -> str:
    """Write the file in the wanted form to `target`; return its media type. Raises Refusal."""
    model = read_model(request)
    progress("read", 0.3)
    to_mm = MILLIMETERS.get(model.units, 1.0)
    if request["form"] == "glb":
        _write_glb(model, to_mm / 1000, target, progress)
        return "model/gltf-binary"
    parts = [
        Part(_upright(part.positions, model.up) * to_mm, part.faces, material=part.material) for part in model.parts
    ]
    if request["form"] == "stl":
        _write_stl(parts, target)
        return "model/stl"
    _write_3mf(parts, target, progress)
    return "model/3mf"


def _upright(positions: Floats, up: str) -> Floats:
    """With z up, as printers have it."""
    return positions if up == "z" else positions[:, [0, 2, 1]] * [1, -1, 1]


def _write_glb(model: Model, to_meters: float, target: str, progress: Progress) -> None:
    from designs.untrusted.glb_writer import encode_glb
    from designs.untrusted.shading import shaded

    for part in model.parts:
        part.positions = part.positions * to_meters
    parts = [part for part in (shaded(part) for part in model.parts) if part is not None]
    if not parts:
        raise Refusal("no_triangles")
    progress("shade", 0.7)
    Path(target).write_bytes(encode_glb(parts, up=model.up))


def _write_stl(parts: list[Part], target: str) -> None:
    """Binary STL. Its records have room for no more than a shape."""
    record = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
    with open(target, "wb") as stream:
        stream.write(b"written by Loomprint, lengths in millimeters".ljust(80))
        stream.write(struct.pack("<I", sum(len(part.faces) for part in parts)))
        for part in parts:
            for start in range(0, len(part.faces), _ROWS):
                corners = part.positions[part.faces[start : start + _ROWS]]
                normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
                length = np.linalg.norm(normals, axis=1, keepdims=True)
                records = np.zeros(len(corners), record)
                records["normal"] = normals / np.where(length > 0, length, 1)
                records["corners"] = corners
                stream.write(records.tobytes())


def _write_3mf(parts: list[Part], target: str, progress: Progress) -> None:
    """3MF core: an object and a base material for each part, in millimeters."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, text in (("[Content_Types].xml", _CONTENT_TYPES), ("_rels/.rels", _RELATIONS)):
            archive.writestr(zipfile.ZipInfo(name, _TIME), text, zipfile.ZIP_DEFLATED, 6)
        with archive.open(zipfile.ZipInfo("3D/3dmodel.model", _TIME), "w", force_zip64=True) as stream:
            _write_model(parts, stream, progress)  # type: ignore[arg-type]


def _write_model(parts: list[Part], stream: BinaryIO, progress: Progress) -> None:
    materials = "".join(
        f'<base name="part {number}" displaycolor="{_display_color(part.material.base_color)}"/>'
        for number, part in enumerate(parts, start=1)
    )
    head = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<model unit="millimeter" xml:lang="en-US" xmlns="{_CORE}"><resources>'
        f'<basematerials id="1">{materials}</basematerials>'
    )
    stream.write(head.encode())
    for number, part in enumerate(parts):
        stream.write(f'<object id="{number + 2}" type="model" pid="1" pindex="{number}"><mesh><vertices>'.encode())
        for rows in _blocks('<vertex x="%.9g" y="%.9g" z="%.9g"/>', part.positions):
            stream.write(rows)
        stream.write(b"</vertices><triangles>")
        faces = part.faces
        # A triangle of 3MF has three different corners.
        whole = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
        for rows in _blocks('<triangle v1="%d" v2="%d" v3="%d"/>', faces[whole]):
            stream.write(rows)
        stream.write(b"</triangles></mesh></object>")
        progress("write", 0.3 + 0.6 * (number + 1) / len(parts))
    items = "".join(f'<item objectid="{number + 2}"/>' for number in range(len(parts)))
    stream.write(f"</resources><build>{items}</build></model>".encode())


def _blocks(line: str, rows: Any) -> Iterator[bytes]:
    for start in range(0, len(rows), _ROWS):
        block = rows[start : start + _ROWS]
        yield (line * len(block) % tuple(block.reshape(-1).tolist())).encode()


def _display_color(linear: tuple[float, float, float]) -> str:
    """#RRGGBB in sRGB of a linear color."""
    values = np.clip(np.asarray(linear, dtype=np.float64), 0, 1)
    encoded = np.where(values <= 0.0031308, 12.92 * values, 1.055 * values ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(float(value) * 255):02X}" for value in encoded)
