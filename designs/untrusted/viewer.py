"""The model for the viewer: one GLB, shaded as on the cover, simplified when it is too heavy for a browser."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from designs.untrusted import geometry
from designs.untrusted.geometry import Floats
from designs.untrusted.glb_writer import encode_glb
from designs.untrusted.meshes import Model, Part, read_model
from designs.untrusted.packed_glb import encode_packed_glb
from designs.untrusted.refusal import Refusal
from designs.untrusted.shading import ShadedPart, shaded

Progress = Callable[[str, float], None]

_FIRST_TOLERANCE = 2e-5
"""Of the model's diagonal; doubled until the model is light enough."""
_TRIES = 10
LIGHT_FROM = 20_000
"""Triangles from which a light model goes ahead of the whole one."""
LIGHT_SHARE = 0.1
_TILES = 16


def write_viewer(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Write viewer.glb into the working directory, and viewer-light.glb if it is heavy, in the file's coordinates."""
    model = read_model(request)
    progress("read", 0.3)
    notes: dict[str, Any] = {"triangles": model.triangles}
    if model.triangles > request["max_viewer_triangles"]:
        simplified = _simplified(model, request["max_viewer_triangles"])
        if simplified is not None:
            notes["simplified_from"] = model.triangles
            model = simplified
            notes["triangles"] = model.triangles
    progress("simplify", 0.6)
    parts = [part for part in (shaded(part) for part in model.parts) if part is not None]
    if not parts:
        raise Refusal("no_triangles")
    progress("shade", 0.8)
    whole = _encoded(parts, model.up)
    Path("viewer.glb").write_bytes(whole)
    files = [_file("viewer", "viewer.glb")]
    if model.triangles >= LIGHT_FROM:
        light = lightened(model, round(model.triangles * LIGHT_SHARE))
        parts = [part for part in (shaded(part) for part in light.parts) if part is not None]
        small = _encoded(parts, light.up) if parts else whole
        if len(small) < len(whole) / 2:
            Path("viewer-light.glb").write_bytes(small)
            files.append(_file("viewer_light", "viewer-light.glb"))
            notes["light_triangles"] = light.triangles
    return {"files": files, "notes": notes}


def _encoded(parts: list[ShadedPart], up: str) -> bytes:
    """Packed, or as it is where that is smaller: for a few triangles the packing's own words weigh more than they
    save. The file itself is never what is shown, however small it is: it is what is sold."""
    return min(encode_packed_glb(parts, up=up), encode_glb(parts, up=up), key=len)


def _file(kind: str, name: str) -> dict[str, Any]:
    return {"kind": kind, "name": name, "width": 0, "height": 0, "media_type": "model/gltf-binary"}


def lightened(model: Model, max_triangles: int) -> Model:
    """The model with at most so many triangles: vertices that share a cell of a grid become one. Works for any mesh,
    and is meant to be seen for the seconds in which the whole one arrives."""
    every = np.concatenate([part.positions for part in model.parts])
    low, extent = every.min(axis=0), float((every.max(axis=0) - every.min(axis=0)).max()) or 1.0
    # Triangles grow with the square of the cells along an edge, so two or three tries come close.
    cells = max(4.0, (max_triangles / 4) ** 0.5)
    for _try in range(_TRIES):
        light = [_clustered(part, low, extent / cells) for part in model.parts]
        count = sum(len(part.faces) for part in light)
        if count <= max_triangles:
            break
        cells *= min(0.97, 0.97 * (max_triangles / count) ** 0.5)
    return Model([part for part in light if len(part.faces)], model.up, model.units, model.notes)


def _clustered(part: Part, low: Floats, cell: float) -> Part:
    at = np.floor((part.positions - low) / cell).astype(np.int64)
    key = (at[:, 0] << 42) ^ (at[:, 1] << 21) ^ at[:, 2]
    if part.uv is not None:
        # Places that are far apart on the texture stay apart, or its seams would smear.
        tile = np.floor(np.nan_to_num(part.uv) * _TILES).astype(np.int64) & 0xFF
        key ^= ((tile[:, 0] << 8 | tile[:, 1]) * 0x5BD1E995) << 8
    _keys, index, counts = np.unique(key, return_inverse=True, return_counts=True)
    index = index.reshape(-1)
    faces = geometry.without_slivers(index[part.faces])
    _sides, first = np.unique(np.sort(faces, axis=1), axis=0, return_index=True)
    faces = faces[np.sort(first)]

    def mean(values: Floats) -> Floats:
        sums = [np.bincount(index, weights=values[:, axis], minlength=len(counts)) for axis in range(values.shape[1])]
        return np.stack(sums, axis=1) / counts[:, None]

    colors = None if part.colors is None else mean(part.colors)
    uv = None if part.uv is None else mean(part.uv)
    return Part(mean(part.positions), faces, colors, uv, part.material)


def _simplified(model: Model, max_triangles: int) -> Model | None:
    """The model with fewer triangles, or None if it is no closed solid of one surface, which this needs."""
    from manifold3d import Error, Manifold, Mesh

    if any(part.colors is not None or part.uv is not None for part in model.parts):
        return None
    share = max_triangles / model.triangles
    parts = []
    for part in model.parts:
        positions, index = geometry.merged(part.positions)
        faces = geometry.without_slivers(index[part.faces])
        solid = Manifold(Mesh(positions.astype(np.float32), faces.astype(np.uint32)))
        if solid.status() != Error.NoError or solid.is_empty():
            return None
        tolerance = _FIRST_TOLERANCE * float(np.linalg.norm(positions.max(axis=0) - positions.min(axis=0)))
        lighter = solid
        for _try in range(_TRIES):
            if lighter.num_tri() <= share * len(faces):
                break
            lighter = solid.simplify(tolerance)
            tolerance *= 2
        mesh = lighter.to_mesh()
        vertices = np.asarray(mesh.vert_properties, dtype=np.float64)[:, :3]
        parts.append(Part(vertices, np.asarray(mesh.tri_verts, dtype=np.int64), material=part.material))
    return Model(parts, model.up, model.units, model.notes)
