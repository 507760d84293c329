"""Meshes: reading them into arrays, and the facts that buyers and machines ask for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from designs.untrusted import geometry, measures, topology
from designs.untrusted.geometry import Coordinates, Corners, Floats, Indices
from designs.untrusted.refusal import Refusal

Progress = Callable[[str, float], None]

NEUTRAL = (0.50, 0.48, 0.445)
"""Linear base color of a mesh that states none."""


@dataclass
class Material:
    """Surface of a part. Colors are linear sRGB; factors from 0 to 1 as in glTF."""

    base_color: tuple[float, float, float] = NEUTRAL
    metallic: float = 0.0
    roughness: float = 0.55
    texture: Image.Image | None = None
    stated: bool = False


@dataclass
class Part:
    """One triangle list: positions (V, 3) in the file's coordinates, faces (F, 3), colors (V, 3) linear, uv (V, 2).

    Doubles and long indices, except from `read_compact`.
    """

    positions: Coordinates
    faces: Corners
    colors: Floats | None = None
    uv: Floats | None = None
    material: Material = field(default_factory=Material)


@dataclass
class Model:
    """What a mesh file holds. `up` is the axis that points up, "y" or "z"; `units` as designs.inspection names them.

    `units_from` and `up_from` name who says so: "file", "creator" or "nobody".
    `notes` are short words for what the file has beside its triangles and we do not show.
    """

    parts: list[Part]
    up: str
    units: str
    notes: list[str] = field(default_factory=list)
    units_from: str = "file"
    up_from: str = "file"

    @property
    def triangles(self) -> int:
        return sum(len(part.faces) for part in self.parts)


def read_model(request: dict[str, Any]) -> Model:
    """Read a mesh of a format that preflight has recognized. Raises Refusal.

    Loaded is not valid: a model has triangles, finite coordinates, an extent, and indices in range.
    """
    model = read_compact(request)
    for part in model.parts:
        part.positions = part.positions.astype(np.float64, copy=False)
        part.faces = part.faces.astype(np.int64, copy=False)
    return model


def read_compact(request: dict[str, Any]) -> Model:
    """As read_model, with positions in single precision where the file has them so, and faces that may be int32."""
    model = _read(request["input"], request["format"], request["max_triangles"], request["max_pixels"])
    for part in model.parts:
        _check(part)
    if model.triangles == 0:
        raise Refusal("no_triangles")
    _ask_creator(model, request.get("stated_units", ""), request.get("stated_up", ""))
    return model


def _ask_creator(model: Model, units: str, up: str) -> None:
    """What the format does not say, its creator may. A format that has no units has no up axis either."""
    if model.units != "unknown":
        return
    model.units_from, model.up_from = ("creator" if units else "nobody"), ("creator" if up else "nobody")
    model.units, model.up = units or model.units, up or model.up


def _read(path: str, form: str, max_triangles: int, max_pixels: int) -> Model:
    match form:
        case "glb":
            from designs.untrusted.glb import read_glb

            return read_glb(path, max_triangles=max_triangles, max_pixels=max_pixels)
        case "ply":
            from designs.untrusted.ply import read_ply

            return read_ply(path, max_triangles=max_triangles)
        case "obj" | "obj_zip":
            from designs.untrusted.obj import read_obj

            return read_obj(path, zipped=form == "obj_zip", max_triangles=max_triangles, max_pixels=max_pixels)
        case "gltf" | "gltf_zip":
            from designs.untrusted.gltf import read_gltf

            return read_gltf(path, zipped=form == "gltf_zip", max_triangles=max_triangles, max_pixels=max_pixels)
        case "3mf":
            from designs.untrusted.threemf import read_3mf

            return read_3mf(path, max_triangles=max_triangles, max_pixels=max_pixels)
        case "step":
            from designs.untrusted.step import read_step

            return read_step(path, max_triangles=max_triangles, max_pixels=max_pixels)
        case "off":
            from designs.untrusted.off import read_off

            return read_off(path, max_triangles=max_triangles)
    from designs.untrusted.stl import read_stl

    return Model([_part_of(read_stl(path, form, max_triangles=max_triangles))], up="z", units="unknown")


def _part_of(corners: Coordinates) -> Part:
    _check_finite(corners)
    positions, index = geometry.merged(corners.reshape(-1, 3))
    return Part(positions, index.reshape(-1, 3))


def _check_finite(positions: Coordinates) -> None:
    # The least and the most are not finite if one value is not, and cost no copy.
    if positions.size and not (float(positions.min()) >= -1e30 and float(positions.max()) <= 1e30):
        raise Refusal("not_finite")


def _check(part: Part) -> None:
    _check_finite(part.positions)
    if len(part.faces) and (part.faces.min() < 0 or part.faces.max() >= len(part.positions)):
        raise Refusal("unreadable", cause="an index points outside its list")


def joined(model: Model) -> tuple[Floats, Indices]:
    """All parts as one: merged positions and the faces that have three different corners."""
    positions, faces = joined_compact(model)
    return positions.astype(np.float64, copy=False), faces.astype(np.int64)


def joined_compact(model: Model) -> tuple[Coordinates, NDArray[np.int32]]:
    """As `joined`, as precise as the model's positions."""
    if len(model.parts) == 1:
        every, faces = model.parts[0].positions, model.parts[0].faces
    else:
        offsets = np.cumsum([0, *(len(part.positions) for part in model.parts)])
        every = np.concatenate([part.positions for part in model.parts])
        faces = np.concatenate([part.faces + offset for part, offset in zip(model.parts, offsets[:-1], strict=True)])
    positions, index = geometry.merged(every)
    return positions, geometry.without_slivers(index[faces])


def inspect(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Facts of a mesh, in the file's own units and coordinates."""
    progress("read", 0.2)
    model = read_compact(request)
    told = _told(model)
    progress("measure", 0.5)
    positions, faces = joined_compact(model)
    # The parts take as much as what they became; from here on nothing of them is needed.
    del model
    if len(faces) == 0:
        raise Refusal("no_triangles")
    used = positions[topology.used_vertices(faces, len(positions))]
    low, high = used.min(axis=0).astype(np.float64), used.max(axis=0).astype(np.float64)
    vertices = len(used)
    del used
    edges = topology.EdgeFacts.of(faces, len(positions))
    volume = measures.volume(positions, faces)
    solid = edges.closed and edges.consistent
    # Outside is where the volume says it is, also for a model that was exported inside out.
    inside_out = solid and volume < 0
    center_of_mass = measures.center_of_mass(positions, faces) if solid else None
    overhang = None
    if edges.consistent:
        overhang = measures.overhang(positions, faces, up=told["up_axis"], inside_out=inside_out)
    progress("measure", 0.9)
    return {
        "format": request["format"],
        "degenerate_triangles": told["triangles"] - len(faces),
        "vertices": vertices,
        "bounds": {
            "min": [float(value) for value in low],
            "max": [float(value) for value in high],
            "extent": [float(value) for value in high - low],
        },
        "watertight": edges.closed,
        "winding_consistent": edges.consistent,
        "inside_out": inside_out,
        "area": measures.area(positions, faces),
        "volume": abs(volume) if solid else None,
        "center_of_mass": None if center_of_mass is None else [float(value) for value in center_of_mass],
        "overhang": overhang,
        "bodies": topology.bodies(faces, len(positions)),
        "euler_number": vertices - edges.count + len(faces),
        **told,
    }


def _told(model: Model) -> dict[str, Any]:
    """What is known of a model without measuring it."""
    return {
        "triangles": model.triangles,
        "units": model.units,
        "units_from": model.units_from,
        "up_axis": model.up,
        "up_from": model.up_from,
        "has_colors": any(part.colors is not None or part.material.stated for part in model.parts),
        "has_textures": any(part.material.texture is not None for part in model.parts),
        "notes": model.notes,
    }
