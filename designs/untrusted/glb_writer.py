"""Shaded parts as a GLB: one mesh, positions and normals as they are."""

import io
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designs.untrusted.geometry import Floats
from designs.untrusted.meshes import Material
from designs.untrusted.shading import ShadedPart

FLOAT, UINT16, UINT32 = 5126, 5123, 5125
VERTICES, INDICES = 34962, 34963
# z up, as STL has it, to y up, as glTF wants it: on the node, so that the coordinates stay those of the file.
Z_UP_TO_Y_UP: list[float] = [1, 0, 0, 0, 0, 0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 1]


def encode_glb(parts: list[ShadedPart], *, up: str) -> bytes:
    """A GLB (glTF 2.0) with one mesh, and one primitive and one material for each part."""
    writer = Writer()
    return writer.glb([writer.primitive(part) for part in parts], Z_UP_TO_Y_UP if up == "z" else None)


class Writer:
    """Collects accessors, materials and textures, and the bytes they lie in."""

    def __init__(self) -> None:
        self.binary = bytearray()
        self.document: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("bufferViews", "accessors", "materials", "textures", "images", "samplers")
        }

    def primitive(self, part: ShadedPart) -> dict[str, Any]:
        """Write one part and return its primitive."""
        single = part.positions.astype(np.float32)
        position = self._accessor(single, "VEC3", FLOAT, VERTICES)
        # Bounds are those of the numbers as written: a validator compares them exactly.
        self.document["accessors"][position]["min"] = [float(value) for value in single.min(axis=0)]
        self.document["accessors"][position]["max"] = [float(value) for value in single.max(axis=0)]
        attributes = {
            "POSITION": position,
            "NORMAL": self._accessor(unit(part.normals), "VEC3", FLOAT, VERTICES),
        }
        if part.colors is not None:
            attributes["COLOR_0"] = self._accessor(part.colors.astype(np.float32), "VEC3", FLOAT, VERTICES)
        if part.uv is not None:
            # Texture coordinates count from the top in glTF and from the bottom in what we read.
            flipped = np.stack([part.uv[:, 0], 1 - part.uv[:, 1]], axis=1).astype(np.float32)
            attributes["TEXCOORD_0"] = self._accessor(flipped, "VEC2", FLOAT, VERTICES)
        kind, component = (np.uint16, UINT16) if len(single) < 0xFFFF else (np.uint32, UINT32)
        indices = self._accessor(part.faces.reshape(-1).astype(kind), "SCALAR", component, INDICES)
        return {"attributes": attributes, "indices": indices, "material": self.material(part.material)}

    def glb(self, primitives: list[dict[str, Any]], matrix: list[float] | None) -> bytes:
        """The whole file, of these primitives under one node."""
        node: dict[str, Any] = {"mesh": 0}
        if matrix:
            node["matrix"] = matrix
        document = {
            "asset": {"version": "2.0", "generator": "Loomprint"},
            **self.extensions(),
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [node],
            "meshes": [{"primitives": primitives}],
            **self.document,
        }
        document["buffers"] = self.buffers()
        text = json.dumps({key: value for key, value in document.items() if value}, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 4)
        chunks = _chunk(b"JSON", text) + _chunk(b"BIN\x00", bytes(self.binary))
        return b"glTF" + _uint32(2) + _uint32(12 + len(chunks)) + chunks

    def extensions(self) -> dict[str, Any]:
        return {}

    def buffers(self) -> list[dict[str, Any]]:
        return [{"byteLength": len(self.binary)}]

    def _accessor(self, values: NDArray[Any], kind: str, component: int, target: int) -> int:
        view = self._view(values.tobytes(), target)
        self.add("accessors", bufferView=view, componentType=component, count=len(values), type=kind)
        return len(self.document["accessors"]) - 1

    def _view(self, data: bytes, target: int | None = None) -> int:
        start = len(self.binary)
        self.binary += data + b"\x00" * (-len(data) % 4)
        place = {"buffer": 0, "byteOffset": start, "byteLength": len(data)}
        return self.add("bufferViews", **place, **({"target": target} if target else {}))

    def material(self, material: Material) -> int:
        surface: dict[str, Any] = {
            "baseColorFactor": [*(round(value, 6) for value in material.base_color), 1],
            "metallicFactor": material.metallic,
            "roughnessFactor": material.roughness,
        }
        if material.texture is not None:
            encoded = io.BytesIO()
            material.texture.save(encoded, "JPEG", quality=88)
            image = self.add("images", bufferView=self._view(encoded.getvalue()), mimeType="image/jpeg")
            surface["baseColorTexture"] = {"index": self.add("textures", source=image)}
        return self.add("materials", pbrMetallicRoughness=surface, doubleSided=True)

    def add(self, name: str, **content: Any) -> int:
        self.document[name].append(content)
        return len(self.document[name]) - 1


def unit(normals: Floats) -> NDArray[np.float32]:
    single = normals.astype(np.float32)
    length = np.linalg.norm(single, axis=1, keepdims=True)
    unit: NDArray[np.float32] = np.where(length > 0, single / np.where(length > 0, length, 1), [0, 0, 1]).astype(
        np.float32
    )
    return unit


def _chunk(kind: bytes, data: bytes) -> bytes:
    return _uint32(len(data)) + kind + data


def _uint32(value: int) -> bytes:
    return value.to_bytes(4, "little")
