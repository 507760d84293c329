"""Small real files, made on the spot, and ways to break them."""

import io
import json
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

CUBE_CORNERS = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], dtype=np.float32)
CUBE_FACES = np.array(
    [
        [0, 2, 1], [1, 2, 3], [4, 5, 6], [5, 7, 6], [0, 1, 4], [1, 5, 4],
        [2, 6, 3], [3, 6, 7], [0, 4, 2], [2, 4, 6], [1, 3, 5], [3, 7, 5],
    ]
)  # fmt: skip


def image_bytes(form: str = "PNG", *, size: tuple[int, int] = (64, 48), mode: str = "RGB", **options: Any) -> bytes:
    """A gradient, so that it compresses like a picture and not like a plain color."""
    gradient = np.linspace(0, 255, size[0] * size[1]).astype(np.uint8).reshape(size[1], size[0])
    encoded = io.BytesIO()
    Image.fromarray(gradient).convert(mode).save(encoded, form, **options)
    return encoded.getvalue()


def binary_stl(triangles: np.ndarray | None = None, *, header: bytes = b"made for a test") -> bytes:
    """Triangles (F, 3, 3) as binary STL; a cube of 10 × 20 × 30 if none are given."""
    if triangles is None:
        triangles = (CUBE_CORNERS * [10, 20, 30])[CUBE_FACES]
    records = b"".join(
        struct.pack("<12fH", 0, 0, 0, *np.asarray(triangle, dtype=np.float32).reshape(-1), 0) for triangle in triangles
    )
    return header.ljust(80, b" ")[:80] + struct.pack("<I", len(triangles)) + records


def ascii_stl(triangles: np.ndarray | None = None, *, name: str = "cube") -> bytes:
    """Triangles as ASCII STL; a cube of 10 × 20 × 30 if none are given."""
    if triangles is None:
        triangles = (CUBE_CORNERS * [10, 20, 30])[CUBE_FACES]
    facets = [
        "facet normal 0 0 0\n  outer loop\n"
        + "".join("    vertex {:.6e} {:.6e} {:.6e}\n".format(*corner) for corner in triangle)
        + "  endloop\nendfacet\n"
        for triangle in triangles
    ]
    return f"solid {name}\n{''.join(facets)}endsolid {name}\n".encode()


def glb_document() -> tuple[dict[str, Any], bytes]:
    """The JSON and the binary chunk of a cube with an edge of 1 m and a red base color."""
    positions = CUBE_CORNERS.tobytes()
    indices = CUBE_FACES.astype(np.uint16).tobytes()
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "material": 0}]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorFactor": [1.0, 0.0, 0.0, 1.0]}}],
        "accessors": [
            {
                "bufferView": 0, "componentType": 5126, "count": 8, "type": "VEC3",
                "min": [0, 0, 0], "max": [1, 1, 1],
            },
            {"bufferView": 1, "componentType": 5123, "count": 36, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": len(positions)},
            {"buffer": 0, "byteOffset": len(positions), "byteLength": len(indices)},
        ],
        "buffers": [{"byteLength": len(positions) + len(indices)}],
    }  # fmt: skip
    return document, positions + indices


def glb_bytes(document: dict[str, Any] | None = None, binary: bytes | None = None) -> bytes:
    """A GLB of this JSON and binary chunk; the cube where they are not given."""
    cube, data = glb_document()
    text = json.dumps(document or cube).encode()
    text += b" " * (-len(text) % 4)
    data = data if binary is None else binary
    data += b"\x00" * (-len(data) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(data), b"BIN\x00") + data
    return b"glTF" + struct.pack("<II", 2, 12 + len(chunks)) + chunks


def _cube_or(corners: np.ndarray | None, faces: Sequence[Any] | None) -> tuple[np.ndarray, Sequence[Any]]:
    return (
        CUBE_CORNERS * [10, 20, 30] if corners is None else np.asarray(corners),
        CUBE_FACES.tolist() if faces is None else faces,
    )


def _ply_head(encoding: str, vertices: int, faces: int, *, colored: bool, count: str = "uchar") -> bytes:
    colors = "property uchar red\nproperty uchar green\nproperty uchar blue\n" if colored else ""
    return (
        f"ply\nformat {encoding} 1.0\nelement vertex {vertices}\n"
        f"property float x\nproperty float y\nproperty float z\n{colors}"
        f"element face {faces}\nproperty list {count} int vertex_indices\nend_header\n"
    ).encode()


def ply_text(
    corners: np.ndarray | None = None, faces: Sequence[Any] | None = None, colors: Sequence[Any] | None = None
) -> bytes:
    """PLY as text: a cube of 10 × 20 × 30 where nothing else is given."""
    corners, faces = _cube_or(corners, faces)
    lines = [
        " ".join(str(value) for value in [*corner, *(colors[index] if colors else [])])
        for index, corner in enumerate(corners.tolist())
    ]
    lines += [" ".join(str(value) for value in [len(face), *face]) for face in faces]
    head = _ply_head("ascii", len(corners), len(faces), colored=bool(colors))
    return head + "".join(f"{line}\n" for line in lines).encode()


def ply_binary(
    corners: np.ndarray | None = None,
    faces: Sequence[Any] | None = None,
    colors: Sequence[Any] | None = None,
    *,
    order: str = "<",
    count: str = "uchar",
) -> bytes:
    """Binary PLY of either byte order: a cube of 10 × 20 × 30 where nothing else is given."""
    corners, faces = _cube_or(corners, faces)
    encoding = "binary_little_endian" if order == "<" else "binary_big_endian"
    letter = {"uchar": "B", "uint": "I"}[count]
    records = b"".join(
        struct.pack(f"{order}3f", *corner) + bytes(colors[index] if colors else [])
        for index, corner in enumerate(corners.tolist())
    )
    records += b"".join(struct.pack(f"{order}{letter}{len(face)}i", len(face), *face) for face in faces)
    return _ply_head(encoding, len(corners), len(faces), colored=bool(colors), count=count) + records


def off_text(
    corners: np.ndarray | None = None,
    faces: Sequence[Any] | None = None,
    colors: Sequence[Any] | None = None,
    paint: bytes = b"",
) -> bytes:
    """OFF: a cube of 10 × 20 × 30 where nothing else is given. `paint` stands behind each face."""
    corners, faces = _cube_or(corners, faces)
    lines = [
        " ".join(str(value) for value in [*corner, *(colors[index] if colors else [])])
        for index, corner in enumerate(corners.tolist())
    ]
    lines += [" ".join(str(value) for value in [len(face), *face]) + paint.decode() for face in faces]
    head = f"{'C' if colors else ''}OFF\n{len(corners)} {len(faces)} 0\n"
    return (head + "".join(f"{line}\n" for line in lines)).encode()
