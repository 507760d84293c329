"""What a browser makes of a viewer's model: unpacked by three.js's own decoder, and in the file's coordinates again."""

import base64
import json
import struct
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from designs.tests.node_programs import said_by_frontend

PACKED = "EXT_meshopt_compression"
KINDS = {5120: np.int8, 5122: np.int16, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}
View = tuple[bytes, int, int, str]


def read_glb(path: Path) -> tuple[dict[str, Any], bytes]:
    """The document and the binary chunk as they are in the file."""
    content = path.read_bytes()
    assert struct.unpack("<4sII", content[:12]) == (b"glTF", 2, len(content))
    length = struct.unpack("<I", content[12:16])[0]
    return json.loads(content[20 : 20 + length]), content[28 + length :]


def unpacked(views: list[View]) -> list[bytes]:
    """Packed views (bytes, count, stride, mode) as the browser's decoder reads them."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as told:
        json.dump([(base64.b64encode(data).decode(), *rest) for data, *rest in views], told)
        told.flush()
        return [base64.b64decode(one) for one in json.loads(said_by_frontend("unpack.mjs", told.name))]


class ViewerModel:
    """A model with `document`, and `values` of each accessor by its number, as stored."""

    def __init__(self, path: Path) -> None:
        self.document, binary = read_glb(path)
        self.is_packed = PACKED in self.document.get("extensionsRequired", [])
        views = self.document["bufferViews"]
        packed = [view["extensions"][PACKED] for view in views if PACKED in view.get("extensions", {})]
        plain = iter(
            unpacked(
                [
                    (binary[one["byteOffset"] :][: one["byteLength"]], one["count"], one["byteStride"], one["mode"])
                    for one in packed
                ]
            )
            if packed
            else []
        )
        contents = [
            next(plain) if PACKED in view.get("extensions", {}) else binary[view["byteOffset"] :][: view["byteLength"]]
            for view in views
        ]
        self.values = [self._values(one, contents[one["bufferView"]]) for one in self.document["accessors"]]

    def _values(self, accessor: dict[str, Any], data: bytes) -> np.ndarray:
        rows = np.frombuffer(data, KINDS[accessor["componentType"]]).reshape(accessor["count"], -1)
        return rows[:, : WIDTHS[accessor["type"]]]

    def positions(self, primitive: int = 0) -> np.ndarray:
        """In the file's coordinates: the node's matrix without the turn from z up to y up."""
        stored = self.values[self._primitive(primitive)["attributes"]["POSITION"]]
        if not self.is_packed:
            return stored
        placed = np.c_[stored, np.ones(len(stored))] @ np.reshape(self.document["nodes"][0]["matrix"], (4, 4))
        turned = np.abs(np.reshape(self.document["nodes"][0]["matrix"], (4, 4))[1, 1]) < 1e-12
        return placed[:, [0, 2, 1]] * [1, -1, 1] if turned else placed[:, :3]

    def normals(self, primitive: int = 0) -> np.ndarray:
        stored = self.values[self._primitive(primitive)["attributes"]["NORMAL"]]
        return stored / 127 if stored.dtype == np.int8 else stored

    def faces(self, primitive: int = 0) -> np.ndarray:
        return self.values[self._primitive(primitive)["indices"]].astype(np.int64).reshape(-1, 3)

    def _primitive(self, number: int) -> dict[str, Any]:
        return self.document["meshes"][0]["primitives"][number]
