"""Checks of a mesh that take long or much memory: each is a task of its own, and so has a child of its own."""

from typing import Any

import numpy as np

from designs.untrusted import measures, topology
from designs.untrusted.geometry import Floats, Indices
from designs.untrusted.meshes import Model, Progress, joined, read_model
from designs.untrusted.refusal import Refusal


def self_intersection(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """How many faces pass through another face."""
    from designs.untrusted.crossings import crossing_faces

    positions, faces = _mesh(_read(request, progress))
    return {"faces": crossing_faces(positions, faces)}


def walls(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Thickness of walls: see rays.measured."""
    from designs.untrusted.rays import measured

    return measured(*_read_solid(request, progress), inward=True)


def gaps(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Width of gaps: see rays.measured."""
    from designs.untrusted.rays import measured

    return measured(*_read_solid(request, progress), inward=False)


def _read(request: dict[str, Any], progress: Progress) -> Model:
    progress("read", 0.1)
    model = read_model(request)
    progress("measure", 0.5)
    return model


def _read_solid(request: dict[str, Any], progress: Progress) -> tuple[Floats, Indices]:
    return solid(_read(request, progress))


def _mesh(model: Model) -> tuple[Floats, Indices]:
    positions, faces = joined(model)
    if len(faces) == 0:
        raise Refusal("no_triangles")
    used, index = np.unique(faces, return_inverse=True)
    return positions[used], index.reshape(-1, 3).astype(np.int64)


def solid(model: Model) -> tuple[Floats, Indices]:
    """A mesh that has an inside, its faces turned outward. Raises Refusal for one that has not."""
    positions, faces = _mesh(model)
    edges = topology.EdgeFacts.of(faces, len(positions))
    if not edges.closed:
        raise Refusal("not_watertight")
    if not edges.consistent:
        raise Refusal("mixed_winding")
    return positions, faces[:, ::-1] if measures.volume(positions, faces) < 0 else faces
