"""Polygons that are not convex keep their shape as triangles, and none takes long."""

import time

import numpy as np
import pytest

from designs.untrusted.geometry import face_vectors
from designs.untrusted.polygons import opened


def area_of(places: np.ndarray, sizes: list[int]) -> tuple[float, float]:
    """The area of the triangles, and that of the polygons: equal if none folds over another."""
    triangles, polygon = opened(np.arange(len(places)), np.array(sizes), places, max_triangles=100_000)
    assert np.bincount(polygon, minlength=len(sizes)).tolist() == [size - 2 for size in sizes]
    vectors = face_vectors(places, triangles)
    together = np.stack([np.bincount(polygon, weights=vectors[:, axis]) for axis in range(3)], axis=1)
    return float(np.linalg.norm(vectors, axis=1).sum() / 2), float(np.linalg.norm(together, axis=1).sum() / 2)


def star(points: int, *, shift: int = 0) -> np.ndarray:
    angles = np.arange(2 * points) * np.pi / points
    radius = np.where(np.arange(2 * points) % 2, 0.3, 1.0)
    return np.roll(np.stack([radius * np.cos(angles), radius * np.sin(angles), 0 * angles], axis=1), shift, axis=0)


L = np.array([[0, 0, 0], [2, 0, 0], [2, 1, 0], [1, 1, 0], [1, 2, 0], [0, 2, 0]], float)
DART = np.array([[0, 0, 0], [2, -1, 0], [0.5, 0, 0], [2, 1, 0]], float)


@pytest.mark.parametrize("axes", [(0, 1, 2), (1, 2, 0), (2, 0, 1), (1, 0, 2), (0, 2, 1), (2, 1, 0)])
def test_polygons_that_are_not_convex_keep_their_area_in_every_plane(axes) -> None:
    for shape in (L, star(5), star(9, shift=1)):
        for turn in range(len(shape)):
            triangles, polygon = area_of(np.roll(shape, turn, axis=0)[:, axes], [len(shape)])
            assert triangles == pytest.approx(polygon)
    for turn in range(4):
        triangles, polygon = area_of(np.roll(DART, turn, axis=0)[:, axes], [4])
        assert triangles == pytest.approx(polygon) == pytest.approx(0.5)


def test_each_of_many_polygons_is_cut_by_itself() -> None:
    square = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
    shapes = [square, L, np.roll(DART, 1, axis=0), square[:3], star(5, shift=1), square]
    places = np.concatenate([shape + np.array([0, 0, number]) for number, shape in enumerate(shapes)])
    triangles, polygons = area_of(places, [len(shape) for shape in shapes])
    assert triangles == pytest.approx(polygons)


def test_a_polygon_of_many_corners_or_without_an_end_takes_no_time() -> None:
    comb = star(4000, shift=1)
    crossing = np.random.default_rng(1).random((3000, 3))
    broken = np.full((3000, 3), np.nan)
    started = time.process_time()
    for places in (comb, crossing, broken):
        triangles, _polygon = opened(np.arange(len(places)), np.array([len(places)]), places, max_triangles=100_000)
        assert len(triangles) == len(places) - 2
    assert time.process_time() - started < 12
