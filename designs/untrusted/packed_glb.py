"""Shaded parts as a GLB for the browser: on a grid of 16,384 steps (KHR_mesh_quantization), and packed
(EXT_meshopt_compression)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from designs.untrusted.geometry import Floats
from designs.untrusted.glb_writer import FLOAT, INDICES, UINT16, UINT32, VERTICES, Z_UP_TO_Y_UP, Writer, unit
from designs.untrusted.meshopt import encode_attributes, encode_triangles
from designs.untrusted.shading import ShadedPart
from designs.untrusted.strips import in_strips

_INT8 = 5120
_STEPS = (1 << 14) - 1
"""Along the longest side: less than a pixel on any screen, and what gltfpack takes unless told otherwise."""
_TURNS = 127
_PACKED = "EXT_meshopt_compression"


def encode_packed_glb(parts: list[ShadedPart], *, up: str) -> bytes:
    """As glb_writer.encode_glb, to be read with both extensions. Vertices lie within half a step of where they were."""
    low = np.min([part.positions.min(axis=0) for part in parts], axis=0)
    high = np.max([part.positions.max(axis=0) for part in parts], axis=0)
    # One step for all axes and parts: normals keep their angles, and parts that touch still do.
    step = float((high - low).max()) / _STEPS or 1.0
    writer = _PackedWriter(low, step)
    primitives = [writer.primitive(part) for part in parts]
    place = np.diag([step, step, step, 1.0])
    place[:3, 3] = low
    if up == "z":
        place = np.array(Z_UP_TO_Y_UP, float).reshape(4, 4).T @ place
    return writer.glb(primitives, [float(value) for value in place.T.reshape(-1)])


class _PackedWriter(Writer):
    def __init__(self, low: Floats, step: float) -> None:
        super().__init__()
        self._low, self._step = low, step
        self._unpacked = 0

    def primitive(self, part: ShadedPart) -> dict[str, Any]:
        faces, kept = in_strips(part.faces, len(part.positions))
        places = np.rint((part.positions[kept] - self._low) / self._step).clip(0, _STEPS).astype(np.uint16)
        turns = np.rint(unit(part.normals[kept]) * _TURNS).astype(np.int8)
        position = self._rows(_padded(places), "VEC3", UINT16)
        self.document["accessors"][position]["min"] = places.min(axis=0).tolist()
        self.document["accessors"][position]["max"] = places.max(axis=0).tolist()
        attributes = {"POSITION": position, "NORMAL": self._rows(_padded(turns), "VEC3", _INT8, normalized=True)}
        if part.colors is not None:
            colors = np.rint(part.colors[kept].clip(0, 1) * 0xFFFF).astype(np.uint16)
            attributes["COLOR_0"] = self._rows(_padded(colors), "VEC3", UINT16, normalized=True)
        if part.uv is not None:
            # Texture coordinates count from the top in glTF and from the bottom in what we read.
            uv = part.uv[kept]
            flipped = np.stack([uv[:, 0], 1 - uv[:, 1]], axis=1).astype(np.float32)
            attributes["TEXCOORD_0"] = self._rows(flipped, "VEC2", FLOAT)
        size, component = (2, UINT16) if len(kept) < 0xFFFF else (4, UINT32)
        view = self._packed(encode_triangles(faces), "TRIANGLES", faces.size, size, INDICES)
        indices = self.add("accessors", bufferView=view, componentType=component, count=faces.size, type="SCALAR")
        return {"attributes": attributes, "indices": indices, "material": self.material(part.material)}

    def extensions(self) -> dict[str, Any]:
        names = [_PACKED, "KHR_mesh_quantization"]
        return {"extensionsUsed": names, "extensionsRequired": names}

    def buffers(self) -> list[dict[str, Any]]:
        # The second one has no bytes: it is what the first one becomes.
        unpacked = {"byteLength": self._unpacked, "extensions": {_PACKED: {"fallback": True}}}
        return [*super().buffers(), unpacked]

    def _rows(self, rows: NDArray[Any], kind: str, component: int, **more: Any) -> int:
        view = self._packed(encode_attributes(rows), "ATTRIBUTES", len(rows), rows[0].nbytes, VERTICES)
        return self.add("accessors", bufferView=view, componentType=component, count=len(rows), type=kind, **more)

    def _packed(self, data: bytes, mode: str, count: int, stride: int, target: int) -> int:
        start = len(self.binary)
        self.binary += data + b"\x00" * (-len(data) % 4)
        packed: dict[str, Any] = {"buffer": 0, "byteOffset": start, "byteLength": len(data)}
        view: dict[str, Any] = {"buffer": 1, "byteOffset": self._unpacked, "byteLength": count * stride}
        if target == VERTICES:
            view["byteStride"] = stride
        self._unpacked += count * stride + -(count * stride) % 4
        packed |= {"byteStride": stride, "count": count, "mode": mode}
        return self.add("bufferViews", **view, target=target, extensions={_PACKED: packed})


def _padded(rows: NDArray[Any]) -> NDArray[Any]:
    """Three columns and an empty fourth: rows of a multiple of four bytes, as glTF wants them."""
    return np.concatenate([rows, np.zeros((len(rows), 1), rows.dtype)], axis=1)
