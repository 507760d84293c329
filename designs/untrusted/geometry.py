"""Triangle geometry in numpy: merging, topology, and normals that keep creases."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Coordinates = NDArray[Any]
"""Doubles, or singles where the file's numbers are such: facts are computed in doubles all the same."""
Corners = NDArray[Any]
"""Indices of vertices, int64 or int32."""

CREASE_DEGREES = 35.0


MERGE_TOLERANCE = 1e-8
"""Positions closer than this part of the largest coordinate are one: less than single precision can tell."""
CHUNK = 1 << 16
"""Rows worked on at a time where all at once would cost several times what the mesh itself takes."""


def merged(positions: Coordinates) -> tuple[Coordinates, NDArray[np.int32]]:
    """Unique positions (V, 3) as precise as given, and for each given position its index among them."""
    largest = max(float(positions.max()), -float(positions.min())) if len(positions) else 0.0
    cell = (largest or 1.0) * MERGE_TOLERANCE
    keys = np.empty(len(positions), np.uint64)
    for part in chunks(len(positions)):
        keys[part] = _mixed(_cells(positions[part], cell))
    order = np.argsort(keys)
    begins = np.ones(len(keys), np.bool_)
    for part in chunks(len(keys) - 1):
        begins[1:][part] = keys[order[1:][part]] != keys[order[:-1][part]]
    del keys
    # The first given of those that are one stands for them.
    first = np.minimum.reduceat(order, np.flatnonzero(begins)) if len(order) else order
    index = np.empty(len(order), np.int32)
    index[order] = np.cumsum(begins, dtype=np.int32) - 1
    del order, begins
    for part in chunks(len(positions)):
        if not np.array_equal(_cells(positions[part], cell), _cells(positions[first[index[part]]], cell)):
            # Two positions share a key: by accident once in a million large files, or on purpose.
            _rows, first, inverse = np.unique(_cells(positions, cell), axis=0, return_index=True, return_inverse=True)
            return positions[first], inverse.reshape(-1).astype(np.int32)
    return positions[first], index


def _cells(positions: Coordinates, cell: float) -> Indices:
    """Where positions lie on a grid, counted in doubles."""
    return np.rint(positions.astype(np.float64) / cell).astype(np.int64)


def _mixed(cells: Indices) -> NDArray[np.uint64]:
    words = cells.view(np.uint64)
    mixed: NDArray[np.uint64] = words[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= (words[:, 1] + np.uint64(1)) * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= (words[:, 2] + np.uint64(2)) * np.uint64(0x165667B19E3779F9)
    mixed ^= mixed >> np.uint64(29)
    return mixed


def chunks(count: int) -> Iterator[slice]:
    """`count` rows, some at a time."""
    for start in range(0, count, CHUNK):
        yield slice(start, min(start + CHUNK, count))


@dataclass(frozen=True)
class Edges:
    """Undirected edges of a triangle list: one row per side of a face, sorted so that equal edges are neighbors.

    Remembers whose side each is; where only the edges count, topology.EdgeFacts takes a third of the memory."""

    order: Indices
    key: Indices

    @classmethod
    def of(cls, faces: Indices, vertex_count: int) -> "Edges":
        start = faces.reshape(-1)
        end = np.roll(faces, -1, axis=1).reshape(-1)
        key = np.minimum(start, end) * vertex_count + np.maximum(start, end)
        order = np.argsort(key, kind="stable")
        return cls(order, key[order])

    def pairs(self) -> tuple[Indices, Indices]:
        """The sides (index 3·face + corner) of each edge that exactly two faces share."""
        starts = np.flatnonzero(np.r_[True, self.key[1:] != self.key[:-1]])
        at = starts[np.diff(np.r_[starts, len(self.key)]) == 2]
        return self.order[at], self.order[at + 1]


def face_vectors(positions: Coordinates, faces: Corners) -> Floats:
    """Cross product of each face's sides, in doubles: its normal, with twice its area as length."""
    first, second, third = (positions[faces[:, corner]].astype(np.float64) for corner in range(3))
    cross: Floats = np.cross(second - first, third - first)
    return cross


def without_slivers(faces: Corners) -> Corners:
    """Faces whose three corners are three vertices."""
    whole = (faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])
    return faces if whole.all() else faces[whole]


def creased(positions: Floats, faces: Indices) -> tuple[Indices, Floats, Indices]:
    """Split vertices along creases and give each a smooth normal.

    `positions` are merged. Corners of faces around a vertex share a normal as far as one gets from face to face over
    edges bent by less than 35°. Returns for each new vertex its old index (N) and its unit normal (N, 3), and the
    faces in new indices (F, 3).
    """
    vectors = face_vectors(positions, faces)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.where(lengths > 0, lengths, 1)
    left, right = Edges.of(faces, len(positions)).pairs()
    smooth = np.einsum("ij,ij->i", unit[left // 3], unit[right // 3]) > np.cos(np.radians(CREASE_DEGREES))
    left, right = left[smooth], right[smooth]
    # A side runs from its corner to the next of the same face; the other face's side usually runs backwards.
    flat = faces.reshape(-1)
    left_next, right_next = _next_corner(left), _next_corner(right)
    opposite = flat[left] == flat[right_next]
    partner = np.where(opposite, right_next, right)
    partner_of_next = np.where(opposite, right, right_next)
    joined = (np.r_[left, left_next], np.r_[partner, partner_of_next])
    graph = coo_array((np.ones(len(joined[0]), np.int8), joined), shape=(len(flat), len(flat)))
    count, group = connected_components(graph, directed=False)
    normals = np.empty((count, 3))
    # Cross products weigh by area, so that slivers which meshers leave along curves do not bend the shading.
    weighted = np.repeat(vectors, 3, axis=0)
    for axis in range(3):
        normals[:, axis] = np.bincount(group, weights=weighted[:, axis], minlength=count)
    size = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = np.where(size > 0, normals / np.where(size > 0, size, 1), [0.0, 0.0, 1.0])
    origin = np.empty(count, np.int64)
    origin[group] = flat
    return origin, normals, group.reshape(-1, 3).astype(np.int64)


def _next_corner(corner: Indices) -> Indices:
    return np.where(corner % 3 == 2, corner - 2, corner + 1)
