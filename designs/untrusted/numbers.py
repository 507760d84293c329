"""Numbers as text, and polygons as triangles."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from designs.untrusted.geometry import Corners, Floats, Indices
from designs.untrusted.refusal import Refusal


def parsed(text: bytes) -> Floats:
    """Every number of a text, whatever blanks part them. Raises Refusal when a word is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)
        try:
            numbers: Floats = np.fromstring(text, dtype=np.float64, sep=" ")
        except (DeprecationWarning, ValueError) as error:
            raise Refusal("unreadable", cause="a number is none") from error
    return numbers


def whole(numbers: NDArray[Any], below: int) -> NDArray[np.int32]:
    """Indices from 0 and below a count, itself below 2³¹. Raises Refusal."""
    if (
        numbers.dtype.kind == "f"
        and numbers.size
        and not (np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all())
    ):
        raise Refusal("unreadable", cause="an index is no whole number")
    if numbers.size and (numbers.min() < 0 or numbers.max() >= below):
        raise Refusal("out_of_bounds")
    return numbers.astype(np.int32)


def fans(corners: Corners, sizes: Indices, *, max_triangles: int) -> tuple[Indices, Indices]:
    """Triangles of polygons that lie end to end in `corners`: their places in it (T, 3), and the polygon of each.

    A polygon is opened like a fan from its first corner; one with fewer than three corners has no triangle.
    """
    counts = np.maximum(sizes - 2, 0)
    total = int(counts.sum())
    if total > max_triangles:
        raise Refusal("too_many_triangles", max_triangles=max_triangles)
    polygon = np.repeat(np.arange(len(sizes)), counts)
    first = np.cumsum(sizes) - sizes
    step = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    start = first[polygon]
    return np.stack([start, start + step + 1, start + step + 2], axis=1), polygon


def linear(encoded: Floats) -> Floats:
    """sRGB values from 0 to 1 as linear light (IEC 61966-2-1)."""
    clipped = np.clip(encoded, 0, 1)
    light: Floats = np.where(clipped <= 0.04045, clipped / 12.92, ((clipped + 0.055) / 1.055) ** 2.4)
    return light
