"""Walls and gaps: rays from points all over the surface, inward and outward, to what faces them."""

from typing import Any

import numpy as np

from designs.untrusted import geometry
from designs.untrusted.geometry import Floats, Indices

SAMPLES = 20_000
FACING = 0.71
"""Cosine: a hit counts when the surface there turns away less than 45° from the ray. Rays that graze an edge would
find walls of no thickness."""
LIFT = 1e-5
"""How far from the surface a ray begins, in parts of the mesh's size, so that it does not meet where it began."""
PERCENTILES = (1, 5, 25, 50)


def measured(positions: Floats, faces: Indices, *, inward: bool, samples: int = SAMPLES) -> dict[str, Any]:
    """Distances from the surface to the surface opposite, in the mesh's units.

    `rays` were sent from points spread evenly by area, `hits` of them met a surface that faces them; `percentiles`
    are of those, and empty when fewer than one ray in a thousand met one. The mesh is closed and consistently wound,
    outward. The same mesh gives the same numbers.
    """
    from embreex.mesh_construction import TriangleMesh
    from embreex.rtcore_scene import EmbreeScene

    low, high = positions.min(axis=0), positions.max(axis=0)
    size = float((high - low).max())
    # From -0.5 to 0.5: Embree computes in single precision.
    placed = (positions - (low + high) / 2) / size
    vectors = geometry.face_vectors(placed, faces)
    lengths = np.linalg.norm(vectors, axis=1)
    normals = vectors / np.where(lengths > 0, lengths, 1)[:, None]
    random = np.random.default_rng(20_261)
    # Evenly along the areas laid end to end, so that no large face is left out by chance.
    reach = np.cumsum(lengths)
    marks = (np.arange(samples) + random.random(samples)) / samples * reach[-1]
    chosen = np.minimum(np.searchsorted(reach, marks, side="right"), len(faces) - 1)
    u, v = random.random(samples), random.random(samples)
    beyond = u + v > 1
    u, v = np.where(beyond, 1 - u, u), np.where(beyond, 1 - v, v)
    corners = placed[faces[chosen]]
    points = corners[:, 0] + u[:, None] * (corners[:, 1] - corners[:, 0]) + v[:, None] * (corners[:, 2] - corners[:, 0])
    direction = -normals[chosen] if inward else normals[chosen]
    scene = EmbreeScene()
    mesh = TriangleMesh(scene, placed.astype(np.float32), faces.astype(np.int32))
    answer = scene.run(
        np.ascontiguousarray(points + direction * LIFT, np.float32),
        np.ascontiguousarray(direction, np.float32),
        output=True,
    )
    del mesh
    hit = answer["primID"]
    facing = np.einsum("ij,ij->i", normals[np.maximum(hit, 0)], direction)
    # From inside one meets the back of the opposite wall, from outside its front.
    met = (hit >= 0) & (hit != chosen) & ((facing if inward else -facing) > FACING)
    distances = (answer["tfar"][met].astype(np.float64) + LIFT) * size
    enough = len(distances) >= max(1, samples // 1000)
    return {
        "rays": samples,
        "hits": len(distances),
        "percentiles": {
            str(part): float(value)
            for part, value in zip(PERCENTILES, np.percentile(distances, PERCENTILES), strict=True)
        }
        if enough
        else {},
    }
