"""One model part of a 3MF, streamed: its resources and build as the core and materials specifications lay them out.

3MF Core Specification 1.3 and Materials and Properties Extension 1.2. Numbers of sections in comments are of those.
"""

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from designs.untrusted import xml
from designs.untrusted.geometry import Floats
from designs.untrusted.refusal import Refusal
from designs.untrusted.threemf_values import color, decimal, matrix, needed, whole

CORE = "http://schemas.microsoft.com/3dmanufacturing/core/2015/02"
MATERIAL = "http://schemas.microsoft.com/3dmanufacturing/material/2015/02"
PRODUCTION = "http://schemas.microsoft.com/3dmanufacturing/production/2015/06"
BEAMS = "http://schemas.microsoft.com/3dmanufacturing/beamlattice/2017/02"
SLICES = "http://schemas.microsoft.com/3dmanufacturing/slice/2015/07"
TRIANGLE_SETS = "http://schemas.microsoft.com/3dmanufacturing/trianglesets/2021/07"
_COMPATIBILITY = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_XML = "http://www.w3.org/XML/1998/namespace"
_XMLNS = "http://www.w3.org/2000/xmlns/"
_READ = {CORE, MATERIAL, PRODUCTION, TRIANGLE_SETS}
NOTED = {
    BEAMS: "beam_lattice",
    BEAMS.replace("2017/02", "balls/2020/07"): "beam_lattice",
    SLICES: "slices",
    PRODUCTION: "production",
}
"""Extensions that are recognized and told: their beams and slices are not in the triangles."""

UNITS = {"micron": "um", "millimeter": "mm", "centimeter": "cm", "inch": "in", "foot": "ft", "meter": "m"}
_OBJECT_TYPES = {"model", "solidsupport", "support", "surface", "other"}
MAX_RESOURCES = 100_000
MAX_VALUES = 20_000_000
NONE = -1


@dataclass
class Group:
    """A property group. `values` by kind: colors (linear, N × 3), places in a texture (N × 2), shares of base
    colors, or indices into `parents`."""

    kind: str
    values: list[tuple[float, ...]] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    indices: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class Placed:
    """An object put somewhere: its part and number, and the 4 × 3 matrix that rows are multiplied with."""

    part: str
    number: int
    matrix: Floats


@dataclass
class Solid:
    """An object: a mesh, or components. `properties` has v1, v2, v3, pid, p1, p2, p3 for each triangle."""

    kind: str
    group: int = NONE
    index: int = NONE
    vertices: array = field(default_factory=lambda: array("d"))
    triangles: array = field(default_factory=lambda: array("q"))
    components: list[Placed] = field(default_factory=list)

    @property
    def triangle_count(self) -> int:
        return len(self.triangles) // 7


@dataclass
class ModelPart:
    """What one model part states."""

    name: str
    unit: str = "mm"
    solids: dict[int, Solid] = field(default_factory=dict)
    groups: dict[int, Group] = field(default_factory=dict)
    textures: dict[int, str] = field(default_factory=dict)
    items: list[Placed] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)


def read_part(name: str, pieces: Iterable[bytes], *, max_triangles: int) -> ModelPart:
    """Read a model part. Raises Refusal: what is not well formed, out of place, or promises what it does not keep."""
    reader = _Reader(name, max_triangles)
    xml.parse(pieces, reader.start, reader.end, reader.namespace)
    return reader.finished()


# Which elements may stand in which: those of the core by their plain name, of materials behind "m:".
_CHILDREN = {
    "": {"model"},
    "model": {"metadata", "resources", "build"},
    "resources": {
        "basematerials", "object", "m:texture2d", "m:colorgroup", "m:texture2dgroup", "m:compositematerials",
        "m:multiproperties",
    },
    "build": {"item"},
    "basematerials": {"base"},
    "object": {"mesh", "components", "metadatagroup"},
    "item": {"metadatagroup"},
    "metadatagroup": {"metadata"},
    "mesh": {"vertices", "triangles"},
    "vertices": {"vertex"},
    "triangles": {"triangle"},
    "components": {"component"},
    "m:colorgroup": {"m:color"},
    "m:texture2dgroup": {"m:tex2coord"},
    "m:compositematerials": {"m:composite"},
    "m:multiproperties": {"m:multi"},
}  # fmt: skip
# Elements whose schema leaves no room for attributes of others.
_CLOSED = {"basematerials", "mesh", "vertices", "triangles", "components", "metadata"}
_ONCE = {"resources", "build", "mesh", "components", "vertices", "triangles"}


class _Reader:
    def __init__(self, name: str, max_triangles: int) -> None:
        self.part = ModelPart(name)
        self._max_triangles = max_triangles
        self._stack: list[str] = [""]
        self._seen: list[set[str]] = [set()]
        self._skipped = 0
        self._prefixes: dict[str, str] = {}
        self._ignorable: set[str] = set()
        self._metadata: set[str] = set()
        self._ids: set[int] = set()
        self._solid = Solid("model")
        self._group = Group("")
        self._triangles = self._values = 0
        self._handlers: dict[str, Callable[[dict[str, str]], None]] = {
            "model": self._model,
            "metadata": self._named,
            "base": self._base,
            "basematerials": lambda values: self._open_group("base", values),
            "object": self._object,
            "mesh": self._mesh,
            "vertex": self._vertex,
            "triangle": self._triangle,
            "component": self._component,
            "item": self._item,
            "m:texture2d": self._texture,
            "m:colorgroup": lambda values: self._open_group("color", values),
            "m:color": lambda values: self._add_value(color(needed(values, "color"))),
            "m:texture2dgroup": self._texture_group,
            "m:tex2coord": self._texture_place,
            "m:compositematerials": self._composites,
            "m:composite": self._composite,
            "m:multiproperties": self._multiproperties,
            "m:multi": self._multi,
        }

    def namespace(self, prefix: str, uri: str) -> None:
        self._prefixes[prefix] = uri
        if uri in NOTED:
            self.part.notes.add(NOTED[uri])

    def start(self, full_name: str, attributes: list[str]) -> None:
        if self._skipped:
            self._skipped += 1
            return
        uri, _blank, local = full_name.rpartition(" ")
        name = local if uri == CORE else f"m:{local}" if uri == MATERIAL else ""
        above = self._stack[-1]
        if name not in _CHILDREN.get(above, ()):
            # Others' elements may stand nearly everywhere; the core's own only where it says.
            if uri == CORE or above == "" or not uri:
                raise Refusal("3mf_misplaced", what=local[:60])
            self._skipped = 1
            return
        if name in _ONCE:
            if name in self._seen[-1]:
                raise Refusal("3mf_duplicate", what=local[:60])
            self._seen[-1].add(name)
        self._stack.append(name)
        self._seen.append(set())
        self._check_foreign(name, attributes)
        handler = self._handlers.get(name)
        if handler is not None:
            handler(dict(zip(attributes[::2], attributes[1::2], strict=True)))

    def end(self, _full_name: str) -> None:
        if self._skipped:
            self._skipped -= 1
            return
        name = self._stack.pop()
        seen = self._seen.pop()
        if name == "mesh" and not {"vertices", "triangles"} <= seen:
            raise Refusal("3mf_missing_element", what="triangles" if "vertices" in seen else "vertices")
        if name == "model":
            for needed in ("resources", "build"):
                if needed not in seen:
                    raise Refusal("3mf_missing_element", what=needed)

    def finished(self) -> ModelPart:
        """The part, with every reference within it looked up."""
        for group in self.part.groups.values():
            self._check_group(group)
        for solid in self.part.solids.values():
            if solid.index != NONE and solid.group == NONE:
                raise Refusal("3mf_missing_attribute", what="pid")
            if solid.group != NONE:
                self._check_index(solid.group, max(solid.index, 0))
        return self.part

    # --- what stands in a part ------------------------------------------------------------------

    def _check_foreign(self, name: str, attributes: list[str]) -> None:
        for full_name in attributes[::2]:
            if " " not in full_name:
                continue
            uri, local = full_name.rsplit(" ", 1)
            # White space is as the specification says (2.3.4) and not as an attribute says.
            if uri == _XML and local == "space":
                raise Refusal("3mf_misplaced", what="xml:space")
            if name in _CLOSED and uri not in self._ignorable and uri not in (_XML, _XMLNS, _COMPATIBILITY):
                raise Refusal("3mf_misplaced", what=local[:60])

    def _model(self, values: dict[str, str]) -> None:
        unit = values.get("unit", "millimeter")
        if unit not in UNITS:
            raise Refusal("3mf_bad_value", what=f"unit: {unit[:40]}")
        self.part.unit = UNITS[unit]
        ignorable = values.get(f"{_COMPATIBILITY} Ignorable", "").split()
        self._ignorable = {self._prefixes.get(prefix, "") for prefix in ignorable}
        for prefix in values.get("requiredextensions", "").split():
            uri = self._prefixes.get(prefix)
            if uri is None:
                raise Refusal("3mf_broken_reference", what=prefix[:60])
            if uri not in _READ and uri not in NOTED:
                raise Refusal("needs_extension", extension=uri.removeprefix("http://schemas.")[:80])

    def _named(self, values: dict[str, str]) -> None:
        name = needed(values, "name")
        if self._stack[-2] != "model":
            return
        if name in self._metadata:
            raise Refusal("3mf_duplicate", what=name[:60])
        self._metadata.add(name)

    def _new_id(self, values: dict[str, str]) -> int:
        number = whole(needed(values, "id"), "id")
        if number in self._ids or number == 0:
            raise Refusal("3mf_duplicate", what=f"id {number}")
        if len(self._ids) >= MAX_RESOURCES:
            raise Refusal("too_many_parts", max_parts=MAX_RESOURCES)
        self._ids.add(number)
        return number

    def _open_group(self, kind: str, values: dict[str, str]) -> None:
        self._group = Group(kind)
        self.part.groups[self._new_id(values)] = self._group

    def _add_value(self, value: tuple[float, ...]) -> None:
        self._values += len(value)
        if self._values > MAX_VALUES:
            raise Refusal("too_large")
        self._group.values.append(value)

    def _base(self, values: dict[str, str]) -> None:
        needed(values, "name")
        self._add_value(color(needed(values, "displaycolor")))

    def _texture(self, values: dict[str, str]) -> None:
        number = self._new_id(values)
        path = needed(values, "path")
        if values.get("contenttype") not in ("image/png", "image/jpeg"):
            raise Refusal("3mf_bad_value", what=f"contenttype: {values.get('contenttype', '')[:40]}")
        self.part.textures[number] = path.lstrip("/")

    def _texture_group(self, values: dict[str, str]) -> None:
        self._open_group("texture", values)
        self._group.parents = [whole(needed(values, "texid"), "texid")]

    def _texture_place(self, values: dict[str, str]) -> None:
        self._add_value((decimal(needed(values, "u")), decimal(needed(values, "v"))))

    def _composites(self, values: dict[str, str]) -> None:
        self._open_group("composite", values)
        self._group.parents = [whole(needed(values, "matid"), "matid")]
        self._group.indices = [whole(word, "matindices") for word in needed(values, "matindices").split()]

    def _composite(self, values: dict[str, str]) -> None:
        self._add_value(tuple(decimal(word) for word in needed(values, "values").split()))

    def _multiproperties(self, values: dict[str, str]) -> None:
        self._open_group("multi", values)
        self._group.parents = [whole(word, "pids") for word in needed(values, "pids").split()]

    def _multi(self, values: dict[str, str]) -> None:
        self._add_value(tuple(whole(word, "pindices") for word in needed(values, "pindices").split()))

    def _object(self, values: dict[str, str]) -> None:
        kind = values.get("type", "model")
        if kind not in _OBJECT_TYPES:
            raise Refusal("3mf_bad_value", what=f"type: {kind[:40]}")
        self._solid = Solid(
            kind,
            group=whole(values["pid"], "pid") if "pid" in values else NONE,
            index=whole(values["pindex"], "pindex") if "pindex" in values else NONE,
        )
        self.part.solids[self._new_id(values)] = self._solid

    def _mesh(self, _values: dict[str, str]) -> None:
        if self._solid.components:
            raise Refusal("3mf_misplaced", what="mesh")

    def _vertex(self, values: dict[str, str]) -> None:
        try:
            self._solid.vertices.extend((decimal(values["x"]), decimal(values["y"]), decimal(values["z"])))
        except KeyError as error:
            raise Refusal("3mf_missing_attribute", what=str(error.args[0])) from error
        if len(self._solid.vertices) > 9 * self._max_triangles:
            raise Refusal("too_many_triangles", max_triangles=self._max_triangles)

    def _triangle(self, values: dict[str, str]) -> None:
        try:
            row = [whole(values["v1"], "v1"), whole(values["v2"], "v2"), whole(values["v3"], "v3")]
        except KeyError as error:
            raise Refusal("3mf_missing_attribute", what=str(error.args[0])) from error
        for name in ("pid", "p1", "p2", "p3"):
            row.append(whole(values[name], name) if name in values else NONE)
        self._solid.triangles.extend(row)
        self._triangles += 1
        if self._triangles > self._max_triangles:
            raise Refusal("too_many_triangles", max_triangles=self._max_triangles)

    def _component(self, values: dict[str, str]) -> None:
        if self._solid.vertices:
            raise Refusal("3mf_misplaced", what="components")
        self._solid.components.append(self._placed(values))
        if len(self._solid.components) > MAX_RESOURCES:
            raise Refusal("too_many_parts", max_parts=MAX_RESOURCES)

    def _item(self, values: dict[str, str]) -> None:
        self.part.items.append(self._placed(values))
        if len(self.part.items) > MAX_RESOURCES:
            raise Refusal("too_many_parts", max_parts=MAX_RESOURCES)

    def _placed(self, values: dict[str, str]) -> Placed:
        path = values.get(f"{PRODUCTION} path", "").lstrip("/")
        return Placed(
            path or self.part.name, whole(needed(values, "objectid"), "objectid"), matrix(values.get("transform"))
        )

    # --- references -----------------------------------------------------------------------------

    def _check_index(self, number: int, index: int) -> None:
        group = self.part.groups.get(number)
        if group is None or index >= len(group):
            raise Refusal("3mf_broken_reference", what=f"pid {number}, {index}")

    def _check_group(self, group: Group) -> None:
        if group.kind == "texture" and group.parents[0] not in self.part.textures:
            raise Refusal("3mf_broken_reference", what=f"texid {group.parents[0]}")
        if group.kind == "composite":
            self._check_composites(group)
        if group.kind == "multi":
            self._check_multi(group)

    def _check_composites(self, group: Group) -> None:
        base = self.part.groups.get(group.parents[0])
        if base is None or base.kind != "base":
            raise Refusal("3mf_broken_reference", what=f"matid {group.parents[0]}")
        for index in group.indices:
            self._check_index(group.parents[0], index)

    def _check_multi(self, group: Group) -> None:
        kinds = []
        for number in group.parents:
            # The Consortium's own samples layer a texture itself, and not only a group of places in it.
            if number in self.part.textures:
                continue
            if number not in self.part.groups:
                raise Refusal("3mf_broken_reference", what=f"pids {number}")
            kinds.append(self.part.groups[number].kind)
        # Materials, chapter 5: one material at most, one color group at most, and no group of this kind.
        materials = sum(kind in ("base", "composite") for kind in kinds)
        if "multi" in kinds or materials > 1 or kinds.count("color") > 1 or not group.parents:
            raise Refusal("3mf_broken_reference", what=f"pids {' '.join(map(str, group.parents))[:40]}")
