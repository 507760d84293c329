"""Thinned copies that recall is measured with: of the asked size, with all of the shape, or said to be spoiled."""

import numpy as np
import pytest
import trimesh

from designs.originality.halves import changed_meshes
from designs.originality.thinning import thinned


def needles() -> tuple[np.ndarray, np.ndarray]:
    """A long rod whose sides are 100 needles, which an edge collapse cannot thin."""
    rod = trimesh.creation.cylinder(radius=1, height=60, sections=100)
    return np.asarray(rod.vertices, dtype=np.float64), np.asarray(rod.faces, dtype=np.int64)


def test_a_closed_body_is_thinned_to_the_asked_size_and_keeps_its_box():
    ball = trimesh.creation.icosphere(subdivisions=4, radius=7)
    fewer = thinned((np.asarray(ball.vertices), np.asarray(ball.faces)), 0.25)
    assert fewer.made
    assert len(fewer.mesh[1]) == pytest.approx(len(ball.faces) / 4, rel=0.01)
    assert np.ptp(fewer.mesh[0][np.unique(fewer.mesh[1])], axis=0) == pytest.approx([14, 14, 14], rel=0.02)


@pytest.mark.long
def test_what_a_collapse_spoils_is_made_by_the_second_simplifier_or_said_to_be_spoiled():
    made = thinned(needles(), 0.25)
    assert made.made
    assert len(made.mesh[1]) == pytest.approx(100, rel=0.1)
    assert not thinned(needles(), 0.02).made


@pytest.mark.long
def test_a_spoiled_copy_is_never_asked_for_as_a_decimated_one():
    flakes = np.random.default_rng(3).normal(size=(1500, 3)), np.arange(1500).reshape(-1, 3)
    changes = [change for change, _mesh in changed_meshes(flakes, np.random.default_rng(1))]
    assert [change for change in changes if "0.25" in change] == ["spoiled 0.25"]
