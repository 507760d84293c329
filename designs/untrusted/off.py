"""OFF as text into one part, with colors of vertices or faces."""

import os
import re

import numpy as np

from designs.containers import off_header
from designs.containers.errors import ContainerError
from designs.untrusted import numbers
from designs.untrusted.geometry import Corners, Floats
from designs.untrusted.meshes import Material, Model, Part
from designs.untrusted.polygons import opened
from designs.untrusted.refusal import Refusal

_COMMENT = re.compile(rb"#[^\r\n]*")
_HEAD_BYTES = 4096


def read_off(path: str, *, max_triangles: int) -> Model:
    """Read an OFF. Up is taken to be +Z, and a unit is not known. Raises Refusal."""
    with open(path, "rb") as stream:
        text = stream.read()
    try:
        header = off_header.read_header(text[:_HEAD_BYTES])
        off_header.check_header(header, os.path.getsize(path), max_triangles=max_triangles)
    except ContainerError as error:
        raise Refusal(error.code, **error.details) from error
    lines = [line for line in _COMMENT.sub(b"", text[header.length :]).splitlines() if not line.isspace() and line]
    del text
    if len(lines) < header.vertices + header.faces:
        raise Refusal("truncated")
    if len(lines) > header.vertices + header.faces:
        raise Refusal("size_mismatch")
    rows = _rows(lines[: header.vertices])
    normals = 3 if header.has_normals else 0
    if rows.shape[1] < 3 + normals + (3 if header.has_colors else 0):
        raise Refusal("unreadable", cause="a vertex has too few numbers")
    positions = rows[:, :3]
    colors = _scaled(rows[:, 3 + normals : 6 + normals]) if header.has_colors else None
    part = _part(positions, colors, lines[header.vertices :], max_triangles)
    return Model([part], up="z", units="unknown")


def _part(positions: Floats, colors: Floats | None, lines: list[bytes], max_triangles: int) -> Part:
    polygons = [line.split() for line in lines]
    try:
        sizes = np.array([int(words[0]) for words in polygons], np.int64)
    except (ValueError, OverflowError) as error:  # the second for more corners than any face has
        raise Refusal("unreadable", cause="a face has no whole number of corners") from error
    if (sizes < 1).any():
        raise Refusal("unreadable", cause="a face has no corners")
    if any(len(words) <= size for words, size in zip(polygons, sizes.tolist(), strict=True)):
        raise Refusal("truncated")
    corners = b" ".join(b" ".join(words[1 : size + 1]) for words, size in zip(polygons, sizes.tolist(), strict=True))
    index = numbers.whole(numbers.parsed(corners), len(positions))
    at, polygon = opened(index, sizes, positions[index], max_triangles=max_triangles)
    triangles: Corners = index[at]
    if colors is None:
        # Three or four numbers behind the corners are a color; one is a place in a map that the file does not have.
        painted = [
            words[size + 1 : size + 4] if len(words) - size in (4, 5) else None
            for words, size in zip(polygons, sizes.tolist(), strict=True)
        ]
        if all(words is not None for words in painted):
            of_faces = _scaled(numbers.parsed(b" ".join(b" ".join(words or []) for words in painted)).reshape(-1, 3))
            positions = positions[triangles.reshape(-1)]
            colors = np.repeat(of_faces[polygon], 3, axis=0)
            triangles = np.arange(len(positions)).reshape(-1, 3)
    part = Part(positions, triangles, colors=colors)
    if colors is not None:
        part.material = Material(base_color=(1.0, 1.0, 1.0), stated=True)
    return part


def _rows(lines: list[bytes]) -> Floats:
    width = len(lines[0].split())
    values = numbers.parsed(b"\n".join(lines))
    if width < 3 or len(values) != width * len(lines):
        raise Refusal("unreadable", cause="vertices have different numbers of values")
    return values.reshape(-1, width)


def _scaled(given: Floats) -> Floats:
    """Colors from 0 to 255 or from 0 to 1: the format allows both and marks neither."""
    if not np.isfinite(given).all():
        raise Refusal("not_finite")
    return numbers.linear(given / 255 if given.size and given.max() > 1 else given)
