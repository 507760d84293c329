"""Triangle solids and the two formats the programs write: GLB (meters, y up), binary STL (mm, z up)."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from manifold3d import Error, Manifold, Mesh
from numpy.typing import NDArray

Vectors = NDArray[np.float64]
Triangles = NDArray[np.int64]

# Codes of the glTF 2.0 specification, sections 3.6 and 5.1.
GLB_MAGIC, GLB_VERSION, CHUNK_JSON, CHUNK_BINARY = 0x46546C67, 2, 0x4E4F534A, 0x004E4942
FLOAT32, UINT32, ARRAY_BUFFER, ELEMENT_ARRAY_BUFFER = 5126, 5125, 34962, 34963


class NotSolidError(RuntimeError):
    """The triangles do not bound a solid: open, self-touching or turned inside out."""


@dataclass(frozen=True)
class Material:
    """A uniform surface: sRGB color as "#rrggbb", roughness and metalness from 0 to 1."""

    color: str
    roughness: float = 0.65
    metalness: float = 0.0

    def base_color(self) -> list[float]:
        """Linear RGBA, as glTF wants it (transfer function of IEC 61966-2-1)."""
        encoded = [int(self.color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in encoded]
        return [round(c, 5) for c in linear] + [1.0]


@dataclass(frozen=True)
class Solid:
    """Vertices (n, 3) in mm, z up, and triangles (m, 3) wound counter-clockwise seen from outside."""

    vertices: Vectors
    triangles: Triangles
    normals: Vectors | None = None

    def tidied(self, tolerance: float | None = None) -> Solid:
        """Check the solid and drop triangles that carry no shape: what is below `tolerance` mm is collapsed.

        Without a tolerance nothing is collapsed. Raises NotSolidError unless the result is a closed, oriented
        2-manifold of positive volume.
        """
        mesh = Mesh(
            np.ascontiguousarray(self.vertices, dtype=np.float32),
            np.ascontiguousarray(self.triangles, dtype=np.uint32),
        )
        manifold = Manifold(mesh)
        if manifold.status() != Error.NoError:
            raise NotSolidError(f"the surface is not closed: {manifold.status()}")
        if tolerance is not None:
            manifold = manifold.simplify(tolerance)
        if manifold.is_empty() or manifold.volume() <= 0:
            raise NotSolidError("the surface is turned inside out")
        if tolerance is None:
            return self
        result = manifold.to_mesh()
        return Solid(
            np.asarray(result.vert_properties[:, :3], dtype=np.float64),
            np.asarray(result.tri_verts, dtype=np.int64),
        )

    def with_normals(self, normals_at: Callable[[Vectors], Vectors]) -> Solid:
        """Attach exact unit normals, one a vertex."""
        return Solid(self.vertices, self.triangles, normals_at(self.vertices))

    def on_base(self) -> Solid:
        """Move the solid so that it stands on z = 0, centered over the origin."""
        lower, upper = self.vertices.min(axis=0), self.vertices.max(axis=0)
        origin = np.array([(lower[0] + upper[0]) / 2, (lower[1] + upper[1]) / 2, lower[2]])
        return Solid(self.vertices - origin, self.triangles, self.normals)

    def to_glb(self, name: str, material: Material, extras: Mapping[str, Any]) -> bytes:
        """Write glTF 2.0 binary: meters, y up, one primitive; `extras` stands in the asset header."""
        positions = _y_up(self.vertices * 0.001)
        arrays = [positions]
        attributes = {"POSITION": 0}
        if self.normals is not None:
            attributes["NORMAL"] = len(arrays)
            arrays.append(_y_up(self.normals))
        indices = self.triangles.astype("<u4")
        accessors: list[dict[str, Any]] = [
            {"bufferView": at, "componentType": FLOAT32, "count": len(array), "type": "VEC3"}
            for at, array in enumerate(arrays)
        ]
        accessors[0] |= {"min": positions.min(axis=0).tolist(), "max": positions.max(axis=0).tolist()}
        accessors.append({"bufferView": len(arrays), "componentType": UINT32, "count": indices.size, "type": "SCALAR"})
        parts = [array.tobytes() for array in (*arrays, indices)]
        views, offset = [], 0
        for part in parts:
            target = ELEMENT_ARRAY_BUFFER if part is parts[-1] else ARRAY_BUFFER
            views.append({"buffer": 0, "byteOffset": offset, "byteLength": len(part), "target": target})
            offset += len(part)
        primitive = {"attributes": attributes, "indices": len(arrays), "material": 0}
        document = {
            "asset": {"version": "2.0", "generator": "Loomprint generative programs", "extras": dict(extras)},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0, "name": name}],
            "meshes": [{"name": name, "primitives": [primitive]}],
            "materials": [
                {
                    "name": "surface",
                    "pbrMetallicRoughness": {
                        "baseColorFactor": material.base_color(),
                        "roughnessFactor": material.roughness,
                        "metallicFactor": material.metalness,
                    },
                }
            ],
            "accessors": accessors,
            "bufferViews": views,
            "buffers": [{"byteLength": offset}],
        }
        header = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
        header += b" " * (-len(header) % 4)
        total = 12 + 8 + len(header) + 8 + offset
        return b"".join(
            [
                struct.pack("<III", GLB_MAGIC, GLB_VERSION, total),
                struct.pack("<II", len(header), CHUNK_JSON),
                header,
                struct.pack("<II", offset, CHUNK_BINARY),
                *parts,
            ]
        )

    def to_stl(self, comment: str) -> bytes:
        """Write binary STL in mm, z up; `comment` (ASCII, at most 80 bytes) is the header."""
        corners = self.vertices.astype("<f4")[self.triangles]
        sides = corners.astype(np.float64)
        normals = np.cross(sides[:, 1] - sides[:, 0], sides[:, 2] - sides[:, 0])
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-30)
        records = np.zeros(len(corners), dtype=[("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
        records["normal"], records["corners"] = normals, corners
        header = comment.encode("ascii")[:80].ljust(80, b" ")
        # A reader takes a file that begins with "solid" for ASCII STL.
        if header.startswith(b"solid"):
            raise ValueError("a binary STL header must not begin with 'solid'")
        return header + struct.pack("<I", len(records)) + records.tobytes()


def flat_cap(edge: Vectors, first: int, added: int) -> tuple[Vectors, Triangles]:
    """Close a ring by rings of half as many vertices each, then a fan: no needle triangles.

    `first` is the index of the ring's first vertex, `added` that of the first new one. Faces look up.
    """
    center = edge.mean(axis=0)
    current, indices = edge, first + np.arange(len(edge))
    new_points, faces = [], []
    while len(current) >= 16 and len(current) % 2 == 0:
        smaller = center + (current[::2] - center) * 0.72
        inner = added + np.arange(len(smaller))
        even, odd, following = indices[::2], indices[1::2], np.roll(indices[::2], -1)
        after = np.roll(inner, -1)
        for corners in ((even, odd, inner), (odd, after, inner), (odd, following, after)):
            faces.append(np.stack(corners, axis=1))
        new_points.append(smaller)
        current, indices, added = smaller, inner, added + len(smaller)
    new_points.append(center[None])
    faces.append(np.stack([indices, np.roll(indices, -1), np.full(len(indices), added)], axis=1))
    return np.concatenate(new_points), np.concatenate(faces)


def _y_up(vectors: Vectors) -> NDArray[np.float32]:
    return np.ascontiguousarray(np.stack([vectors[:, 0], vectors[:, 2], -vectors[:, 1]], axis=1), dtype="<f4")
