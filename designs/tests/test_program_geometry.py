"""Geometry that the programs promise: exact planes and bores, walls and rods of the stated thickness."""

from __future__ import annotations

import io

import numpy as np
import pytest
import trimesh
from manifold3d import Manifold, Mesh
from PIL import Image

from designs.programs import PROGRAMS
from designs.programs.base import Parameters
from designs.programs.branching_coral import BranchingCoral
from designs.programs.elasticity import Grid, stiffness_of_cube
from designs.programs.growth_rings import GrowthRings
from designs.programs.herbarium import Herbarium
from designs.programs.pierced_screen import PiercedScreen
from designs.programs.schwarz_block import SchwarzBlock
from designs.programs.topology_bracket import TopologyBracket


def mesh_of(slug: str, parameters: Parameters, seed: int = 5) -> trimesh.Trimesh:
    """The program's mesh in mm, z up."""
    content = PROGRAMS[slug].generate(parameters, seed)
    mesh = trimesh.load(io.BytesIO(content), file_type="glb", force="mesh")
    turned = np.stack([mesh.vertices[:, 0], -mesh.vertices[:, 2], mesh.vertices[:, 1]], axis=1) * 1000
    return trimesh.Trimesh(turned, mesh.faces)


def thicknesses(mesh: trimesh.Trimesh, faces: np.ndarray) -> np.ndarray:
    """Way through the solid (mm) from the middle of each face, square to it."""
    solid = Manifold(Mesh(mesh.vertices.astype(np.float32), mesh.faces.astype(np.uint32)))
    found = []
    for face in faces:
        start, inward = mesh.triangles_center[face], -mesh.face_normals[face]
        hits = solid.ray_cast((start + 0.01 * inward).tolist(), (start + 60 * inward).tolist())
        found.append(min(hit.distance for hit in hits) * 59.99 + 0.01)
    return np.array(found)


@pytest.mark.parametrize("surface", ["primitive", "iwp", "gyroid"])
def test_a_block_is_cut_to_exact_planes(surface: str) -> None:
    mesh = mesh_of(
        "schwarz_block", SchwarzBlock(surface=surface, width=48, height=48, bite=0, wall_base=4, resolution=40)
    )
    assert mesh.is_watertight
    assert mesh.extents == pytest.approx([48, 48, 48], abs=1e-3)
    for axis in range(3):
        flat = np.abs(mesh.face_normals[:, axis]) > 0.9999
        outer = flat & (np.abs(mesh.triangles_center[:, axis] - mesh.bounds[:, axis][:, None]).min(axis=0) < 1e-3)
        assert mesh.area_faces[outer].sum() > 100


def test_the_bite_of_a_block_is_an_exact_sphere() -> None:
    parameters = SchwarzBlock(width=48, height=48, bite=0.6, resolution=40)
    mesh = mesh_of("schwarz_block", parameters)
    away = np.linalg.norm(mesh.vertices - np.array([0, -24.0, 48.0]), axis=1)
    # The sphere is a polyhedron of 256 corners around: it is nowhere further in than its chords.
    assert away.min() == pytest.approx(0.6 * 48, abs=0.02)


def test_a_block_wall_grows_from_top_to_base() -> None:
    parameters = SchwarzBlock(width=64, height=64, bite=0, wall_top=2, wall_base=5, resolution=72)
    mesh = mesh_of("schwarz_block", parameters)
    inner = np.abs(mesh.triangles_center[:, :2]).max(axis=1) < 24
    measured = []
    for low, high in ((8, 16), (48, 56)):
        at_height = inner & (mesh.triangles_center[:, 2] > low) & (mesh.triangles_center[:, 2] < high)
        measured.append(float(np.median(thicknesses(mesh, np.flatnonzero(at_height)[::23]))))
    assert measured == pytest.approx([5 - 3 * 12 / 64, 5 - 3 * 52 / 64], rel=0.12)


def test_the_leaves_of_a_screen_are_exactly_as_thick_as_stated() -> None:
    parameters = PiercedScreen(leaves=1, leaf=40, height=60, thickness=3.2, fold=20)
    mesh = mesh_of("pierced_screen", parameters)
    turn = np.radians(-parameters.fold / 2)
    across = np.array([-np.sin(turn), np.cos(turn), 0])
    front = np.flatnonzero(mesh.face_normals @ across > 0.9999)
    widest = front[np.argsort(mesh.area_faces[front])[-40:]]
    assert thicknesses(mesh, widest) == pytest.approx(np.full(40, 3.2), abs=1e-3)


def test_the_pattern_of_a_screen_lets_light_through_and_another_angle_lets_through_another_amount() -> None:
    def volume(angle: float) -> float:
        parameters = PiercedScreen(leaves=1, leaf=50, height=80, angle_start=angle, angle_end=angle, jitter=0)
        return float(mesh_of("pierced_screen", parameters).volume)

    solid = 50 * 80 * PiercedScreen().thickness
    assert 0.3 * solid < volume(36) < 0.8 * solid
    assert volume(36) != pytest.approx(volume(66), rel=0.01)


def test_the_rods_of_a_coral_are_at_least_as_thick_as_its_tips() -> None:
    parameters = BranchingCoral(spread=60, height=70, points=80, tip=2, resolution=110)
    mesh = mesh_of("branching_coral", parameters)
    above = (mesh.triangles_center[:, 2] > 25) & (mesh.triangles_center[:, 2] < 60)
    measured = thicknesses(mesh, np.flatnonzero(above)[::101])
    # A rod's round end is thinner toward its rim; nearly all of the skin is not at an end.
    assert np.quantile(measured, 0.05) > 0.95 * 2 * parameters.tip


def test_more_points_make_more_branches() -> None:
    few, many = (
        mesh_of("branching_coral", BranchingCoral(spread=60, height=70, points=points, tip=2, resolution=64))
        for points in (60, 240)
    )
    assert many.area > 1.3 * few.area


def test_the_bores_of_a_bracket_are_exact() -> None:
    parameters = TopologyBracket(cells=16, iterations=8)
    mesh = mesh_of("topology_bracket", parameters)
    centered = np.array([(mesh.bounds[0, 1] + mesh.bounds[1, 1]) / 2, mesh.bounds[0, 2]])
    left = mesh.bounds[0, 0]
    pin = np.array([left + parameters.arm, 0])
    around_pin = np.abs(mesh.vertices[:, 0] - pin[0]) < 0.6 * parameters.pin
    heights = mesh.vertices[around_pin]
    # The bore's axis lies where the vertices of its wall say; all of them are one radius away from it.
    wall = heights[np.abs(heights[:, 1] - centered[0]) < 5]
    best = min(
        np.abs(np.hypot(wall[:, 0] - pin[0], wall[:, 2] - z) - parameters.pin / 2).min()
        for z in np.arange(10, 40, 0.05)
    )
    assert best < 1e-2
    on_wall = (np.abs(mesh.face_normals[:, 0] + 1) < 1e-6) & (np.abs(mesh.triangles_center[:, 0] - left) < 1e-3)
    disc = np.pi * ((1.25 * parameters.bolt) ** 2 - (parameters.bolt / 2) ** 2)
    assert mesh.area_faces[on_wall].sum() > 4 * 0.9 * disc


def test_a_bracket_uses_about_the_material_it_is_given() -> None:
    for share in (0.15, 0.3):
        mesh = mesh_of("topology_bracket", TopologyBracket(cells=16, iterations=12, volume=share))
        assert 0.55 * share < mesh.volume / np.prod(mesh.extents) < 1.1 * share


def test_stiffness_of_a_cube_carries_rigid_motion_without_force_and_stretch_by_its_modulus() -> None:
    stiffness = stiffness_of_cube()
    corners = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]])
    shift = np.tile([1.0, 2.0, 3.0], 8)
    turn = np.stack([-corners[:, 1], corners[:, 0], np.zeros(8)], axis=1).ravel()
    assert stiffness @ shift == pytest.approx(np.zeros(24), abs=1e-12)
    assert stiffness @ turn == pytest.approx(np.zeros(24), abs=1e-12)
    # Pulled along x and free to narrow, a cube of modulus 1 stores half of the strain's square.
    strain = np.stack([corners[:, 0], -0.33 * corners[:, 1], -0.33 * corners[:, 2]], axis=1).ravel()
    assert strain @ stiffness @ strain == pytest.approx(1.0)


def test_a_pulled_bar_stretches_as_its_modulus_says() -> None:
    nodes = np.array(np.meshgrid(np.arange(7), np.arange(3), np.arange(3), indexing="ij")).reshape(3, -1).T
    held = np.zeros((len(nodes), 3), dtype=bool)
    held[nodes[:, 0] == 0, 0] = held[nodes[:, 1] == 0, 1] = held[nodes[:, 2] == 0, 2] = True
    load = np.zeros((len(nodes), 3))
    at_end = nodes[:, 0] == 6
    inner = np.where(nodes[:, 1] == 1, 2, 1) * np.where(nodes[:, 2] == 1, 2, 1)
    load[at_end, 0] = inner[at_end] / 4
    grid = Grid((6, 2, 2), held.ravel())
    moved = grid.solve(np.full(24, 2.0), load.ravel(), np.zeros(load.size), 1e-10).reshape(-1, 3)
    assert moved[at_end, 0] == pytest.approx(np.full(9, 6 / 2.0), rel=1e-6)
    assert grid.energies(moved.ravel()).sum() * 2.0 == pytest.approx(float((load * moved).sum()), rel=1e-6)


def test_growth_only_grows() -> None:
    def inked(rings: int) -> float:
        image = Image.open(io.BytesIO(PROGRAMS["growth_rings"].generate(GrowthRings(rings=rings, resolution=240), 4)))
        return float((np.asarray(image).min(axis=2) < 190).mean())

    shares = [inked(rings) for rings in (2, 4, 6)]
    assert shares[0] < shares[1] < shares[2] < 0.9


def test_plants_stand_within_the_margin() -> None:
    for species in ("fern", "umbel", "reed"):
        parameters = Herbarium(species=species, plants=3, generations=5, leaf=3, resolution=480)
        image = np.asarray(Image.open(io.BytesIO(PROGRAMS["herbarium"].generate(parameters, 4))))
        dark = np.argwhere(image.max(axis=2) < 190)
        margin = parameters.margin / 203.2 * 480
        assert dark[:, 0].min() > margin - 12
        assert dark[:, 0].max() < 360 - margin + 4
