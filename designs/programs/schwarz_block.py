"""A block of a minimal surface's lattice with a graded wall, cut to exact planes and opened by a sphere.

Schwarz' primitive surface, Schoen's I-WP or the gyroid in their nodal approximations (von Schnering and Nesper,
Z. Phys. B 83, 1991). The lattice is meshed beyond the block and then cut by booleans (manifold3d): faces are
flat and their edges sharp to the last digit, whatever the sampling.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manifold3d import Manifold, Mesh

from designs.programs.base import ParameterError, Parameters, Program, checked_seed, choice, count, number
from designs.programs.implicit import Field, Values, round_intersection, skin
from designs.programs.solids import Material, Solid, Vectors

FINISHES = {
    "pewter": Material("#a9adb0", 0.35, 0.75),
    "porcelain": Material("#ece8df", 0.5),
    "ochre": Material("#c9974f", 0.65),
    "verdigris": Material("#7fb3a4", 0.7),
}


@dataclass(frozen=True, kw_only=True)
class SchwarzBlock(Parameters):
    """Parameters of the block; lengths in mm."""

    surface: str = choice("primitive", ("primitive", "iwp", "gyroid"), "which minimal surface")
    width: float = number(96, 40, 160, "mm", "width and depth")
    height: float = number(96, 20, 160, "mm", "height")
    period: float = number(32, 16, 80, "mm", "edge of one cell of the surface")
    wall_top: float = number(1.8, 1.2, 6.0, "mm", "wall at the top")
    wall_base: float = number(5.0, 1.2, 8.0, "mm", "wall at the base")
    bite: float = number(0.52, 0.0, 0.8, "", "radius of the sphere at the upper front edge, as a part of the width")
    lean: float = number(0.02, 0.0, 0.5, "", "how far the seed moves the lattice, as a part of the period")
    finish: str = choice("ochre", tuple(FINISHES), "color written into the file")
    resolution: int = count(96, 32, 240, "", "samples across the larger side")

    def check_combination(self) -> None:
        """Refuse a wall that would close the channels. Raises ParameterError."""
        if max(self.wall_top, self.wall_base) > 0.2 * self.period:
            raise ParameterError("period", "must be at least 5 times the thickest wall")
        if 1.5 * self.period > max(self.width, self.height):
            raise ParameterError("period", "must fit one and a half times into the larger side")


def generate(parameters: SchwarzBlock, seed: int) -> bytes:
    """Make the GLB; the seed moves the lattice. Raises ParameterError."""
    random = np.random.default_rng(checked_seed(seed))
    half = np.array([parameters.width, parameters.width, parameters.height]) / 2
    voxel = 2 * float(half.max()) / parameters.resolution
    shift = random.uniform(-parameters.lean, parameters.lean, 3) * parameters.period
    lattice = skin(_field(parameters, shift, half + 2 * voxel), -half - 2 * voxel, half + 2 * voxel, voxel)
    cut = _manifold(lattice) ^ Manifold.cube(tuple(2 * half), True)
    if parameters.bite > 0:
        radius = parameters.bite * parameters.width
        cut -= Manifold.sphere(radius, 256).translate((0.0, -half[1], half[2]))
    solid = _largest(cut.simplify(0.004)).tidied(0.004).on_base()
    return solid.to_glb(PROGRAM.name, FINISHES[parameters.finish], PROGRAM.stamp(parameters, seed))


def _field(p: SchwarzBlock, shift: Vectors, half: Vectors) -> Field:
    frequency = 2 * np.pi / p.period

    def distance(points: Vectors) -> Values:
        value, slope = _nodal(p.surface, (points + shift) * frequency)
        lift = np.clip((points[:, 2] + half[2]) / (2 * half[2]), 0, 1)
        # Value over slope is the distance to first order; the floor keeps it finite at the saddle's flat points.
        across = np.abs(value) / np.maximum(slope * frequency, 0.25 * frequency)
        wall: Values = across - (p.wall_base + (p.wall_top - p.wall_base) * lift) / 2
        return round_intersection([wall, (np.abs(points) - half).max(axis=1)], 0.3)

    return distance


def _nodal(surface: str, angles: Vectors) -> tuple[Values, Values]:
    """Nodal function and the length of its gradient."""
    (sx, sy, sz), (cx, cy, cz) = np.sin(angles).T, np.cos(angles).T
    if surface == "primitive":
        value, slopes = cx + cy + cz, (-sx, -sy, -sz)
    elif surface == "gyroid":
        value = sx * cy + sy * cz + sz * cx
        slopes = (cx * cy - sz * sx, cy * cz - sx * sy, cz * cx - sy * sz)
    else:
        sum_of_doubles = np.cos(2 * angles).sum(axis=1)
        value = 2 * (cx * cy + cy * cz + cz * cx) - sum_of_doubles
        doubled = 2 * np.sin(2 * angles).T
        slopes = tuple(
            -2 * sine * (one + other) + double
            for sine, one, other, double in zip((sx, sy, sz), (cy, cz, cx), (cz, cx, cy), doubled, strict=True)
        )
    return value, np.sqrt(sum(np.square(slope) for slope in slopes))


def _manifold(solid: Solid) -> Manifold:
    return Manifold(Mesh(solid.vertices.astype(np.float32), solid.triangles.astype(np.uint32)))


def _largest(cut: Manifold) -> Solid:
    """The largest body: a corner cut loose would fall off the printer's bed."""
    bodies = cut.decompose()
    if not bodies:
        raise ParameterError("bite", "leaves nothing of the block")
    mesh = max(bodies, key=lambda body: body.volume()).to_mesh()
    return Solid(np.asarray(mesh.vert_properties[:, :3], dtype=np.float64), np.asarray(mesh.tri_verts, dtype=np.int64))


PROGRAM = Program(
    slug="schwarz_block",
    name="Schwarz Block",
    version="1.0.0",
    media_type="model/gltf-binary",
    extension="glb",
    summary="A graded minimal-surface lattice, cut to exact planes and opened by a sphere.",
    module=__name__,
    parameters_type=SchwarzBlock,
    shared_modules=("designs.programs.implicit", "designs.programs.solids"),
)


def program_hash() -> str:
    """SHA-256 of this source file, lower-case hex."""
    return PROGRAM.program_hash()
