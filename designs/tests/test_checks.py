"""Walls, gaps, overhangs and faces that cross: right on shapes whose answer is known, and harmless when they fail."""

import io

import numpy as np
import pytest

from designs.inspection import DetectedType, checks, inspect, measurements, preflight, run_checks
from designs.models import SHARE_UNITS, Design
from designs.services.processing import process_version
from designs.services.received import ReceivedFile
from designs.services.upload import MadeWith, Part, create_draft
from designs.tests.samples import CUBE_CORNERS, CUBE_FACES, binary_stl
from designs.untrusted import measures, topology
from designs.untrusted.crossings import crossing_faces
from designs.untrusted.rays import measured
from designs.untrusted.refusal import Refusal

Mesh = tuple[np.ndarray, np.ndarray]


def box(low, high, *, inside_out: bool = False) -> Mesh:
    corners = np.asarray(low, float) + CUBE_CORNERS * (np.asarray(high, float) - np.asarray(low, float))
    return corners, np.asarray(CUBE_FACES)[:, ::-1] if inside_out else np.asarray(CUBE_FACES)


def together(*meshes: Mesh) -> Mesh:
    offsets = np.cumsum([0, *(len(points) for points, _faces in meshes)])
    faces = [faces + offset for (_points, faces), offset in zip(meshes, offsets[:-1], strict=True)]
    return np.concatenate([points for points, _faces in meshes]), np.concatenate(faces)


def stl(mesh: Mesh) -> bytes:
    points, faces = mesh
    return binary_stl(points[faces])


HOLLOW = together(box((0, 0, 0), (20, 20, 20)), box((2, 2, 2), (18, 18, 18), inside_out=True))
"""A shell with walls of 2 all around."""


@pytest.mark.parametrize(
    ("other", "crossing"),
    [
        (box((0.5, 0.5, 0.5), (1.5, 1.5, 1.5)), 12),
        (box((0.3, 0.2, -0.1), (1.3, 1.2, 0.9)), 12),
        (box((1, 0, 0), (2, 1, 1)), 0),
        (box((1, 1, 1), (2, 2, 2)), 0),
        (box((0.2, 0.2, 0.2), (0.8, 0.8, 0.8)), 0),
        (box((3, 0, 0), (4, 1, 1)), 0),
        (box((0.25, 0.25, 0.9), (0.75, 0.75, 2)), 10),
    ],
    ids=["corner in corner", "askew", "side by side", "corner to corner", "one in the other", "apart", "a peg"],
)
def test_faces_cross_where_solids_run_into_each_other(other, crossing) -> None:
    cube = box((0, 0, 0), (1, 1, 1))
    assert crossing_faces(*together(cube, other)) == crossing
    # Wherever it lies and however large it is.
    points, faces = together(cube, other)
    assert crossing_faces(points * 1e-3 + 5, faces) == crossing


def test_every_pair_that_crosses_is_found() -> None:
    """Against each pair one by one, on triangles strewn at random."""
    points = np.random.default_rng(3).random((240, 3))
    faces = np.arange(240).reshape(-1, 3)
    alone = {
        index
        for one in range(len(faces))
        for other in range(one)
        if crossing_faces(points, faces[[other, one]])
        for index in (one, other)
    }
    assert len(alone) > 60
    assert crossing_faces(points, faces) == len(alone)


def test_too_many_close_faces_are_given_up() -> None:
    points = np.random.default_rng(3).random((600, 3))
    with pytest.raises(Refusal, match="too_many_close_faces"):
        crossing_faces(points, np.arange(600).reshape(-1, 3), max_pairs=1000)


def test_walls_and_gaps_are_what_they_were_built_with() -> None:
    walls = measured(*HOLLOW, inward=True, samples=4000)
    assert walls["rays"] == 4000
    assert walls["hits"] > 2200
    assert walls["percentiles"]["1"] == pytest.approx(2, abs=1e-3)
    two = together(box((0, 0, 0), (10, 10, 10)), box((10.25, 0, 0), (20, 10, 10)))
    gaps = measured(*two, inward=False, samples=4000)
    assert gaps["percentiles"] == {part: pytest.approx(0.25, abs=1e-4) for part in ("1", "5", "25", "50")}
    assert measured(*box((0, 0, 0), (1, 1, 1)), inward=False, samples=4000)["percentiles"] == {}
    assert measured(*HOLLOW, inward=True, samples=4000) == walls


def test_a_sharp_edge_is_no_thin_wall() -> None:
    """Rays near the edge of a wedge graze its other side; the thinnest wall is not 0."""
    points = np.array([[0, 0, 0], [40, 0, 0], [0, 0, 40], [0, 10, 0], [40, 10, 0], [0, 10, 40]], float)
    faces = np.array([[0, 2, 1], [3, 4, 5], [0, 1, 4], [0, 4, 3], [0, 3, 5], [0, 5, 2], [1, 2, 5], [1, 5, 4]])[:, ::-1]
    edges = topology.EdgeFacts.of(faces, 6)
    assert edges.closed
    assert edges.consistent
    volume = measures.volume(points, faces)
    assert volume != 0
    walls = measured(points, faces if volume > 0 else faces[:, ::-1], inward=True)
    assert walls["percentiles"]["1"] == pytest.approx(10, abs=0.01)


def test_overhang_counts_what_leans_out_and_not_what_stands() -> None:
    points, faces = box((0, 0, 0), (10, 10, 10))
    assert measures.overhang(points, faces, up="z") == 0.0
    table = together(box((4, 4, 0), (6, 6, 10)), box((0, 0, 10), (10, 10, 12)))
    whole = 2 * 4 + 4 * 20 + 2 * 100 + 4 * 20
    assert measures.overhang(*table, up="z") == pytest.approx(100 / whole)
    assert measures.overhang(*table, up="y") != measures.overhang(*table, up="z")


def test_the_center_of_mass_of_a_shell_far_away_keeps_its_digits() -> None:
    points, faces = together(box((0, 0, 0), (2, 2, 2)), box((2.5, 0, 0), (4.5, 2, 2)))
    center = measures.center_of_mass(points + 1e6, faces)
    assert center is not None
    assert center.tolist() == pytest.approx([1e6 + 2.25, 1e6 + 1, 1e6 + 1], abs=1e-6)


def looked_at(content: bytes, folder) -> tuple[DetectedType, dict]:
    path = folder / "mesh.stl"
    path.write_bytes(content)
    detected = preflight(path, "mesh.stl")
    return detected, inspect(path, detected, folder).facts


def test_each_check_has_its_child_and_says_why_when_it_has_no_value(tmp_path, monkeypatch) -> None:
    detected, facts = looked_at(stl(HOLLOW), tmp_path)
    assert (facts["euler_number"], facts["bodies"], facts["overhang"]) == (4, 2, pytest.approx(256 / 3936))
    assert facts["center_of_mass"] == pytest.approx([10, 10, 10])
    told: list[float] = []
    found = run_checks(tmp_path / "mesh.stl", detected, facts, tmp_path, lambda _stage, part: told.append(part))
    assert found["self_intersection"] == {"faces": 0}
    assert found["walls"]["percentiles"]["1"] == pytest.approx(2, abs=1e-3)
    assert told == sorted(told)
    by_name = {one.name: one for one in measurements({**facts, "checks": found})}
    assert (by_name["thinnest_wall"].value, by_name["thinnest_wall"].why) == (found["walls"]["percentiles"]["1"], "")
    assert by_name["volume"].value == pytest.approx(20**3 - 16**3)
    assert all(one.method for one in by_name.values())
    # An STL has no units.
    assert {name: one.why for name, one in by_name.items() if one.reason} == {"units": "not_stated"}
    # Beside the folder that every test has for uploads.
    assert {path.name for path in tmp_path.iterdir()} == {"mesh.stl", "scratch"}


def test_what_cannot_be_measured_is_not_guessed(tmp_path, monkeypatch) -> None:
    points, faces = HOLLOW
    detected, facts = looked_at(stl((points, faces[1:])), tmp_path)
    few = checks.Check(10, checks.CHECKS["self_intersection"].limits, solid=False)
    monkeypatch.setitem(checks.CHECKS, "self_intersection", few)
    found = run_checks(tmp_path / "mesh.stl", detected, facts, tmp_path)
    assert {name: check["why"] for name, check in found.items()} == {
        "self_intersection": "too_many_triangles",
        "walls": "not_watertight",
        "gaps": "not_watertight",
    }
    by_name = {one.name: one for one in measurements({**facts, "checks": found})}
    assert by_name["volume"].reason == "The mesh is not watertight, so it has no inside."
    assert by_name["self_intersection"].reason == "The mesh has too many triangles for this check."
    assert by_name["center_of_mass"].why == by_name["smallest_gap"].why == "not_watertight"


@pytest.mark.django_db
def test_a_check_that_fails_leaves_the_draft_complete(creator, monkeypatch) -> None:
    starved = checks.Limits(90, 120, 64 * 1024**2)
    for name, check in checks.CHECKS.items():
        monkeypatch.setitem(checks.CHECKS, name, checks.Check(check.max_triangles, starved, check.solid))
    design = create_draft(
        owner=creator, title="Shell", description="", tags=[], disclosure="not_ai", made_with=MadeWith(),
        master=ReceivedFile(io.BytesIO(stl(HOLLOW)), "shell.stl"), parts=[Part(creator, "designer", SHARE_UNITS)],
    )  # fmt: skip
    version = design.versions.get()
    version.steps.exclude(name__in=("inspect", "measure")).update(state="done")
    process_version(version_id=version.pk)
    design.refresh_from_db()
    version.refresh_from_db()
    assert design.state == Design.State.DRAFT
    assert set(version.steps.values_list("state", flat=True)) == {"done"}
    assert version.facts["triangles"] == 24
    assert version.facts["checks"].keys() == {"self_intersection", "walls", "gaps"}
    # A forked child begins with what its template has, which lets a small mesh be searched for crossings.
    assert version.facts["checks"]["walls"].keys() == version.facts["checks"]["gaps"].keys() == {"why"}
