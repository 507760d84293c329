"""A perforated shell: the edges of a spherical Voronoi diagram, thickened to smooth struts on an egg.

Sites are spread by Lloyd's relaxation (IEEE Trans. Inf. Theory 28, 1982) under a density that grows toward
the base, so that cells are small where the shell carries and wide where it is open. The holes are smooth
maxima of bisector distances, which rounds their corners as bone does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from designs.programs.base import (
    ParameterError,
    Parameters,
    Program,
    checked_seed,
    choice,
    count,
    number,
)
from designs.programs.implicit import Field, Values, round_intersection, round_union, skin
from designs.programs.solids import Material, Vectors

FINISHES = {
    "bone": Material("#eae3d4", 0.6),
    "ink": Material("#3d4a58", 0.55),
    "clay": Material("#c58f6c", 0.75),
    "verdigris": Material("#7fb3a4", 0.7),
}

NEIGHBORS = 9
"""Sites looked at for one point: a Voronoi cell on a surface has six sides on average, seldom over eight."""

RELAXATION_SAMPLES = 12_000
RELAXATIONS = 24


@dataclass(frozen=True, kw_only=True)
class VoronoiShell(Parameters):
    """Parameters of the shell; lengths in mm."""

    diameter: float = number(110, 60, 180, "mm", "largest horizontal diameter")
    height: float = number(138, 60, 180, "mm", "height of the whole egg, before the foot and the mouth are cut")
    taper: float = number(0.16, -0.3, 0.3, "", "how much slimmer the top is; negative: the base")
    cells: int = count(110, 24, 400, "", "number of cells")
    grading: float = number(0.42, 0.0, 0.9, "", "how much smaller cells are at the base than at the top")
    wall: float = number(3.6, 1.6, 8.0, "mm", "thickness of the shell")
    strut: float = number(3.4, 1.4, 8.0, "mm", "narrowest width of a strut")
    softness: float = number(1.3, 0.5, 6.0, "mm", "rounding of the corners of the holes")
    foot: float = number(5.0, 2.0, 20.0, "mm", "height of the closed foot")
    mouth: float = number(0.0, 0.0, 0.6, "", "part of the height cut off at the top; 0 leaves the egg closed")
    finish: str = choice("bone", tuple(FINISHES), "color written into the file")
    resolution: int = count(200, 32, 320, "", "samples across the larger side")

    def check_combination(self) -> None:
        """Refuse struts that would close the holes. Raises ParameterError."""
        cell = np.sqrt(np.pi * self.diameter * self.height / self.cells)
        if self.strut > 0.5 * cell:
            raise ParameterError("strut", f"must be at most half of the mean cell ({cell:.1f} mm)")


@dataclass(frozen=True)
class _Egg:
    """An ellipsoid whose horizontal radius shrinks linearly with height; z = 0 at its middle."""

    radii: Vectors
    taper: float

    def distance(self, points: Vectors) -> Values:
        """Distance to the surface to first order."""
        round_points = self.to_sphere(points)
        scaled = np.linalg.norm(round_points, axis=1)
        slope = np.linalg.norm(round_points / self.radii, axis=1)
        first_order: Values = scaled * (scaled - 1) / np.maximum(slope, 1e-9)
        return np.where(scaled < 1e-6, -self.radii.min(), first_order)

    def to_sphere(self, points: Vectors) -> Vectors:
        height = np.clip(points[:, 2] / self.radii[2], -1.3, 1.3)
        mapped = points / self.radii
        mapped[:, :2] /= (1 - self.taper * height)[:, None]
        return mapped

    def from_sphere(self, directions: Vectors) -> Vectors:
        points = directions * self.radii
        points[:, :2] *= (1 - self.taper * directions[:, 2])[:, None]
        return points


def generate(parameters: VoronoiShell, seed: int) -> bytes:
    """Make the GLB; the seed scatters the sites. Raises ParameterError."""
    random = np.random.default_rng(checked_seed(seed))
    radii = np.array([parameters.diameter, parameters.diameter, parameters.height]) / 2
    egg = _Egg(radii, parameters.taper)
    field = _field(parameters, egg, _sites(parameters, egg, random))
    reach = radii * np.array([1 + abs(parameters.taper), 1 + abs(parameters.taper), 1])
    voxel = 2 * float(radii.max()) / parameters.resolution
    solid = skin(field, -reach, reach, voxel).on_base()
    return solid.to_glb(PROGRAM.name, FINISHES[parameters.finish], PROGRAM.stamp(parameters, seed))


def _sites(parameters: VoronoiShell, egg: _Egg, random: np.random.Generator) -> Vectors:
    """Relaxed sites on the egg: each moves to the weighted center of the samples nearest to it."""
    directions = random.normal(size=(RELAXATION_SAMPLES, 3))
    samples = egg.from_sphere(directions / np.linalg.norm(directions, axis=1, keepdims=True))
    lift = (samples[:, 2] / egg.radii[2] + 1) / 2
    weights = (1 - parameters.grading * lift) ** 3
    chosen = random.choice(len(samples), parameters.cells, replace=False, p=weights / weights.sum())
    sites = samples[chosen]
    for _ in range(RELAXATIONS):
        _, owners = cKDTree(sites).query(samples)
        mass = np.bincount(owners, weights, minlength=len(sites))
        sums = np.stack([np.bincount(owners, weights * samples[:, axis], len(sites)) for axis in range(3)], 1)
        centers = np.where(mass[:, None] > 0, sums / np.maximum(mass, 1e-12)[:, None], sites)
        on_sphere = egg.to_sphere(centers)
        sites = egg.from_sphere(on_sphere / np.linalg.norm(on_sphere, axis=1, keepdims=True))
    return sites


def _field(parameters: VoronoiShell, egg: _Egg, sites: Vectors) -> Field:
    tree = cKDTree(sites)
    half = parameters.wall / 2
    rounding = 0.85 * min(half, parameters.strut / 2)
    bottom = -egg.radii[2] + 0.35 * parameters.foot
    top = egg.radii[2] * (1 - 2 * parameters.mouth)
    band = half + 3 * egg.radii.max() / parameters.resolution + 2.0

    def solid_parts(points: Vectors, depth: Values) -> Values:
        """Ribs of the foot and the mouth, where no hole is let through; positive outside of them."""
        foot = points[:, 2] - (bottom + parameters.foot)
        return foot if parameters.mouth == 0 else np.minimum(foot, top - 1.2 * parameters.wall - points[:, 2])

    def distance(points: Vectors) -> Values:
        depth = egg.distance(points) + half
        slab = np.abs(depth) - half
        values = slab.copy()
        near = slab < band
        inside = points[near]
        struts = round_union(_strut_distance(tree, sites, inside, parameters), solid_parts(inside, depth[near]), 2.0)
        parts = [slab[near], struts]
        values[near] = round_intersection(parts, rounding)
        floor = round_intersection([depth - half, points[:, 2] - (bottom + 0.5 * parameters.foot)], 0.8)
        cuts = [round_union(values, floor, 2.0), bottom - points[:, 2]]
        if parameters.mouth > 0:
            cuts.append(points[:, 2] - top)
        return round_intersection(cuts, min(1.2, 0.8 * half))

    return distance


def _strut_distance(tree: cKDTree, sites: Vectors, points: Vectors, parameters: VoronoiShell) -> Values:
    """Distance to the struts along the surface: negative within half a strut of a bisector."""
    _, nearest = tree.query(points, k=NEIGHBORS)
    own, others = sites[nearest[:, :1]], sites[nearest[:, 1:]]
    apart = others - own
    length = np.linalg.norm(apart, axis=2)
    middle = (others + own) / 2
    to_bisector = np.einsum("nki,nki->nk", middle - points[:, None, :], apart) / length
    # Smooth minimum over the sides of the cell; its constant offset keeps the middle of a strut in place.
    soft = parameters.softness
    closest = to_bisector.min(axis=1)
    rounded = closest - soft * np.log(np.exp((closest[:, None] - to_bisector) / soft).sum(axis=1))
    result: Values = rounded - parameters.strut / 2
    return result


PROGRAM = Program(
    slug="voronoi_shell",
    name="Voronoi Shell",
    version="1.0.0",
    media_type="model/gltf-binary",
    extension="glb",
    summary="Graded Voronoi struts on an egg, smooth as bone.",
    module=__name__,
    parameters_type=VoronoiShell,
    shared_modules=("designs.programs.implicit", "designs.programs.solids"),
)


def program_hash() -> str:
    """SHA-256 of this source file, lower-case hex."""
    return PROGRAM.program_hash()
