"""OBJ, alone or in a ZIP with its materials and textures, into one part for each material."""

import io
import posixpath
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from designs.containers import model_archive
from designs.containers.errors import ContainerError
from designs.untrusted import numbers, textures
from designs.untrusted.bundle import Bundle
from designs.untrusted.geometry import Floats, Indices
from designs.untrusted.gltf import beside
from designs.untrusted.meshes import Material, Model, Part
from designs.untrusted.polygons import opened
from designs.untrusted.refusal import Refusal

MAX_MATERIALS = 1000
MAX_MATERIAL_BYTES = 4 * 1024 * 1024
MAX_LINE_BYTES = 1024 * 1024
_NONE = -1
_PLAIN = Material()


@dataclass
class _Statements:
    """What the lines of an OBJ say. Faces end to end: `corners` has place and texture place of each, from 0."""

    places: list[bytes] = field(default_factory=list)
    texture_places: list[bytes] = field(default_factory=list)
    corners: "array[int]" = field(default_factory=lambda: array("q"))
    sizes: "array[int]" = field(default_factory=lambda: array("q"))
    worn: "array[int]" = field(default_factory=lambda: array("q"))
    materials: list[str] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)


def read_obj(path: str, *, zipped: bool, max_triangles: int, max_pixels: int) -> Model:
    """Read an OBJ. Up is taken to be +Y, as most programs write it, and a unit is not known. Raises Refusal."""
    if not zipped:
        with open(path, "rb") as stream:
            stated = _statements(iter(lambda: stream.read(1 << 18), b""), max_triangles)
        notes = ["texture_elsewhere"] if stated.libraries else []
        return Model(_parts(stated, {}, max_triangles), up="y", units="unknown", notes=notes)
    with Bundle(path) as bundle:
        try:
            name, _form = model_archive.find_model(bundle.names)
        except ContainerError as error:
            raise Refusal(error.code, **error.details) from error
        stated = _statements(bundle.pieces(name), max_triangles)
        materials: dict[str, Material] = {}
        for library in dict.fromkeys(stated.libraries):
            materials |= _materials(library, bundle, posixpath.dirname(name), max_pixels)
        return Model(_parts(stated, materials, max_triangles), up="y", units="unknown")


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        # A backslash at the end of a line goes on with the next; one at the end of a piece waits for it.
        text = (rest + piece).replace(b"\\\r\n", b" ").replace(b"\\\n", b" ")
        *lines, rest = text.split(b"\n")
        if len(rest) > MAX_LINE_BYTES:
            raise Refusal("unreadable", cause="a line is too long")
        yield from lines
    yield rest


def _statements(pieces: Iterable[bytes], max_triangles: int) -> _Statements:
    stated = _Statements()
    material = _NONE
    known: dict[str, int] = {}
    triangles = 0
    for line in _lines(pieces):
        if line[:2] == b"v ":
            stated.places.append(line[2:])
            if len(stated.places) > 3 * max_triangles:
                raise Refusal("too_many_triangles", max_triangles=max_triangles)
            continue
        word, _blank, rest = line.strip().replace(b"\t", b" ").partition(b" ")
        if word == b"f":
            size = _face(rest, stated)
            if size < 3:
                raise Refusal("unreadable", cause="a face has fewer than three corners")
            triangles += max(0, size - 2)
            stated.sizes.append(size)
            stated.worn.append(material)
            if triangles > max_triangles:
                raise Refusal("too_many_triangles", max_triangles=max_triangles)
        elif word == b"v":
            stated.places.append(rest)
        elif word == b"vt":
            stated.texture_places.append(rest)
            if len(stated.texture_places) > 3 * max_triangles:
                raise Refusal("too_many_triangles", max_triangles=max_triangles)
        elif word == b"usemtl":
            name = rest.strip().decode("utf-8", "replace")
            if name not in known:
                if len(known) >= MAX_MATERIALS:
                    raise Refusal("too_many_parts", max_parts=MAX_MATERIALS)
                known[name] = len(stated.materials)
                stated.materials.append(name)
            material = known[name]
        elif word == b"mtllib":
            stated.libraries.append(rest.strip().decode("utf-8", "replace"))
    return stated


def _face(text: bytes, stated: _Statements) -> int:
    """Append a face's corners; return how many there are."""
    count = 0
    for corner in text.split():
        place, _slash, further = corner.partition(b"/")
        texture = further.partition(b"/")[0]
        stated.corners.append(_index(place, len(stated.places)))
        stated.corners.append(_index(texture, len(stated.texture_places)) if texture else _NONE)
        count += 1
    return count


def _index(word: bytes, count: int) -> int:
    """From 0. Those of the file count from 1, or backwards from the last that was stated."""
    try:
        number = int(word)
    except ValueError as error:
        raise Refusal("unreadable", cause="an index is no whole number") from error
    if number == 0 or number < -count or abs(number) > 1 << 40:
        raise Refusal("out_of_bounds")
    return number - 1 if number > 0 else count + number


def _rows(lines: list[bytes], least: int) -> Floats:
    """A row of numbers for each line, as many as the shortest has."""
    if not lines:
        return np.empty((0, least))
    width = len(lines[0].split())
    if width < least:
        raise Refusal("unreadable", cause="a place has too few numbers")
    values = numbers.parsed(b"\n".join(lines))
    if len(values) == width * len(lines) and all(len(line.split()) == width for line in lines):
        rows = values.reshape(-1, width)
    else:
        apart = [line.split() for line in lines]
        width = min(len(words) for words in apart)
        rows = numbers.parsed(b"\n".join(b" ".join(words[:width]) for words in apart)).reshape(-1, max(width, 1))
    if width < least:
        raise Refusal("unreadable", cause="a place has too few numbers")
    return rows


def _parts(stated: _Statements, materials: dict[str, Material], max_triangles: int) -> list[Part]:
    rows = _rows(stated.places, 3)
    positions = rows[:, :3]
    colors = _colors(rows[:, 3:6])
    uv = _rows(stated.texture_places, 1)
    uv = np.column_stack([uv, np.zeros(len(uv))])[:, :2]
    corners = np.frombuffer(stated.corners, np.int64).reshape(-1, 2)
    if len(corners) and (corners[:, 0].max() >= len(positions) or corners[:, 1].max() >= len(uv)):
        raise Refusal("out_of_bounds")
    sizes = np.frombuffer(stated.sizes, np.int64)
    at, polygon = opened(np.arange(len(corners)), sizes, positions[corners[:, 0]], max_triangles=max_triangles)
    worn = np.frombuffer(stated.worn, np.int64)[polygon]
    parts = []
    for number in np.unique(worn).tolist():
        name = stated.materials[number] if number != _NONE else ""
        parts.append(_part(corners[at[worn == number]], positions, colors, uv, materials.get(name, _PLAIN)))
    return parts


def _colors(given: Floats) -> Floats | None:
    """Linear colors of vertices, which some programs write from 0 to 1 and some to 255. One number is a weight."""
    if given.shape[1] < 3:
        return None
    if not np.isfinite(given).all():
        raise Refusal("not_finite")
    return numbers.linear(given / 255 if given.max(initial=0) > 1 else given)


def _part(triangles: Indices, positions: Floats, colors: Floats | None, uv: Floats, material: Material) -> Part:
    """One material's triangles: (T, 3, 2), place and texture place of each corner."""
    places, textured = triangles[:, :, 0], triangles[:, :, 1]
    if material.texture is not None and (textured != _NONE).all():
        flat = places.reshape(-1)
        faces = np.arange(len(flat)).reshape(-1, 3)
        return Part(positions[flat], faces, uv=uv[textured.reshape(-1)], material=material)
    if material.texture is not None:
        material = Material(material.base_color, material.metallic, material.roughness, stated=True)
    used, index = np.unique(places, return_inverse=True)
    part = Part(positions[used], index.reshape(-1, 3).astype(np.int64), material=material)
    if colors is not None and not material.stated:
        part.colors = colors[used]
        part.material = Material((1.0, 1.0, 1.0), stated=True)
    return part


def _materials(library: str, bundle: Bundle, folder: str, max_pixels: int) -> dict[str, Material]:
    text = beside(library, bundle, folder, max_bytes=MAX_MATERIAL_BYTES).decode("utf-8", "replace")
    found: dict[str, Material] = {}
    material = Material(stated=True)
    for line in text.splitlines():
        word, _blank, rest = line.strip().partition(" ")
        if word == "newmtl":
            if len(found) >= MAX_MATERIALS:
                raise Refusal("too_many_parts", max_parts=MAX_MATERIALS)
            material = found.setdefault(rest.strip(), Material(stated=True))
        elif word == "Kd":
            red, green, blue = numbers.linear(_three(rest)).tolist()
            material.base_color = (red, green, blue)
        elif word in ("Pm", "Pr"):
            value = float(np.clip(_three(f"{rest} 0 0")[0], 0, 1))
            material.metallic, material.roughness = (
                (value, material.roughness) if word == "Pm" else (material.metallic, value)
            )
        elif word == "map_Kd" and rest.split():
            # Options stand before the name, which may have blanks only when there are none.
            name = rest.split()[-1] if rest.startswith("-") else rest.strip()
            content = beside(
                name, bundle, posixpath.join(folder, posixpath.dirname(library)), max_bytes=textures.MAX_BYTES
            )
            material.texture = textures.decoded(io.BytesIO(content), max_pixels=max_pixels)
            material.base_color = (1.0, 1.0, 1.0)
    return found


def _three(text: str) -> Floats:
    values = numbers.parsed(" ".join(text.split()[:3]).encode())
    if len(values) < 3 or not np.isfinite(values).all():
        raise Refusal("unreadable", cause="a material's color is none")
    return values
