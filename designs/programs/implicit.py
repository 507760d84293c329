"""Turn a signed distance field into an even, watertight triangle mesh.

Marching cubes alone leaves slivers and, at clipped edges, a saw-tooth: its vertices lie on grid edges and
not on the crease. Here every edge of a field is a small fillet, and after marching cubes the vertices are
moved onto the true surface of the field (Newton steps along the gradient) and spread evenly over it
(tangential relaxation), so the edge is as clean as the field itself, whatever the grid.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from skimage.measure import marching_cubes

from designs.programs.solids import Solid, Triangles, Vectors

Values = NDArray[np.float64]
Field = Callable[[Vectors], Values]
"""Signed distance in mm, negative inside, at points (n, 3) in mm; needs to be true only near zero."""

SLAB_POINTS = 400_000


def round_intersection(fields: list[Values], radius: float) -> Values:
    """Intersect distances with a convex fillet of the given radius (mm) along the common edges."""
    highest = np.maximum.reduce(fields)
    squares = np.zeros_like(highest)
    for values in fields:
        squares += np.square(np.maximum(values + radius, 0.0))
    rounded: Values = np.minimum(highest, -radius) + np.sqrt(squares)
    return rounded


def round_union(first: Values, second: Values, radius: float) -> Values:
    """Unite two distances with a concave fillet of the given radius (mm) in the seam."""
    return -round_intersection([-first, -second], radius)


def skin(field: Field, lower: Vectors, upper: Vectors, voxel: float, relaxations: int = 4) -> Solid:
    """Mesh the largest connected surface of the zero level of `field` within the box `lower`..`upper`.

    `voxel` is the sampling distance in mm; the box must contain the whole solid. The normals are the
    field's gradient. Raises ValueError if the field has no surface in the box.
    """
    lower = np.asarray(lower, dtype=np.float64) - 2 * voxel
    counts = np.ceil((np.asarray(upper) + 2 * voxel - lower) / voxel).astype(int) + 1
    samples = _sample(field, lower, counts, voxel)
    if samples.min() >= 0 or samples.max() <= 0:
        raise ValueError("the parameters leave no solid")
    # A sample of exactly zero would put several vertices on one grid point: zero-area triangles.
    samples[np.abs(samples) < 1e-4 * voxel] = 1e-4 * voxel
    vertices, triangles, _, _ = marching_cubes(samples, 0.0, gradient_direction="descent")
    points = vertices.astype(np.float64) * voxel + lower
    points, faces = _largest_piece(points, triangles.astype(np.int64))
    links = _neighbor_averages(len(points), faces)
    for _ in range(relaxations):
        points, normals = _onto_surface(field, points, voxel)
        drift = links @ points - points
        drift -= np.sum(drift * normals, axis=1, keepdims=True) * normals
        points = points + 0.6 * drift
    for _ in range(2):
        points, normals = _onto_surface(field, points, voxel)
    return Solid(points, faces).tidied(0.01 * voxel).with_normals(lambda at: _gradient(field, at, voxel)[1])


def _sample(field: Field, lower: Vectors, counts: NDArray[np.int_], voxel: float) -> NDArray[np.float32]:
    samples = np.empty(counts, dtype=np.float32)
    y, z = np.meshgrid(*(lower[axis] + voxel * np.arange(counts[axis]) for axis in (1, 2)), indexing="ij")
    plane = np.stack([np.zeros(y.size), y.ravel(), z.ravel()], axis=1)
    thickness = max(1, SLAB_POINTS // len(plane))
    for start in range(0, counts[0], thickness):
        slab = np.tile(plane, (min(thickness, counts[0] - start), 1))
        slab[:, 0] = np.repeat(lower[0] + voxel * np.arange(start, start + len(slab) // len(plane)), len(plane))
        samples[start : start + thickness] = field(slab).reshape(-1, counts[1], counts[2])
    return samples


def _gradient(field: Field, points: Vectors, voxel: float) -> tuple[Values, Vectors]:
    step = 0.02 * voxel
    slopes = np.empty_like(points)
    for axis in range(3):
        shift = np.zeros(3)
        shift[axis] = step
        slopes[:, axis] = (field(points + shift) - field(points - shift)) / (2 * step)
    length = np.linalg.norm(slopes, axis=1)
    return length, slopes / np.maximum(length, 1e-9)[:, None]


def _onto_surface(field: Field, points: Vectors, voxel: float) -> tuple[Vectors, Vectors]:
    length, normals = _gradient(field, points, voxel)
    # A field that is not quite a distance may overshoot: no vertex jumps further than half a sample.
    steps = np.clip(field(points) / np.maximum(length, 0.2), -0.5 * voxel, 0.5 * voxel)
    return points - steps[:, None] * normals, normals


def _edges(triangles: Triangles) -> Triangles:
    return np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])


def _largest_piece(points: Vectors, triangles: Triangles) -> tuple[Vectors, Triangles]:
    edges = _edges(triangles)
    graph = csr_matrix((np.ones(len(edges), dtype=np.int8), edges.T), shape=(len(points), len(points)))
    _, labels = connected_components(graph, directed=False)
    kept = labels == np.bincount(labels).argmax()
    renumbered = np.cumsum(kept) - 1
    return points[kept], renumbered[triangles[kept[triangles[:, 0]]]]


def _neighbor_averages(size: int, triangles: Triangles) -> csr_matrix:
    edges = _edges(triangles)
    # Each edge of a closed oriented surface occurs once in both directions.
    weights = 1.0 / np.bincount(edges[:, 0], minlength=size)
    return csr_matrix((weights[edges[:, 0]], (edges[:, 0], edges[:, 1])), shape=(size, size))
