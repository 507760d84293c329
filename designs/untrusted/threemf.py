"""3MF into parts: the build's items with their components, places, colors and textures."""

import io

import numpy as np
from PIL import Image

from designs.untrusted import textures
from designs.untrusted.bundle import Bundle
from designs.untrusted.geometry import Floats, Indices
from designs.untrusted.meshes import Material, Model, Part
from designs.untrusted.refusal import Refusal
from designs.untrusted.threemf_package import relations, start_part
from designs.untrusted.threemf_part import NONE, Group, ModelPart, Placed, Solid, read_part

MAX_PARTS = 4000
MAX_NESTING = 32
MAX_MODEL_PARTS = 1000


def read_3mf(path: str, *, max_triangles: int, max_pixels: int) -> Model:
    """Read a 3MF: what its build places, up +Z, in the unit that it states. Raises Refusal."""
    with Bundle(path) as bundle:
        root = start_part(bundle)
        parts = _model_parts(bundle, root, max_triangles)
        build = _Build(parts, bundle, max_triangles=max_triangles, max_pixels=max_pixels)
        placed = [part for item in parts[root].items for part in build.placed(item)]
        notes = set().union(*(part.notes for part in parts.values())) | build.notes
    if not placed and "beam_lattice" in notes:
        raise Refusal("needs_extension", extension="beam lattice")
    return Model(placed, up="z", units=parts[root].unit, notes=sorted(notes))


def _model_parts(bundle: Bundle, root: str, max_triangles: int) -> dict[str, ModelPart]:
    """The root and every model part that it places objects of (production extension), by lower-case name."""
    parts: dict[str, ModelPart] = {}
    waiting = [root]
    triangles = 0
    while waiting:
        name = waiting.pop()
        if name.lower() in parts:
            continue
        if name not in bundle:
            raise Refusal("3mf_missing_part", part=name[:60])
        if len(parts) >= MAX_MODEL_PARTS:
            raise Refusal("too_many_parts", max_parts=MAX_MODEL_PARTS)
        relations(bundle, name)
        part = read_part(name, bundle.pieces(name), max_triangles=max_triangles)
        parts[name.lower()] = part
        triangles += sum(solid.triangle_count for solid in part.solids.values())
        if triangles > max_triangles:
            raise Refusal("too_many_triangles", max_triangles=max_triangles)
        used = [*part.items, *(component for solid in part.solids.values() for component in solid.components)]
        waiting += {each.part for each in used}
    parts[root] = parts[root.lower()]
    return parts


class _Build:
    """Places objects. Counts before it copies: a short file may place one mesh a thousand million times."""

    def __init__(self, parts: dict[str, ModelPart], bundle: Bundle, *, max_triangles: int, max_pixels: int) -> None:
        self._parts = parts
        self._bundle = bundle
        self._max_triangles = max_triangles
        self._max_pixels = max_pixels
        self._counts: dict[tuple[str, int], tuple[int, int]] = {}
        self._meshes: dict[tuple[str, int], list[Part]] = {}
        self._textures: dict[tuple[str, int], Image.Image] = {}
        self._triangles = self._instances = 0
        self.notes: set[str] = set()

    def placed(self, item: Placed) -> list[Part]:
        """What an item of the build becomes."""
        solid = self._solid(item)
        if solid.kind == "other":
            raise Refusal("3mf_broken_reference", what=f"objectid {item.number}")
        if solid.kind in ("support", "solidsupport"):
            self.notes.add("supports")
        triangles, instances = self._count(item, 0)
        self._triangles += triangles
        self._instances += instances
        if self._triangles > self._max_triangles:
            raise Refusal("too_many_triangles", max_triangles=self._max_triangles)
        if self._instances > MAX_PARTS:
            raise Refusal("too_many_parts", max_parts=MAX_PARTS)
        return self._expanded(item, np.eye(4))

    def _solid(self, place: Placed) -> Solid:
        part = self._parts.get(place.part.lower())
        solid = part.solids.get(place.number) if part else None
        if solid is None:
            raise Refusal("3mf_broken_reference", what=f"objectid {place.number}")
        return solid

    def _count(self, place: Placed, depth: int) -> tuple[int, int]:
        """Triangles and meshes that an object stands for."""
        key = (place.part.lower(), place.number)
        if depth > MAX_NESTING:
            raise Refusal("3mf_nested", max_depth=MAX_NESTING)
        if key not in self._counts:
            solid = self._solid(place)
            inner = [self._count(component, depth + 1) for component in solid.components]
            own = (solid.triangle_count, 1) if solid.triangle_count else (0, 1)
            self._counts[key] = (own[0] + sum(t for t, _i in inner), own[1] + sum(i for _t, i in inner))
        return self._counts[key]

    def _expanded(self, place: Placed, outer: Floats) -> list[Part]:
        matrix = np.column_stack([place.matrix, [0.0, 0.0, 0.0, 1.0]]) @ outer
        if not np.isfinite(matrix).all():
            raise Refusal("not_finite")
        solid = self._solid(place)
        found = [_moved(part, matrix) for part in self._mesh(place, solid)]
        for component in solid.components:
            found += self._expanded(component, matrix)
        return found

    def _mesh(self, place: Placed, solid: Solid) -> list[Part]:
        key = (place.part.lower(), place.number)
        if key not in self._meshes:
            self._meshes[key] = self._read_mesh(self._parts[key[0]], solid) if solid.triangle_count else []
        return self._meshes[key]

    def _read_mesh(self, part: ModelPart, solid: Solid) -> list[Part]:
        positions = np.frombuffer(solid.vertices, np.float64).reshape(-1, 3)
        rows = np.frombuffer(solid.triangles, np.int64).reshape(-1, 7)
        if rows[:, :3].max() >= len(positions):
            raise Refusal("out_of_bounds")
        group, corners = _properties(solid, rows)
        found = []
        for number in np.unique(group).tolist():
            chosen = group == number
            faces = rows[chosen, :3]
            if number == NONE:
                found.append(Part(*_packed(positions, faces)))
            else:
                found.append(self._painted(part, number, positions, faces, corners[chosen]))
        return found

    def _painted(self, part: ModelPart, number: int, positions: Floats, faces: Indices, corners: Indices) -> Part:
        group = part.groups.get(number)
        if group is None or corners.max() >= len(group):
            raise Refusal("3mf_broken_reference", what=f"pid {number}")
        if group.kind == "base" and len(np.unique(corners)) == 1:
            red, green, blue = group.values[int(corners[0, 0])]
            return Part(*_packed(positions, faces), material=Material((red, green, blue), stated=True))
        apart = positions[faces.reshape(-1)]
        triangles = np.arange(len(apart)).reshape(-1, 3)
        material = Material((1.0, 1.0, 1.0), stated=True)
        if group.kind == "texture":
            material.texture = self._texture(part, group.parents[0])
            return Part(apart, triangles, uv=np.array(group.values)[corners.reshape(-1)], material=material)
        return Part(apart, triangles, colors=_colors(part, group)[corners.reshape(-1)], material=material)

    def _texture(self, part: ModelPart, number: int) -> Image.Image:
        key = (part.name, number)
        if key not in self._textures:
            name = part.textures[number]
            if name not in self._bundle:
                raise Refusal("3mf_missing_part", part=name[:60])
            content = self._bundle.contents(name, max_bytes=textures.MAX_BYTES)
            self._textures[key] = textures.decoded(io.BytesIO(content), max_pixels=self._max_pixels)
        return self._textures[key]


def _properties(solid: Solid, rows: Indices) -> tuple[Indices, Indices]:
    """For each triangle its property group, and the value at each of its three corners."""
    group = np.where(rows[:, 3] == NONE, solid.group, rows[:, 3])
    stated = rows[:, 4] != NONE
    # Without a first value the object's own stands, whatever group the triangle names.
    group = np.where(stated, group, solid.group)
    first = np.where(stated, rows[:, 4], max(solid.index, 0))
    second = np.where(stated & (rows[:, 5] != NONE), rows[:, 5], first)
    third = np.where(stated & (rows[:, 6] != NONE), rows[:, 6], first)
    if (stated & (group == NONE)).any():
        raise Refusal("3mf_missing_attribute", what="pid")
    return group, np.stack([first, second, third], axis=1)


def _colors(part: ModelPart, group: Group) -> Floats:
    """Linear colors of a group's values. A mixture shows the color that it states, else its material's."""
    if group.kind in ("base", "color"):
        return np.array(group.values, np.float64)
    if group.kind == "composite":
        base = _colors(part, part.groups[group.parents[0]])[group.indices]
        return np.array([_mixed(base, np.array(shares)) for shares in group.values])
    shown = [
        (place, part.groups[number])
        for place, number in enumerate(group.parents)
        if number in part.groups and part.groups[number].kind in ("base", "composite", "color")
    ]
    if not shown:
        return np.ones((len(group), 3)) * 0.5
    place, chosen = shown[-1]
    table = _colors(part, chosen)
    stated = np.array([int(value[place]) if place < len(value) else 0 for value in group.values], np.int64)
    # Samples that must pass layer more values than a material has; what is not there is the first.
    return table[np.where(stated < len(table), stated, 0)]


def _mixed(base: Floats, shares: Floats) -> Floats:
    count = min(len(base), len(shares))
    total = float(shares[:count].sum())
    mixed: Floats = shares[:count] @ base[:count] / total if total > 0 else base.mean(axis=0)
    return mixed


def _packed(positions: Floats, faces: Indices) -> tuple[Floats, Indices]:
    """The positions that the faces use."""
    used, index = np.unique(faces, return_inverse=True)
    return positions[used], index.reshape(-1, 3).astype(np.int64)


def _moved(part: Part, matrix: Floats) -> Part:
    positions = part.positions @ matrix[:3, :3] + matrix[3, :3]
    faces = part.faces[:, ::-1] if np.linalg.det(matrix[:3, :3]) < 0 else part.faces
    return Part(positions, faces, part.colors, part.uv, part.material)
