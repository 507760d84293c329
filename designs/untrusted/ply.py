"""PLY, as text and binary in both byte orders, into one part, with colors of vertices or faces."""

import os
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designs.containers import ply_header
from designs.containers.errors import ContainerError
from designs.containers.ply_header import Element, PlyHeader
from designs.untrusted import numbers
from designs.untrusted.geometry import Corners, Floats, Indices
from designs.untrusted.meshes import Material, Model, Part
from designs.untrusted.polygons import opened
from designs.untrusted.refusal import Refusal

Values = NDArray[Any]
_SLACK_BYTES = 4
_COLORS = ("red", "green", "blue")
_BLOCK_BYTES = 4 * 1024 * 1024


@dataclass
class _Table:
    """The records of an element: a column for each value, and for each list its sizes and its items end to end."""

    columns: dict[str, Values]
    lists: dict[str, tuple[Indices, Values]]


def read_ply(path: str, *, max_triangles: int) -> Model:
    """Read a PLY. Up is taken to be +Z, and a unit is not known. Raises Refusal."""
    with open(path, "rb") as stream:
        head = stream.read(ply_header.MAX_HEADER_BYTES)
    try:
        header = ply_header.read_header(head)
        ply_header.check_header(header, os.path.getsize(path), max_triangles=max_triangles)
    except ContainerError as error:
        raise Refusal(error.code, **error.details) from error
    tables = _read_text(path, header) if header.encoding == "ascii" else _read_binary(path, header)
    vertices, faces = header.element("vertex"), header.element("face", "faces")
    assert vertices is not None
    assert faces is not None
    notes = ["texture_elsewhere"] if header.names_texture else []
    part = _part(tables[vertices.name], tables[faces.name], faces, max_triangles)
    return Model([part], up="z", units="unknown", notes=notes)


def _part(vertices: _Table, faces: _Table, element: Element, max_triangles: int) -> Part:
    single = all(vertices.columns[axis].dtype.newbyteorder("=") == np.float32 for axis in "xyz")
    positions = np.empty((len(vertices.columns["x"]), 3), np.float32 if single else np.float64)
    for place, axis in enumerate("xyz"):
        positions[:, place] = vertices.columns[axis]
    named = ply_header.corners_of(element)
    assert named is not None
    sizes, corners = faces.lists[named.name]
    if (sizes < 3).any():
        raise Refusal("unreadable", cause="a face has fewer than three corners")
    index = numbers.whole(corners, len(positions))
    if (sizes == 3).all():
        # As nearly every mesh is: the corners are the triangles, without a copy.
        triangles: Corners = index.reshape(-1, 3)
        polygon = np.arange(len(sizes))
    else:
        at, polygon = opened(index, sizes, positions[index].astype(np.float64), max_triangles=max_triangles)
        triangles = index[at]
    colors = _colors(vertices)
    if colors is None:
        of_faces = _colors(faces)
        if of_faces is not None:
            positions = positions[triangles.reshape(-1)]
            colors = np.repeat(of_faces[polygon], 3, axis=0)
            triangles = np.arange(len(positions)).reshape(-1, 3)
    part = Part(positions, triangles, colors=colors)
    if colors is not None:
        part.material = Material(base_color=(1.0, 1.0, 1.0), stated=True)
    return part


def _colors(table: _Table) -> Floats | None:
    if not all(name in table.columns for name in _COLORS):
        return None
    given = np.stack([table.columns[name] for name in _COLORS], axis=1)
    scale = 1.0 if given.dtype.kind == "f" else float(np.iinfo(given.dtype).max)
    values = given.astype(np.float64) / scale
    if not np.isfinite(values).all():
        raise Refusal("not_finite")
    return numbers.linear(values)


def _read_text(path: str, header: PlyHeader) -> dict[str, _Table]:
    blocks = []
    with open(path, "rb") as stream:
        stream.seek(header.length)
        rest = b""
        while block := stream.read(_BLOCK_BYTES):
            text, line_end, rest = (rest + block).rpartition(b"\n")
            if not line_end and len(rest) > 2 * _BLOCK_BYTES:
                raise Refusal("unreadable", cause="a line is too long")
            blocks.append(numbers.parsed(text))
        blocks.append(numbers.parsed(rest))
    values = np.concatenate(blocks)
    tables = {}
    for element in header.elements:
        tables[element.name], used = _text_table(element, values)
        values = values[used:]
    if len(values):
        raise Refusal("size_mismatch")
    return tables


def _text_table(element: Element, values: Floats) -> tuple[_Table, int]:
    widths = []
    place = 0
    for each in element.properties:
        # The first record tells how long the lists are; records that differ are read one by one.
        length = 1 if each.count_type is None else 1 + _length(values, place)
        widths.append(length)
        place += length
    if element.count * place <= len(values):
        grid = values[: element.count * place].reshape(element.count, place)
        starts = np.cumsum([0, *widths[:-1]])
        counted = [(s, w - 1) for s, w, each in zip(starts, widths, element.properties, strict=True) if each.count_type]
        if all((grid[:, start] == width).all() for start, width in counted):
            table = _Table({}, {})
            for each, start, width in zip(element.properties, starts, widths, strict=True):
                if each.count_type is None:
                    table.columns[each.name] = _typed(grid[:, start], each.type)
                else:
                    sizes = np.full(element.count, width - 1, np.int64)
                    table.lists[each.name] = (sizes, grid[:, start + 1 : start + width].reshape(-1))
            return table, element.count * place
    return _uneven_text(element, values)


def _typed(values: Floats, kind: str) -> Values:
    """Numbers in the type that the head states: a color's scale hangs on it."""
    if kind[0] == "f":
        return values
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    if not np.isfinite(values).all() or (len(values) and (values.min() < low or values.max() > high)):
        raise Refusal("unreadable", cause="a number does not fit its type")
    return values.astype(kind)


def _length(values: Floats, place: int) -> int:
    if place >= len(values):
        raise Refusal("truncated")
    length = values[place]
    if not 0 <= length <= len(values) or length != int(length):
        raise Refusal("unreadable", cause="a list has no whole length")
    return int(length)


def _uneven_text(element: Element, values: Floats) -> tuple[_Table, int]:
    columns: dict[str, list[float]] = {each.name: [] for each in element.properties if each.count_type is None}
    sizes: dict[str, list[int]] = {each.name: [] for each in element.properties if each.count_type}
    items: dict[str, list[Floats]] = {name: [] for name in sizes}
    place = 0
    for _record in range(element.count):
        for each in element.properties:
            if each.count_type is None:
                if place >= len(values):
                    raise Refusal("truncated")
                columns[each.name].append(values[place])
                place += 1
                continue
            length = _length(values, place)
            if place + 1 + length > len(values):
                raise Refusal("truncated")
            sizes[each.name].append(length)
            items[each.name].append(values[place + 1 : place + 1 + length])
            place += 1 + length
    types = {each.name: each.type for each in element.properties}
    return (
        _Table(
            {name: _typed(np.array(column, np.float64), types[name]) for name, column in columns.items()},
            {name: (np.array(sizes[name], np.int64), np.concatenate(items[name] or [np.empty(0)])) for name in sizes},
        ),
        place,
    )


def _read_binary(path: str, header: PlyHeader) -> dict[str, _Table]:
    data = np.fromfile(path, dtype=np.uint8)[header.length :]
    tables = {}
    for element in header.elements:
        table, used = _binary_table(element, data, header.encoding)
        tables[element.name] = table
        data = data[used:]
    # Some programs end the file as they would end a text.
    if len(data) > _SLACK_BYTES:
        raise Refusal("size_mismatch")
    return tables


def _binary_table(element: Element, data: Values, order: str) -> tuple[_Table, int]:
    if element.count == 0 or not element.properties:
        return _Table({}, {each.name: (np.empty(0, np.int64), np.empty(0)) for each in element.properties}), 0
    fields: list[Any] = []
    widths = []
    place = 0
    for number, each in enumerate(element.properties):
        width = 1
        if each.count_type is not None:
            width = _first(data, place, order + each.count_type)
            fields.append((f"count{number}", order + each.count_type))
            place += int(each.count_type[1])
        widths.append(width)
        fields.append((f"value{number}", order + each.type, (width,)))
        place += width * int(each.type[1])
    record = np.dtype(fields)
    if element.count * record.itemsize <= len(data):
        rows = data[: element.count * record.itemsize].view(record)
        lists = [(n, w) for n, (w, each) in enumerate(zip(widths, element.properties, strict=True)) if each.count_type]
        if all((rows[f"count{number}"] == width).all() for number, width in lists):
            table = _Table({}, {})
            for number, (each, width) in enumerate(zip(element.properties, widths, strict=True)):
                values = rows[f"value{number}"].reshape(-1)
                if each.count_type is None:
                    table.columns[each.name] = values
                else:
                    table.lists[each.name] = (np.broadcast_to(np.int64(width), element.count), values)
            return table, element.count * record.itemsize
    return _uneven_binary(element, data.tobytes(), order)


def _first(data: Values, place: int, kind: str) -> int:
    size = np.dtype(kind).itemsize
    if place + size > len(data):
        raise Refusal("truncated")
    count = int(data[place : place + size].view(kind)[0])
    if count < 0 or count > len(data):
        raise Refusal("truncated")
    return count


def _uneven_binary(element: Element, data: bytes, order: str) -> tuple[_Table, int]:
    columns: dict[str, list[float]] = {each.name: [] for each in element.properties if each.count_type is None}
    sizes: dict[str, list[int]] = {each.name: [] for each in element.properties if each.count_type}
    items: dict[str, list[float]] = {name: [] for name in sizes}
    letters = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "f4": "f", "f8": "d"}
    place = 0
    try:
        for _record in range(element.count):
            for each in element.properties:
                length = 1
                if each.count_type is not None:
                    (length,) = struct.unpack_from(order + letters[each.count_type], data, place)
                    place += int(each.count_type[1])
                    if length < 0 or place + length * int(each.type[1]) > len(data):
                        raise Refusal("truncated")
                    sizes[each.name].append(length)
                values = struct.unpack_from(f"{order}{length}{letters[each.type]}", data, place)
                (items if each.count_type else columns)[each.name].extend(values)
                place += length * int(each.type[1])
    except struct.error as error:
        raise Refusal("truncated") from error
    types = {each.name: each.type for each in element.properties}
    return (
        _Table(
            {name: np.array(column, types[name]) for name, column in columns.items()},
            {name: (np.array(sizes[name], np.int64), np.array(items[name], np.float64)) for name in sizes},
        ),
        place,
    )
