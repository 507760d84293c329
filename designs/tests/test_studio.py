"""The studio around a mesh: everything in the frame, and pictures that differ a little, always alike for a file."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from designs.untrusted import studio

SHAPES = {
    "flat": (1.0, 0.8, 0.05),
    "tall": (0.2, 0.25, 0.95),
    "long": (0.95, 0.1, 0.2),
    "deep": (0.1, 0.95, 0.3),
    "cube": (0.57, 0.57, 0.57),
}
MOODS = [studio.Mood(mirrored, turn) for mirrored in (False, True) for turn in (-studio.TURN, 0.0, studio.TURN)]


def corners(size: tuple[float, float, float]) -> np.ndarray:
    """Corners of a box of this size that stands on the floor at the origin."""
    unit = np.array(np.meshgrid([-0.5, 0.5], [-0.5, 0.5], [0, 1], indexing="ij")).reshape(3, -1).T
    return unit * size


@pytest.mark.parametrize("mood", MOODS, ids=lambda mood: f"{mood.side:+.0f}{mood.turn:+.0f}")
@pytest.mark.parametrize("shape", SHAPES)
def test_every_corner_is_in_the_frame_with_a_margin(shape: str, mood: studio.Mood) -> None:
    points = corners(SHAPES[shape])
    camera = studio.camera_for(points, mood)
    right = np.cross(camera.direction, [0, 0, 1])
    right /= np.linalg.norm(right)
    up = np.cross(right, camera.direction)
    seen = points - camera.origin
    depth = seen @ camera.direction
    wide = np.tan(np.radians(studio.FIELD_OF_VIEW) / 2)
    across, above = np.abs(seen @ right / depth) / wide, np.abs(seen @ up / depth) / wide * studio.ASPECT
    assert depth.min() > 0
    # One of the two fills the frame up to the margin; neither reaches into it.
    assert max(across.max(), above.max()) == pytest.approx(1 - studio.MARGIN, abs=1e-6)
    assert camera.origin[2] > 0


def test_a_mirrored_mood_mirrors_camera_and_light() -> None:
    points = corners(SHAPES["cube"])
    plain, mirrored = (studio.Mood(mirrored, 3.0) for mirrored in (False, True))
    one, other = studio.camera_for(points, plain), studio.camera_for(points, mirrored)
    flip = np.array([-1, 1, 1])
    assert other.origin == pytest.approx(one.origin * flip)
    for here, there in zip(studio.lights(one, points, plain), studio.lights(other, points, mirrored), strict=True):
        assert there.origin == pytest.approx(here.origin * flip)
        assert there.radiance == here.radiance


def test_a_file_always_has_the_same_mood_and_a_page_of_files_several() -> None:
    digests = [hashlib.sha256(bytes([number])).digest() for number in range(40)]
    moods = [studio.mood_of(digest) for digest in digests]
    assert moods == [studio.mood_of(digest) for digest in digests]
    assert {mood.mirrored for mood in moods} == {False, True}
    assert {mood.ground for mood in moods} == set(studio.GROUNDS)
    assert all(-studio.TURN <= mood.turn <= studio.TURN for mood in moods)
    assert np.ptp([mood.turn for mood in moods]) > studio.TURN


def test_grounds_are_quiet() -> None:
    for ground in studio.GROUNDS:
        assert max(ground) - min(ground) < 0.08
        assert min(ground) > 0.75
