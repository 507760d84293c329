"""Which faces of a mesh pass through each other: boxes in a tree find the pairs, edges against faces decide."""

import math
from collections.abc import Iterator
from itertools import product

import numpy as np
from numpy.typing import NDArray

from designs.untrusted.geometry import Floats, Indices
from designs.untrusted.refusal import Refusal

MAX_PAIRS = 40_000_000
"""Pairs of close faces that are looked at before a check gives up."""
DEPTH = 1e-6
"""Of the mesh's diagonal: what dips in less than this touches, for single precision moves it as far."""
_CHUNK = 150_000
_EDGES = ((0, 1), (1, 2), (2, 0))


def crossing_faces(positions: Floats, faces: Indices, *, max_pairs: int = MAX_PAIRS) -> int:
    """How many faces an edge of another face passes through, or which have such an edge.

    Faces that only touch, or lie in one plane, do not count. Raises Refusal when too many faces are close.
    """
    low, high = positions.min(axis=0), positions.max(axis=0)
    size = float(np.linalg.norm(high - low)) or 1.0
    # From 0 to 1, so that the tolerances mean the same for every model; positions stay doubles.
    placed = (positions - low) / size
    tree = _BoxTree(placed, faces)
    crossing = np.zeros(len(faces), np.bool_)
    seen = 0
    for left, right in tree.close_pairs():
        seen += len(left)
        if seen > max_pairs:
            raise Refusal("too_many_close_faces")
        cross = _cross(placed, faces[left], faces[right])
        crossing[left[cross]] = True
        crossing[right[cross]] = True
    return int(crossing.sum())


class _BoxTree:
    """Boxes around the faces along a Morton curve, and around every two boxes up to one: a full binary tree."""

    def __init__(self, positions: Floats, faces: Indices) -> None:
        corners = positions[faces].astype(np.float32)
        self._order = np.argsort(_morton(corners.mean(axis=1)), kind="stable")
        corners = corners[self._order]
        self._depth = max(1, math.ceil(math.log2(max(2, len(faces)))))
        leaves = 1 << self._depth
        # An empty box overlaps nothing.
        low = np.full((leaves, 3), np.inf, np.float32)
        high = np.full((leaves, 3), -np.inf, np.float32)
        low[: len(faces)], high[: len(faces)] = corners.min(axis=1), corners.max(axis=1)
        self._levels = [(low, high)]
        while len(low) > 1:
            low, high = np.minimum(low[0::2], low[1::2]), np.maximum(high[0::2], high[1::2])
            self._levels.append((low, high))

    def close_pairs(self) -> Iterator[tuple[Indices, Indices]]:
        """Pairs of faces (left, right) whose boxes overlap, each pair once, in chunks of bounded size."""
        root = np.zeros(1, np.int64)
        waiting: list[tuple[int, Indices, Indices]] = [(self._depth, root, root)]
        while waiting:
            level, left, right = waiting.pop()
            if level == 0:
                yield self._order[left], self._order[right]
                continue
            for start in range(0, len(left), _CHUNK):
                opened = self._opened(level, left[start : start + _CHUNK], right[start : start + _CHUNK])
                if len(opened[0]):
                    waiting.append((level - 1, *opened))

    def _opened(self, level: int, left: Indices, right: Indices) -> tuple[Indices, Indices]:
        """The pairs of children of pairs of nodes that overlap."""
        low, high = self._levels[level - 1]
        lefts, rights = [], []
        for first, second in product((0, 1), repeat=2):
            one, other = 2 * left + first, 2 * right + second
            # Of a node with itself, each pair of children once, and at the leaves no face with itself.
            kept = one < other if level == 1 else one <= other
            one, other = one[kept], other[kept]
            near = ((low[one] <= high[other]) & (low[other] <= high[one])).all(axis=1)
            lefts.append(one[near])
            rights.append(other[near])
        return np.concatenate(lefts), np.concatenate(rights)


def _morton(points: NDArray[np.float32]) -> NDArray[np.uint64]:
    cells = np.clip(points * (1 << 20), 0, (1 << 20) - 1).astype(np.uint64)
    code = np.zeros(len(points), np.uint64)
    for axis in range(3):
        spread = cells[:, axis]
        for shift, mask in (
            (32, 0x1F00000000FFFF),
            (16, 0x1F0000FF0000FF),
            (8, 0x100F00F00F00F00F),
            (4, 0x10C30C30C30C30C3),
            (2, 0x1249249249249249),
        ):
            spread = (spread | (spread << np.uint64(shift))) & np.uint64(mask)
        code |= spread << np.uint64(axis)
    return code


def _cross(positions: Floats, left: Indices, right: Indices) -> NDArray[np.bool_]:
    """For each pair of faces, whether an edge of one passes through the other."""
    found = np.zeros(len(left), np.bool_)
    one, other = positions[left], positions[right]
    of_other, of_one = _heights(one, other), _heights(other, one)
    # Both lie across each other's plane, or they are apart.
    rows = np.flatnonzero(_across(of_other) & _across(of_one))
    one, other, of_other, of_one = one[rows], other[rows], of_other[rows], of_one[rows]
    for start, end in _EDGES:
        found[rows] |= _pierces(other[:, start], other[:, end], of_other[:, start], of_other[:, end], one)
        found[rows] |= _pierces(one[:, start], one[:, end], of_one[:, start], of_one[:, end], other)
    return found


def _heights(triangle: Floats, points: Floats) -> Floats:
    """Signed distance of each of three points (N, 3, 3) to the triangle's plane; 0 where it is a line."""
    normal = np.cross(triangle[:, 1] - triangle[:, 0], triangle[:, 2] - triangle[:, 0])
    length = np.linalg.norm(normal, axis=1, keepdims=True)
    unit = np.divide(normal, length, out=np.zeros_like(normal), where=length > 1e-18)
    heights: Floats = np.einsum("nij,nj->ni", points - triangle[:, :1], unit)
    return heights


def _across(heights: Floats) -> NDArray[np.bool_]:
    across: NDArray[np.bool_] = (heights.max(axis=1) > DEPTH) & (heights.min(axis=1) < -DEPTH)
    return across


def _pierces(start: Floats, end: Floats, above: Floats, below: Floats, triangle: Floats) -> NDArray[np.bool_]:
    """Whether the edge goes from well on one side of the triangle to well on the other, through it."""
    passes = (np.minimum(above, below) < -DEPTH) & (np.maximum(above, below) > DEPTH)
    inside = np.zeros(len(start), np.bool_)
    rows = np.flatnonzero(passes)
    if len(rows) == 0:
        return inside
    share = above[rows] / (above[rows] - below[rows])
    point = start[rows] + share[:, None] * (end[rows] - start[rows])
    first, second, third = (triangle[rows, corner] for corner in range(3))
    u, v, w = second - first, third - first, point - first
    uu, uv, vv = _dot(u, u), _dot(u, v), _dot(v, v)
    wu, wv = _dot(w, u), _dot(w, v)
    area = uu * vv - uv * uv
    whole = np.where(area > 0, area, 1)
    a, b = (vv * wu - uv * wv) / whole, (uu * wv - uv * wu) / whole
    # The rim belongs to the face: an edge may go through exactly where two faces meet.
    inside[rows] = (area > 0) & (a >= -1e-9) & (b >= -1e-9) & (a + b <= 1 + 1e-9)
    return inside


def _dot(one: Floats, other: Floats) -> Floats:
    dots: Floats = np.einsum("ij,ij->i", one, other)
    return dots
