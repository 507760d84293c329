"""Triangle geometry in numpy: merging, topology, and normals that keep creases."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

CREASE_DEGREES = 35.0


MERGE_TOLERANCE = 1e-8
"""Positions closer than this part of the largest coordinate are one: less than single precision can tell."""


def merged(positions: Floats) -> tuple[Floats, Indices]:
    """Unique positions (V, 3), and for each given position its index among them."""
    largest = float(np.abs(positions).max()) if len(positions) else 0.0
    cells = np.rint(positions / ((largest or 1.0) * MERGE_TOLERANCE)).astype(np.int64)
    words = cells.view(np.uint64)
    mixed = words[:, 0] * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= (words[:, 1] + np.uint64(1)) * np.uint64(0xC2B2AE3D27D4EB4F)
    mixed ^= (words[:, 2] + np.uint64(2)) * np.uint64(0x165667B19E3779F9)
    mixed ^= mixed >> np.uint64(29)
    _keys, first, inverse = np.unique(mixed, return_index=True, return_inverse=True)
    if not np.array_equal(cells[first][inverse], cells):
        # Two positions share a key: by accident once in a million large files, or on purpose.
        _rows, first, inverse = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    return positions[first], inverse.reshape(-1).astype(np.int64)


@dataclass(frozen=True)
class Edges:
    """Undirected edges of a triangle list: one row per side of a face, sorted so that equal edges are neighbors."""

    order: Indices
    key: Indices
    forward: NDArray[np.bool_]

    @classmethod
    def of(cls, faces: Indices, vertex_count: int) -> "Edges":
        start = faces.reshape(-1)
        end = np.roll(faces, -1, axis=1).reshape(-1)
        key = np.minimum(start, end) * vertex_count + np.maximum(start, end)
        order = np.argsort(key, kind="stable")
        return cls(order, key[order], (start < end)[order])

    def pairs(self) -> tuple[Indices, Indices]:
        """The sides (index 3·face + corner) of each edge that exactly two faces share."""
        starts, counts = self._runs()
        at = starts[counts == 2]
        return self.order[at], self.order[at + 1]

    def count(self) -> int:
        """How many different edges there are."""
        return len(self._runs()[0])

    def closed(self) -> bool:
        """Whether every edge has exactly two faces."""
        _starts, counts = self._runs()
        return bool(len(counts)) and bool((counts == 2).all())

    def consistent(self) -> bool:
        """Whether the two faces at each shared edge run along it in opposite directions."""
        starts, counts = self._runs()
        at = starts[counts == 2]
        return bool((self.forward[at] != self.forward[at + 1]).all())

    def _runs(self) -> tuple[Indices, Indices]:
        starts = np.flatnonzero(np.r_[True, self.key[1:] != self.key[:-1]])
        return starts, np.diff(np.r_[starts, len(self.key)])


def face_vectors(positions: Floats, faces: Indices) -> Floats:
    """Cross product of each face's sides: its normal, with twice its area as length."""
    first = positions[faces[:, 0]]
    cross: Floats = np.cross(positions[faces[:, 1]] - first, positions[faces[:, 2]] - first)
    return cross


def without_slivers(faces: Indices) -> Indices:
    """Faces whose three corners are three vertices."""
    kept: Indices = faces[(faces[:, 0] != faces[:, 1]) & (faces[:, 1] != faces[:, 2]) & (faces[:, 2] != faces[:, 0])]
    return kept


OVERHANG_DEGREES = 45.0
BED = 1e-3
"""Of the height: what lies within it above the lowest point stands on the printer's bed."""


def overhang(positions: Floats, faces: Indices, *, up: str) -> float:
    """Share of the area, from 0 to 1, that leans out more than 45° from upright and does not lie on the bed.

    `up` is "y" or "z"; faces are wound outward.
    """
    axis = 1 if up == "y" else 2
    vectors = face_vectors(positions, faces)
    areas = np.linalg.norm(vectors, axis=1)
    heights = positions[faces, axis]
    bed = heights.min() + BED * (heights.max() - heights.min())
    # A ten-thousandth of slack: a wall at exactly 45° is one that prints.
    leaning = vectors[:, axis] < -(np.cos(np.radians(OVERHANG_DEGREES)) + 1e-4) * areas
    hanging = leaning & (heights.max(axis=1) > bed)
    return float(areas[hanging].sum() / (areas.sum() or 1.0))


def center_of_mass(positions: Floats, faces: Indices) -> Floats | None:
    """Of a closed solid of one density, (3,); None if it has no volume."""
    middle = (positions.min(axis=0) + positions.max(axis=0)) / 2
    corners = positions[faces] - middle
    # Each face and the middle make a tetrahedron, whose volume has a sign.
    volumes = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2]))
    whole = volumes.sum()
    if abs(whole) < 1e-300:
        return None
    center: Floats = middle + (corners.sum(axis=1) * volumes[:, None]).sum(axis=0) / (4 * whole)
    return center


def bodies(faces: Indices, vertex_count: int) -> int:
    """How many connected pieces the faces form, joined by shared vertices."""
    used = np.unique(faces)
    start, end = faces[:, [0, 0]].reshape(-1), faces[:, [1, 2]].reshape(-1)
    graph = coo_array((np.ones(len(start), np.int8), (start, end)), shape=(vertex_count, vertex_count))
    _count, labels = connected_components(graph, directed=False)
    return len(np.unique(labels[used]))


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
