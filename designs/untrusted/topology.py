"""How triangles hang together: their edges, and their connected pieces. Lean enough for millions of triangles."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from designs.untrusted.geometry import Corners, chunks


@dataclass(frozen=True)
class EdgeFacts:
    """The undirected edges of a triangle list.

    `count` of different ones; `closed`: each has exactly two faces; `consistent`: the two faces at each edge that has
    two run along it in opposite directions, whatever the other edges have.
    """

    count: int
    closed: bool
    consistent: bool

    @classmethod
    def of(cls, faces: Corners, vertex_count: int) -> "EdgeFacts":
        """Of faces (F, 3) with indices below `vertex_count`, which is less than 2³¹."""
        sides = _sorted_sides(faces, vertex_count)
        edge_count, closed, consistent = 0, len(sides) > 0, True
        for part in chunks(len(sides)):
            # One side from before, and two from behind, tell where an edge begins and whether it has just two sides.
            near = sides[max(0, part.start - 1) : part.stop + 2]
            edges = near >> np.uint64(1)
            begins = np.r_[edges[1:] != edges[:-1], True]
            if part.start == 0:
                begins = np.r_[True, begins]
            else:
                near = near[1:]
            size = part.stop - part.start
            # A side beyond the last one counts as the beginning of another edge.
            begins = np.r_[begins, True, True]
            twice = begins[:size] & ~begins[1 : size + 1] & begins[2 : size + 2]
            edge_count += int(begins[:size].sum())
            closed = closed and bool((twice == begins[:size]).all())
            at = np.flatnonzero(twice)
            consistent = consistent and bool(((near[at] ^ near[at + 1]) & np.uint64(1)).all())
        return cls(edge_count, closed, consistent)


def _sorted_sides(faces: Corners, vertex_count: int) -> NDArray[np.uint64]:
    """For each side of a face its edge, shifted by a bit that says in which direction it runs; equal edges together."""
    sides = np.empty(3 * len(faces), np.uint64)
    for part in chunks(len(faces)):
        for corner in range(3):
            start = faces[part, corner].astype(np.uint64)
            end = faces[part, (corner + 1) % 3].astype(np.uint64)
            edge = np.minimum(start, end) * np.uint64(vertex_count) + np.maximum(start, end)
            sides[corner * len(faces) :][part] = edge << np.uint64(1) | (start < end)
    sides.sort()
    return sides


def used_vertices(faces: Corners, vertex_count: int) -> NDArray[np.bool_]:
    """Which vertices are the corner of a face."""
    used = np.zeros(vertex_count, np.bool_)
    for part in chunks(len(faces)):
        used[faces[part]] = True
    return used


def bodies(faces: Corners, vertex_count: int) -> int:
    """How many connected pieces the faces form, joined by shared vertices.

    Some faces at a time are joined into pieces, and each piece is known by its least root, as in a union-find.
    """
    parent = np.arange(vertex_count, dtype=np.int32)
    for part in chunks(len(faces)):
        corners = faces[part]
        roots, place = np.unique(_roots(parent, corners.reshape(-1)), return_inverse=True)
        place = place.reshape(-1, 3)
        links = (np.r_[place[:, 0], place[:, 0]], np.r_[place[:, 1], place[:, 2]])
        graph = coo_array((np.ones(len(links[0]), np.int8), links), shape=(len(roots), len(roots)))
        count, piece = connected_components(graph, directed=False)
        least = np.full(count, vertex_count, np.int32)
        np.minimum.at(least, piece, roots)
        parent[roots] = least[piece]
        parent[corners] = least[piece[place]]
    used = used_vertices(faces, vertex_count)
    return int((used & (parent == np.arange(vertex_count, dtype=np.int32))).sum())


def _roots(parent: NDArray[np.int32], vertices: Corners) -> NDArray[np.int32]:
    roots = parent[vertices]
    while True:
        above = parent[roots]
        if np.array_equal(above, roots):
            return roots
        roots = above
