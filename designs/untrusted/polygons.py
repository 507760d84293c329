"""Polygons as triangles: fans where they do, the other diagonal or ears cut off where a fan would fold over itself."""

import numpy as np

from designs.untrusted import numbers
from designs.untrusted.geometry import Corners, Floats, Indices

MAX_LOOKS = 20_000_000
"""Corners looked at in one file for those that stand in an ear. A polygon that is too much for what is left of them
stays a fan: it is drawn, and no file takes long."""


def opened(corners: Corners, sizes: Indices, places: Floats, *, max_triangles: int) -> tuple[Indices, Indices]:
    """As numbers.fans, and right for polygons that are not convex; `places` (N, 3) are those of the corners."""
    triangles, polygon = numbers.fans(corners, sizes, max_triangles=max_triangles)
    if len(triangles) == 0 or sizes.max() < 4:
        return triangles, polygon
    with np.errstate(all="ignore"):
        first = places[triangles[:, 0]]
        vectors = np.cross(places[triangles[:, 1]] - first, places[triangles[:, 2]] - first)
        whole = np.stack(
            [np.bincount(polygon, weights=vectors[:, axis], minlength=len(sizes)) for axis in range(3)], axis=1
        )
        lengths = np.einsum("ij,ij->i", whole, whole)
        # A triangle of the fan that faces against its polygon folds over another one.
        turned = np.einsum("ij,ij->i", vectors, whole[polygon]) < -1e-9 * lengths[polygon]
    folded = np.unique(polygon[turned])
    begin = np.cumsum(np.maximum(sizes - 2, 0)) - np.maximum(sizes - 2, 0)
    quads = folded[sizes[folded] == 4]
    start = triangles[begin[quads], 0]
    # One corner of a quad points inward, and both its triangles meet there.
    triangles[begin[quads]] = np.stack([start + 1, start + 2, start + 3], axis=1)
    triangles[begin[quads] + 1] = np.stack([start + 1, start + 3, start], axis=1)
    looks = MAX_LOOKS
    for number in folded[sizes[folded] > 4].tolist():
        start, count = int(triangles[begin[number], 0]), int(sizes[number])
        if count * count > 2 * looks:
            continue
        cut, used = _ears(places[start : start + count], whole[number], looks)
        looks -= used
        if cut is not None:
            triangles[begin[number] : begin[number] + count - 2] = start + cut
    return triangles, polygon


def _ears(places: Floats, normal: Floats, looks: int) -> tuple[Indices | None, int]:
    """Triangles of one polygon (N - 2, 3), or None if it crosses itself or takes too long; and the looks taken."""
    axis = int(np.abs(normal).argmax())
    flat = np.delete(places, axis, axis=1)
    # Seen from the side that makes it counterclockwise.
    if (normal[axis] < 0) != (axis == 1):
        flat = flat[:, ::-1]
    left = list(range(len(flat)))
    triangles: list[tuple[int, int, int]] = []
    used = at = missed = 0
    while len(left) > 3:
        if used >= looks or missed >= len(left):
            return None, used
        used += len(left)
        before, here, after = left[at - 1], left[at], left[(at + 1) % len(left)]
        if _is_ear(flat, before, here, after, left):
            triangles.append((before, here, after))
            del left[at]
            missed = 0
            at %= len(left)
        else:
            missed += 1
            at = (at + 1) % len(left)
    return np.array([*triangles, tuple(left)], np.int64), used


def _is_ear(flat: Floats, before: int, here: int, after: int, left: list[int]) -> bool:
    a, b, c = flat[before], flat[here], flat[after]
    if _side(a, b, c) <= 0:
        return False
    others = flat[[index for index in left if index not in (before, here, after)]]
    inside = (_side(a, b, others) >= 0) & (_side(b, c, others) >= 0) & (_side(c, a, others) >= 0)
    # A corner at the same place as one of the ear's is a seam and does not stand in its way.
    apart = (others != a).any(axis=1) & (others != b).any(axis=1) & (others != c).any(axis=1)
    return not bool((inside & apart).any())


def _side(start: Floats, end: Floats, points: Floats) -> Floats:
    """Twice the area to the left of a line."""
    along, towards = end - start, points - start
    area: Floats = along[0] * towards[..., 1] - along[1] * towards[..., 0]
    return area
