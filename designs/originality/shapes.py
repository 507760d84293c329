"""What stays of a surface when it is moved, turned, scaled, mirrored or meshed anew: points and two descriptors.

Nothing here imports Django: the child that parses an upload runs it (designs/untrusted/fingerprint.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import pdist

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

POINTS = 8192
"""Points kept for verification: 48 KiB. Independent of each other, or their spacing would not measure what chance
does. With a quarter of them, two lattices in one frame lie as near to each other as a thinned copy to its original."""
CORNERS = 1024
"""Corners of a mesh that are kept, 6 KiB: one with more of them lies as close to its surface as the points can tell."""
FARTHEST_CORNER = 900.0
"""Of corners that are kept, where the surface's root mean square radius is 1: below the distance from which
services.fingerprints takes none, rounded to 16 bits, too."""
_PAIRED = 2048
DISTANCE_BINS = 64
_FARTHEST_PAIR = 4.0
_SHELLS = np.linspace(0.2, 2.0, 8)
_DEGREES = 8
HARMONICS = len(_SHELLS) * _DEGREES
_ROUNDS = 12
_SETTLED = 1e-3
_FLAT = 1e-9
_AT_A_TIME = 200_000


@dataclass(frozen=True)
class Shape:
    """A surface around its own middle, with a root mean square radius of 1.

    `points` (8192, 3); `distances` (64) and `harmonics` (64) are compared by Euclidean distance. `corners` (N, 3) are
    those of a coarse mesh, at most 1024: they lie on what it is a coarser form of, where its triangles do not.
    """

    points: Floats
    corners: Floats
    distances: Floats
    harmonics: Floats


class NoSurface(ValueError):
    """The faces have no area, or all of it at one place."""


def describe(positions: Floats, faces: Indices) -> Shape:
    """Describe the surface in its own proportions: positions (V, 3), faces (F, 3). Raises NoSurface."""
    return _described(_centered(positions, faces), faces)


def describe_without_stretch(positions: Floats, faces: Indices) -> Shape:
    """Describe the surface after the affine change that spreads it equally along every axis. Raises NoSurface.

    Stretching or shearing a body before does not change the result, up to a rotation: the change is iterated to its
    fixed point, because area, by which the spread is weighed, changes with it.
    """
    positions = _centered(positions, faces)
    for _round in range(_ROUNDS):
        middle, spread = _moments(positions, faces)
        values, axes = np.linalg.eigh(spread)
        if values[0] <= _FLAT * values[2] or values[0] > values[2] * (1 - _SETTLED):
            # A flat sheet has no third direction to spread it along.
            break
        positions = (positions - middle) @ (axes / np.sqrt(values)) @ axes.T
    return _described(positions, faces)


def _centered(positions: Floats, faces: Indices) -> Floats:
    """Positions within the unit cube around zero."""
    used = positions[np.unique(faces)]
    low, high = used.min(axis=0), used.max(axis=0)
    extent = float((high - low).max())
    if not extent > 0:
        raise NoSurface
    moved: Floats = (positions - (low + high) / 2) / extent
    return moved


def _areas(corners: Floats) -> Floats:
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas: Floats = np.linalg.norm(cross, axis=1) / 2
    return areas


def _moments(positions: Floats, faces: Indices) -> tuple[Floats, Floats]:
    """Middle (3) and second moments about it (3, 3) of the surface, exactly."""
    total, first, second = 0.0, np.zeros(3), np.zeros((3, 3))
    for at in range(0, len(faces), _AT_A_TIME):
        corners = positions[faces[at : at + _AT_A_TIME]]
        areas, centers = _areas(corners), corners.sum(axis=1) / 3
        total += float(areas.sum())
        first += areas @ centers
        flat = corners.reshape(-1, 3)
        second += flat.T @ (np.repeat(areas, 3)[:, None] * flat) + 9 * centers.T @ (areas[:, None] * centers)
    if not total > 1e-12:
        raise NoSurface
    middle = first / total
    return middle, second / (12 * total) - np.outer(middle, middle)


def _described(positions: Floats, faces: Indices) -> Shape:
    middle, spread = _moments(positions, faces)
    positions = (positions - middle) / np.sqrt(np.trace(spread))
    samples = sampled(positions, faces, POINTS)
    corners = _corners(positions, faces)
    return Shape(samples, corners, distance_histogram(samples[-_PAIRED:]), shell_harmonics(samples))


def _corners(positions: Floats, faces: Indices) -> Floats:
    """Each corner once; none of a fine mesh, nor of one with a stray triangle far from all of its surface."""
    if len(faces) > 16 * CORNERS:
        return np.empty((0, 3))
    found: Floats = np.unique(positions[np.unique(faces)], axis=0)
    few_and_near = len(found) <= CORNERS and bool(np.abs(found).max(initial=0) < FARTHEST_CORNER)
    return found if few_and_near else np.empty((0, 3))


def sampled(positions: Floats, faces: Indices, count: int) -> Floats:
    """Independent random points on the surface, by area.

    The same file has the same ones every time, and any other file others: where two files shared their chance, points
    of two unlike surfaces over the same triangles would lie nearer to each other than those of one surface do.
    """
    chance = np.random.default_rng(crc32(positions.tobytes()))
    parts = [_areas(positions[faces[at : at + _AT_A_TIME]]) for at in range(0, len(faces), _AT_A_TIME)]
    areas = np.cumsum(np.concatenate(parts))
    chosen = np.searchsorted(areas, chance.random(count) * areas[-1], side="right").clip(max=len(faces) - 1)
    corners = positions[faces[chosen]]
    across, along = np.sqrt(chance.random(count))[:, None], chance.random(count)[:, None]
    points: Floats = corners[:, 0] * (1 - across) + across * (corners[:, 1] * (1 - along) + corners[:, 2] * along)
    return points


def distance_histogram(points: Floats) -> Floats:
    """D2 of Osada and others (2002): how often two points of the surface are how far apart; as square roots, so that
    the Euclidean distance of two is √2 times Hellinger's."""
    bins = (pdist(points) * (DISTANCE_BINS / _FARTHEST_PAIR)).astype(np.int64)
    found = np.bincount(np.minimum(bins, DISTANCE_BINS - 1), minlength=DISTANCE_BINS)
    smooth = np.convolve(found, [0.25, 0.5, 0.25], mode="same") + 1e-9
    return np.sqrt(smooth / smooth.sum())


def shell_harmonics(points: Floats) -> Floats:
    """Energy of each degree of spherical harmonics on concentric shells, after Kazhdan and others (2003).

    A rotation moves energy within a degree and never between degrees; a mirror changes signs only.
    """
    radius = np.linalg.norm(points, axis=1)
    directions = points / np.where(radius > 1e-9, radius, 1)[:, None]
    # Each point counts for the two shells it lies between, so that a small move changes little.
    at = np.interp(radius, _SHELLS, np.arange(len(_SHELLS)))
    share = np.clip(1 - np.abs(at[None, :] - np.arange(len(_SHELLS))[:, None]), 0, 1)
    # Points at random would have this energy by their number alone.
    by_chance = (share**2).sum(axis=1) / (4 * np.pi)
    energies = np.zeros((len(_SHELLS), _DEGREES))
    for degree, order, real, imaginary in _harmonics(directions):
        part = (share @ real) ** 2 + (share @ imaginary) ** 2
        energies[:, degree] += part * (1 if order == 0 else 2)
    energies[:, 1:] -= by_chance[:, None] * (2 * np.arange(1, _DEGREES) + 1)
    flat: Floats = np.sqrt(np.maximum(energies, 0)).reshape(-1)
    return flat / np.linalg.norm(flat)


def _harmonics(directions: Floats) -> Iterator[tuple[int, int, Floats, Floats]]:
    """Orthonormal spherical harmonics at unit vectors (N, 3): degree, order from 0, real and imaginary part.

    By the usual recurrences of the normalized Legendre functions (Press and others, 6.7); the factor sin^m goes into
    the powers of x + iy, so that no angle is needed.
    """
    height = directions[:, 2]
    power = np.ones(len(directions), dtype=np.complex128)
    sectoral = np.sqrt(1 / (4 * np.pi))
    for order in range(_DEGREES):
        before, now = np.zeros_like(height), np.full_like(height, sectoral)
        for degree in range(order, _DEGREES):
            yield degree, order, now * power.real, now * power.imag
            ahead = degree + 1
            factor = np.sqrt((4 * ahead**2 - 1) / (ahead**2 - order**2))
            older = np.sqrt(((ahead - 1) ** 2 - order**2) / (4 * (ahead - 1) ** 2 - 1)) if degree > order else 0.0
            before, now = now, factor * (height * now - older * before)
        power = power * (directions[:, 0] + 1j * directions[:, 1])
        sectoral = -sectoral * np.sqrt((2 * order + 3) / (2 * order + 2))
