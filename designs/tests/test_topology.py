"""Edges, pieces, merging and sums that are worked out some rows at a time, against slow references that are plain."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from designs.tests.measured_files import ring
from designs.untrusted import geometry, measures
from designs.untrusted.geometry import merged
from designs.untrusted.topology import EdgeFacts, bodies

VERTICES = 9
triangles = st.lists(
    st.lists(st.integers(0, VERTICES - 1), min_size=3, max_size=3, unique=True), min_size=0, max_size=24
)


@pytest.fixture(scope="module", autouse=True)
def few_rows_at_a_time():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geometry, "CHUNK", 3)
        yield


def edges_one_by_one(faces: list[list[int]]) -> EdgeFacts:
    sides = Counter((face[corner], face[(corner + 1) % 3]) for face in faces for corner in range(3))
    edges = {tuple(sorted(side)): sides[side] + sides[side[::-1]] for side in sides}
    shared = [edge for edge, count in edges.items() if count == 2]
    return EdgeFacts(len(edges), bool(edges) and len(shared) == len(edges), all(sides[edge] == 1 for edge in shared))


def pieces_one_by_one(faces: list[list[int]]) -> int:
    pieces: list[set[int]] = []
    for face in faces:
        touched = [piece for piece in pieces if piece & set(face)]
        pieces = [piece for piece in pieces if piece not in touched] + [set(face).union(*touched)]
    return len(pieces)


@settings(max_examples=300, deadline=None)
@given(triangles)
def test_edges_and_pieces_are_those_counted_one_by_one(faces) -> None:
    for kind in (np.int32, np.int64):
        array = np.array(faces, kind).reshape(-1, 3)
        assert EdgeFacts.of(array, VERTICES) == edges_one_by_one(faces)
        assert bodies(array, VERTICES) == pieces_one_by_one(faces)


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 1 << 16])
def test_a_closed_mesh_is_closed_wherever_the_rows_are_parted(monkeypatch, rows) -> None:
    monkeypatch.setattr(geometry, "CHUNK", rows)
    points, faces = ring(200)
    faces = faces.astype(np.int32)
    assert EdgeFacts.of(faces, len(points)) == EdgeFacts(len(faces) * 3 // 2, True, True)
    assert EdgeFacts.of(faces[1:], len(points)).closed is False
    turned = np.concatenate([faces[:-1], faces[-1:, ::-1]])
    assert EdgeFacts.of(turned, len(points)) == EdgeFacts(len(faces) * 3 // 2, True, False)
    # A chain of pieces that the last face joins.
    two = np.concatenate([faces, faces + len(points)])
    assert bodies(two, 2 * len(points)) == 2
    assert bodies(np.r_[two, [[0, 1, len(points)]]], 2 * len(points)) == 1


def test_indices_as_large_as_a_file_may_have_do_not_overflow() -> None:
    top = 2**31 - 2
    faces = np.array([[top, top - 1, top - 2], [top - 1, top, 0]], np.int32)
    assert EdgeFacts.of(faces, top + 1) == EdgeFacts(5, False, True)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(*[st.sampled_from([0.0, -0.0, 1.0, 1 + 3e-9, -7.5, 2.5e-9, 1e3])] * 3), max_size=12),
    st.sampled_from([np.float32, np.float64]),
)
def test_merging_keeps_the_first_of_those_that_are_one(given_points, kind) -> None:
    points = np.array(given_points, kind).reshape(-1, 3)
    cell = (float(np.abs(points).max(initial=0)) or 1.0) * geometry.MERGE_TOLERANCE
    first: dict[tuple[float, ...], int] = {}
    for number, row in enumerate(np.rint(points.astype(float) / cell) + 0.0):
        first.setdefault(tuple(row), number)
    positions, index = merged(points)
    assert positions.dtype == kind
    assert len(positions) == len(first)
    stands_for = [first[tuple(row)] for row in np.rint(points.astype(float) / cell) + 0.0]
    assert np.array_equal(positions[index], points[stands_for])


def test_positions_that_share_a_key_are_still_told_apart(monkeypatch) -> None:
    monkeypatch.setattr(geometry, "_mixed", lambda cells: np.zeros(len(cells), np.uint64))
    points = np.random.default_rng(5).random((20, 3))
    positions, index = merged(np.r_[points, points])
    assert len(positions) == 20
    assert np.array_equal(positions[index], np.r_[points, points])


def test_sums_in_single_precision_files_are_those_of_doubles() -> None:
    points, faces = ring(2000)
    # Far from the origin, where singles would lose what the sums need.
    points = points + np.float32(4096)
    doubles = points.astype(np.float64)
    corners = doubles[faces]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    middle = doubles.mean(axis=0)
    volumes = np.einsum("ij,ij->i", corners[:, 0] - middle, cross) / 6
    center = middle + ((corners - middle).sum(axis=1) * volumes[:, None]).sum(axis=0) / 4 / volumes.sum()
    for positions in (points, doubles):
        assert measures.area(positions, faces) == pytest.approx(np.linalg.norm(cross, axis=1).sum() / 2, rel=1e-12)
        assert measures.volume(positions, faces) == pytest.approx(volumes.sum(), rel=1e-12)
        found = measures.center_of_mass(positions, faces)
        assert found is not None
        assert found == pytest.approx(center, rel=1e-12)
        assert measures.overhang(positions, faces, up="z") == measures.overhang(
            positions, faces[:, ::-1], up="z", inside_out=True
        )
