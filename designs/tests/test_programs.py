"""The generative programs: same bytes, closed solids, true sizes, refused parameters."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh
from manifold3d import Manifold, Mesh
from PIL import Image

from designs.programs import PROGRAMS, ParameterError
from designs.programs.__main__ import main
from designs.programs.branching_coral import BranchingCoral
from designs.programs.flow_field import FlowField
from designs.programs.growth_rings import GrowthRings
from designs.programs.herbarium import Herbarium
from designs.programs.lattice_lantern import LatticeLantern
from designs.programs.pierced_screen import PiercedScreen
from designs.programs.reaction_relief import ReactionRelief
from designs.programs.schwarz_block import SchwarzBlock
from designs.programs.topology_bracket import TopologyBracket
from designs.programs.twisted_vessel import TwistedVessel
from designs.programs.voronoi_shell import VoronoiShell

REPOSITORY = Path(__file__).resolve().parents[2]

SMALL = {
    "lattice_lantern": LatticeLantern(diameter=80, height=80, period=40, resolution=44),
    "twisted_vessel": TwistedVessel(resolution=96),
    "flow_field": FlowField(spacing=1.4, stones=2, resolution=240),
    "reaction_relief": ReactionRelief(size=60, steps=600, resolution=64),
    "voronoi_shell": VoronoiShell(cells=30, wall=5, strut=5, resolution=48),
    "branching_coral": BranchingCoral(spread=60, height=70, points=80, tip=2, resolution=64),
    "pierced_screen": PiercedScreen(leaves=2, leaf=40, height=60),
    "schwarz_block": SchwarzBlock(width=48, height=48, lean=0.3, resolution=40),
    "topology_bracket": TopologyBracket(cells=16, iterations=8),
    "growth_rings": GrowthRings(rings=3, steps=8, resolution=240),
    "herbarium": Herbarium(plants=2, generations=4, resolution=240),
}
PRINTS = ["flow_field", "growth_rings", "herbarium"]
SOLIDS = [slug for slug in SMALL if slug not in PRINTS]


@pytest.fixture(scope="module")
def outputs() -> dict[str, bytes]:
    return {slug: PROGRAMS[slug].generate(parameters, 5) for slug, parameters in SMALL.items()}


def loaded(slug: str, content: bytes) -> trimesh.Trimesh:
    """The mesh in mm, z up, with equal corners merged."""
    mesh = trimesh.load(io.BytesIO(content), file_type=PROGRAMS[slug].extension, force="mesh")
    vertices = np.asarray(mesh.vertices)
    if PROGRAMS[slug].extension == "glb":
        vertices = np.stack([vertices[:, 0], -vertices[:, 2], vertices[:, 1]], axis=1) * 1000
    return trimesh.Trimesh(vertices, mesh.faces)


def glb_document(content: bytes) -> dict:
    length, _ = struct.unpack_from("<II", content, 12)
    return json.loads(content[20 : 20 + length])


@pytest.mark.parametrize("slug", sorted(SMALL))
def test_same_parameters_and_seed_make_the_same_bytes(slug: str, outputs: dict[str, bytes]) -> None:
    assert PROGRAMS[slug].generate(SMALL[slug], 5) == outputs[slug]


@pytest.mark.parametrize("slug", sorted(SMALL))
def test_another_seed_makes_other_bytes(slug: str, outputs: dict[str, bytes]) -> None:
    assert PROGRAMS[slug].generate(SMALL[slug], 6) != outputs[slug]


@pytest.mark.long
def test_another_process_makes_the_same_bytes_without_django(tmp_path: Path, outputs: dict[str, bytes]) -> None:
    stated = {slug: parameters.as_json() for slug, parameters in SMALL.items()}
    script = (
        "import hashlib, json, sys\n"
        "from designs.programs import PROGRAMS\n"
        "for slug, values in json.load(sys.stdin).items():\n"
        "    content = PROGRAMS[slug].generate(PROGRAMS[slug].parameters_type.from_mapping(values), 5)\n"
        "    print(slug, hashlib.sha256(content).hexdigest(), 'django' in sys.modules)\n"
    )
    # One thread for linear algebra: the bytes must not depend on how many share the sums.
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "7"},
        input=json.dumps(stated),
        capture_output=True,
        text=True,
        check=True,
    )
    here = [f"{slug} {hashlib.sha256(outputs[slug]).hexdigest()} False" for slug in SMALL]
    assert run.stdout.splitlines() == here


@pytest.mark.parametrize("slug", SOLIDS)
def test_solid_is_closed_in_one_piece_and_faces_outward(slug: str, outputs: dict[str, bytes]) -> None:
    mesh = loaded(slug, outputs[slug])
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.volume > 0
    assert mesh.body_count == 1


@pytest.mark.parametrize("slug", SOLIDS)
def test_solid_has_no_degenerate_triangles(slug: str, outputs: dict[str, bytes]) -> None:
    mesh = loaded(slug, outputs[slug])
    assert mesh.area_faces.min() > 1e-7
    assert mesh.edges_unique_length.min() > 1e-4


@pytest.mark.parametrize("slug", SOLIDS)
def test_solid_stands_centered_on_its_base(slug: str, outputs: dict[str, bytes]) -> None:
    lower, upper = loaded(slug, outputs[slug]).bounds
    assert lower[2] == pytest.approx(0, abs=1e-4)
    assert (lower + upper)[:2] == pytest.approx([0, 0], abs=1e-3)


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("lattice_lantern", (80, 80, 76.8)),
        ("reaction_relief", (60, 60, 8)),
        ("voronoi_shell", (111.4, 111.4, 136.25)),
        ("schwarz_block", (48, 48, 48)),
        ("pierced_screen", (77.0, 20.2, 60)),
        ("topology_bracket", (107, 44, 84)),
        ("branching_coral", (60, 60, 70)),
    ],
)
def test_solid_has_the_stated_size(slug: str, expected: tuple[float, ...], outputs: dict[str, bytes]) -> None:
    extents = loaded(slug, outputs[slug]).extents
    assert extents == pytest.approx(expected, rel=0.05)


def test_vessel_is_as_tall_as_stated(outputs: dict[str, bytes]) -> None:
    assert loaded("twisted_vessel", outputs["twisted_vessel"]).extents[2] == pytest.approx(160, abs=1e-3)


def test_vessel_wall_has_the_stated_thickness() -> None:
    parameters = TwistedVessel(flutes=24, flute_depth=2, twist=-60, corners=4, exponent=3, resolution=192)
    mesh = loaded("twisted_vessel", PROGRAMS["twisted_vessel"].generate(parameters, 5))
    solid = Manifold(Mesh(mesh.vertices.astype(np.float32), mesh.faces.astype(np.uint32)))
    inner = (mesh.triangles_center[:, 2] > 30) & (mesh.triangles_center[:, 2] < 140)
    inner &= np.einsum("ni,ni->n", mesh.face_normals[:, :2], mesh.triangles_center[:, :2]) < 0
    thicknesses = []
    for face in np.flatnonzero(inner)[::37]:
        start, inward = mesh.triangles_center[face], -mesh.face_normals[face]
        hits = solid.ray_cast((start + 0.01 * inward).tolist(), (start + 20 * inward).tolist())
        thicknesses.append(min(hit.distance for hit in hits) * 19.99)
    assert min(thicknesses) > 0.85 * parameters.wall


def test_lantern_wall_is_graded_from_top_to_base() -> None:
    parameters = LatticeLantern(diameter=80, height=80, period=40, wall_top=2, wall_base=5, hollow=0, resolution=64)
    mesh = loaded("lattice_lantern", PROGRAMS["lattice_lantern"].generate(parameters, 5))
    solid = Manifold(Mesh(mesh.vertices.astype(np.float32), mesh.faces.astype(np.uint32)))
    measured = []
    for low, high in ((5, 20), (55, 70)):
        at_height = (mesh.triangles_center[:, 2] > low) & (mesh.triangles_center[:, 2] < high)
        distances = []
        for face in np.flatnonzero(at_height)[::41]:
            start, inward = mesh.triangles_center[face], -mesh.face_normals[face]
            hits = solid.ray_cast((start + 0.01 * inward).tolist(), (start + 20 * inward).tolist())
            distances.extend([min(hit.distance for hit in hits) * 19.99] if hits else [])
        measured.append(float(np.median(distances)))
    base = parameters.foot * parameters.height
    lifts = [(12.5 / (80 - base)), (62.5 / (80 - base))]
    assert measured == pytest.approx([5 - 3 * lift for lift in lifts], rel=0.08)


def test_normals_of_a_solid_agree_with_its_triangles(outputs: dict[str, bytes]) -> None:
    for slug in ("lattice_lantern", "reaction_relief", "voronoi_shell"):
        mesh = trimesh.load(io.BytesIO(outputs[slug]), file_type="glb", force="mesh", process=False)
        stated = np.asarray(mesh.vertex_normals)
        assert np.linalg.norm(stated, axis=1) == pytest.approx(np.ones(len(stated)), abs=1e-4)
        at_corners = stated[mesh.faces].mean(axis=1)
        agreement = np.einsum("ni,ni->n", at_corners, np.asarray(mesh.face_normals))
        assert np.quantile(agreement, 0.01) > 0.5


@pytest.mark.parametrize("slug", PRINTS)
def test_drawing_is_a_png_of_the_stated_size_on_warm_paper(slug: str, outputs: dict[str, bytes]) -> None:
    image = Image.open(io.BytesIO(outputs[slug]))
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (240, 180))
    corner = np.asarray(image)[:8, :8].reshape(-1, 3).mean(axis=0)
    assert corner == pytest.approx([246, 241, 229], abs=3)
    drawn = np.asarray(image)[60:170, 40:200].reshape(-1, 3)
    assert (drawn.max(axis=1) < 200).mean() > 0.01


def test_default_drawing_is_2400_by_1800() -> None:
    assert FlowField().resolution == 2400


@pytest.mark.parametrize("slug", [slug for slug in SOLIDS if slug != "twisted_vessel"])
def test_glb_states_program_parameters_and_seed(slug: str, outputs: dict[str, bytes]) -> None:
    assert glb_document(outputs[slug])["asset"]["extras"] == {
        "program": slug,
        "version": "1.0.0",
        "parameters": dataclasses.asdict(SMALL[slug]),
        "seed": 5,
    }


@pytest.mark.parametrize("slug", PRINTS)
def test_png_states_program_parameters_and_seed(slug: str, outputs: dict[str, bytes]) -> None:
    stated = json.loads(Image.open(io.BytesIO(outputs[slug])).text["Loomprint"])
    assert stated == PROGRAMS[slug].stamp(SMALL[slug], 5)


def test_stl_header_cannot_be_taken_for_text(outputs: dict[str, bytes]) -> None:
    header = outputs["twisted_vessel"][:80]
    assert header.rstrip() == b"Loomprint twisted_vessel 1.0.0 seed 5, mm, z up"
    (triangles,) = struct.unpack_from("<I", outputs["twisted_vessel"], 80)
    assert len(outputs["twisted_vessel"]) == 84 + 50 * triangles


@pytest.mark.parametrize("slug", sorted(SMALL))
def test_program_hash_is_that_of_the_source_file(slug: str) -> None:
    source = REPOSITORY / "designs" / "programs" / f"{slug}.py"
    expected = hashlib.sha256(source.read_bytes()).hexdigest()
    assert PROGRAMS[slug].program_hash() == expected
    assert PROGRAMS[slug].provenance(SMALL[slug], 5)["program_sha256"] == expected


@pytest.mark.parametrize("slug", sorted(SMALL))
def test_provenance_is_json_and_restores_the_parameters(slug: str) -> None:
    program = PROGRAMS[slug]
    stated = json.loads(json.dumps(program.provenance(SMALL[slug], 5)))
    assert program.parameters_type.from_mapping(stated["parameters"]) == SMALL[slug]
    assert set(stated["shared_sha256"]) == {name.rpartition(".")[2] for name in program.shared_modules}


@pytest.mark.parametrize(
    ("program", "values", "name", "reason"),
    [
        ("lattice_lantern", {"diameter": 500}, "diameter", "must be from 60 to 180 mm, not 500"),
        ("lattice_lantern", {"diameter": float("nan")}, "diameter", "must be from 60 to 180 mm, not nan"),
        ("lattice_lantern", {"diameter": "wide"}, "diameter", "must be a number, not 'wide'"),
        ("lattice_lantern", {"diameter": True}, "diameter", "must be a number, not True"),
        ("lattice_lantern", {"resolution": 64.0}, "resolution", "must be a whole number, not 64.0"),
        ("lattice_lantern", {"surface": "torus"}, "surface", "must be one of gyroid, diamond, not 'torus'"),
        ("lattice_lantern", {"wall_base": 8, "period": 30}, "period", "must be at least 5 times the thickest wall"),
        ("twisted_vessel", {"resolution": 100}, "resolution", "must be a multiple of 16"),
        ("twisted_vessel", {"flutes": 48, "resolution": 96}, "resolution", "must be at least 6 a flute"),
        ("flow_field", {"pen": 1.0}, "pen", "must be at most nine tenths of the spacing"),
        ("reaction_relief", {"edge": 3.0}, "edge", "must be at most 0.45 of the base"),
        ("reaction_relief", {"resolution": 65}, "resolution", "must be even"),
        ("voronoi_shell", {"cells": 400, "strut": 8}, "strut", "must be at most half of the mean cell"),
        ("branching_coral", {"taken": 3.0}, "taken", "must be at least 1.5 steps"),
        ("branching_coral", {"reach": 10}, "reach", "must be at least twice the distance"),
        ("branching_coral", {"trunk": 80, "height": 120}, "trunk", "must be at most 0.6 of the height"),
        ("pierced_screen", {"cell": 40, "leaf": 45}, "cell", "must fit at least once"),
        ("pierced_screen", {"strap": 4, "cell": 15}, "strap", "must be at most a fifth of the cell"),
        ("schwarz_block", {"wall_base": 7}, "period", "must be at least 5 times the thickest wall"),
        ("schwarz_block", {"period": 70}, "period", "must fit one and a half times into the larger side"),
        ("topology_bracket", {"bolt": 10}, "bolt", "must be at most a fifth of the width"),
        ("topology_bracket", {"bolt": 7, "height": 40}, "bolt", "must be at most a seventh of the height"),
        ("topology_bracket", {"pin_height": 0.1}, "pin_height", "must leave 1.1 pin diameters"),
        ("growth_rings", {"room": 1.5}, "room", "must be at least 1.5 times the spacing"),
        ("growth_rings", {"resolution": 250}, "resolution", "must be a multiple of 16"),
        ("herbarium", {"resolution": 250}, "resolution", "must be a multiple of 16"),
    ],
)
def test_wrong_parameter_is_refused_by_name(program: str, values: dict, name: str, reason: str) -> None:
    with pytest.raises(ParameterError) as refusal:
        PROGRAMS[program].parameters_type.from_mapping(values)
    assert refusal.value.name == name
    assert refusal.value.reason.startswith(reason)


def test_unknown_parameter_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(ParameterError, match=r"radius: no such parameter; known are .*diameter"):
        LatticeLantern.from_mapping({"radius": 3})


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5, True, "7"])
@pytest.mark.parametrize("slug", sorted(SMALL))
def test_seed_outside_its_range_is_refused(slug: str, seed: object) -> None:
    with pytest.raises(ParameterError, match="seed: must be a whole number"):
        PROGRAMS[slug].generate(SMALL[slug], seed)


def test_command_line_writes_the_same_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "vessel.stl"
    status = main(
        [
            "twisted_vessel",
            "--out",
            str(target),
            "--seed",
            "9",
            "--set",
            "resolution=96",
            "--set",
            "twist=45.5",
        ]
    )
    assert status == 0
    parameters = TwistedVessel(resolution=96, twist=45.5)
    assert target.read_bytes() == PROGRAMS["twisted_vessel"].generate(parameters, 9)
    assert json.loads(capsys.readouterr().out)["parameters"] == dataclasses.asdict(parameters)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("twist=far", "twist: 'far' is not a number"),
        ("twist", "twist: write --set key=value"),
        ("colour=red", "colour: no such parameter"),
    ],
)
def test_command_line_refuses_a_bad_setting_and_writes_nothing(
    setting: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "vessel.stl"
    assert main(["twisted_vessel", "--out", str(target), "--set", setting]) == 2
    assert capsys.readouterr().err.startswith(message)
    assert not target.exists()


def test_command_line_lists_the_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["voronoi_shell"]) == 0
    assert "strut = 3.4 mm  (1.4 to 8.0)  narrowest width of a strut" in capsys.readouterr().out
