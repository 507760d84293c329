"""A lantern: the shell of a triply periodic minimal surface, cut to a hollow ellipsoid.

Schoen's gyroid (NASA TN D-5541, 1970) or Schwarz' diamond surface in their usual nodal approximation. The
wall grows thicker toward the base. Not the wall is cut but the surface in its middle, and the wall is laid
around what is left: every rim is a full round of the wall's own thickness, however obliquely the cut meets
the surface.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from designs.programs.base import (
    ParameterError,
    Parameters,
    Program,
    checked_seed,
    choice,
    count,
    number,
)
from designs.programs.implicit import Field, Values, round_intersection, skin
from designs.programs.solids import Material, Vectors

FINISHES = {
    "verdigris": Material("#7fb3a4", 0.7),
    "porcelain": Material("#ece8df", 0.5),
    "graphite": Material("#5b6066", 0.55),
    "ochre": Material("#cfa15a", 0.7),
}

SEAM = 2.0
"""Radius in mm by which the cuts run into each other."""


@dataclass(frozen=True, kw_only=True)
class LatticeLantern(Parameters):
    """Parameters of the lantern; lengths in mm."""

    surface: str = choice("gyroid", ("gyroid", "diamond"), "which minimal surface")
    diameter: float = number(120, 60, 180, "mm", "horizontal diameter")
    height: float = number(120, 60, 180, "mm", "height before the foot is cut")
    period: float = number(42, 20, 90, "mm", "edge of one cell of the surface")
    wall_top: float = number(2.0, 1.0, 6.0, "mm", "wall at the top")
    wall_base: float = number(3.6, 1.0, 8.0, "mm", "wall at the base")
    hollow: float = number(0.5, 0.0, 0.75, "", "inner cavity, as a part of the outer size")
    foot: float = number(0.04, 0.01, 0.2, "", "part of the height cut flat to stand on")
    finish: str = choice("verdigris", tuple(FINISHES), "color written into the file")
    resolution: int = count(120, 32, 320, "", "samples across the larger side")

    def check_combination(self) -> None:
        """Refuse a wall that would close the channels. Raises ParameterError."""
        if max(self.wall_top, self.wall_base) > 0.2 * self.period:
            raise ParameterError("period", "must be at least 5 times the thickest wall")


def generate(parameters: LatticeLantern, seed: int) -> bytes:
    """Make the GLB; the seed places and turns the lattice inside the ellipsoid. Raises ParameterError."""
    field = _field(parameters, np.random.default_rng(checked_seed(seed)))
    size = np.array([parameters.diameter, parameters.diameter, parameters.height]) / 2
    voxel = 2 * float(size.max()) / parameters.resolution
    solid = skin(field, -size, size, voxel).on_base()
    return solid.to_glb(PROGRAM.name, FINISHES[parameters.finish], PROGRAM.stamp(parameters, seed))


def _field(parameters: LatticeLantern, random: np.random.Generator) -> Field:
    size = np.array([parameters.diameter, parameters.diameter, parameters.height]) / 2
    shift = random.uniform(0, 2 * np.pi, 3)
    turn = _rotation(random)
    frequency = 2 * np.pi / parameters.period
    base = -size[2] + parameters.foot * parameters.height

    def distance(points: Vectors) -> Values:
        value, slopes = _nodal(parameters.surface, (points @ turn) * frequency + shift)
        steepness = np.maximum(np.linalg.norm(slopes, axis=1), 0.3)
        across = value / steepness / frequency
        normal = (slopes / steepness[:, None]) @ turn.T
        lift = np.clip((points[:, 2] - base) / (size[2] - base), 0, 1)
        half = (parameters.wall_base + (parameters.wall_top - parameters.wall_base) * lift) / 2
        down = np.broadcast_to([0.0, 0.0, -1.0], points.shape)
        cuts = [(*_ellipsoid(points, size), half), (base - points[:, 2], down, 0.7 * half)]
        if parameters.hollow > 0:
            inward, toward = _ellipsoid(points, size * parameters.hollow)
            cuts.append((-inward, -toward, half))
        beyond = round_intersection([_along(across, normal, *cut) for cut in cuts], SEAM)
        wall = np.hypot(across, np.maximum(beyond, 0)) - half
        return round_intersection([wall, base - points[:, 2]], 0.3)

    return distance


def _along(across: Values, normal: Vectors, depth: Values, facing: Vectors, inset: Values) -> Values:
    """Distance to a cut, measured along the minimal surface from the point of it that is nearest.

    `across` is the signed distance to the surface and `normal` its direction; `depth` that to the cut, which
    faces `facing` and is moved inward by `inset`.
    """
    cosine = np.einsum("ni,ni->n", normal, facing)
    # Where surface and cut are parallel the distance along the surface is not defined; 0.25 keeps it finite.
    sine = np.sqrt(np.maximum(1 - cosine**2, 0.0625))
    result: Values = (depth + inset - across * cosine) / sine
    return result


def _nodal(surface: str, angles: Vectors) -> tuple[Values, Vectors]:
    """Nodal function and its gradient."""
    (sx, sy, sz), (cx, cy, cz) = np.sin(angles).T, np.cos(angles).T
    if surface == "gyroid":
        value = sx * cy + sy * cz + sz * cx
        slopes = (cx * cy - sz * sx, cy * cz - sx * sy, cz * cx - sy * sz)
    else:
        value = sx * sy * sz + sx * cy * cz + cx * sy * cz + cx * cy * sz
        slopes = (
            cx * sy * sz + cx * cy * cz - sx * sy * cz - sx * cy * sz,
            sx * cy * sz - sx * sy * cz + cx * cy * cz - cx * sy * sz,
            sx * sy * cz - sx * cy * sz - cx * sy * sz + cx * cy * cz,
        )
    return value, np.stack(slopes, axis=1)


def _ellipsoid(points: Vectors, radii: Vectors) -> tuple[Values, Vectors]:
    """Distance to an ellipsoid to first order, exact on its surface, and the direction away from it."""
    scaled = np.linalg.norm(points / radii, axis=1)
    slopes = points / radii**2
    steepness = np.maximum(np.linalg.norm(slopes, axis=1), 1e-9)
    distance = scaled * (scaled - 1) / steepness
    # At the very center both norms vanish; any depth inside serves.
    return np.where(scaled < 1e-6, -radii.min(), distance), slopes / steepness[:, None]


def _rotation(random: np.random.Generator) -> Vectors:
    """Uniform random rotation matrix, from a unit quaternion."""
    w, x, y, z = (q := random.normal(size=4)) / np.linalg.norm(q)
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )


PROGRAM = Program(
    slug="lattice_lantern",
    name="Lattice Lantern",
    version="1.0.0",
    media_type="model/gltf-binary",
    extension="glb",
    summary="A triply periodic minimal surface with a graded wall, cut to a hollow ellipsoid.",
    module=__name__,
    parameters_type=LatticeLantern,
    shared_modules=("designs.programs.implicit", "designs.programs.solids"),
)


def program_hash() -> str:
    """SHA-256 of this source file, lower-case hex."""
    return PROGRAM.program_hash()
