"""A wall bracket by topology optimization: material stays where it carries the load at the pin.

SIMP with optimality criteria (Bendsoe and Sigmund, "Topology Optimization", 2003; Andreassen et al., Struct.
Multidisc. Optim. 43, 2011) on a grid of cubes, one half by symmetry. The optimum's density becomes a smooth
surface; bosses, bores and the wall's plane are exact booleans (manifold3d), so that the bracket fits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from manifold3d import Manifold, Mesh, OpType
from numpy.typing import NDArray
from scipy.ndimage import convolve, gaussian_filter, map_coordinates, spline_filter

from designs.programs.base import ParameterError, Parameters, Program, checked_seed, choice, count, number
from designs.programs.elasticity import Grid, Values
from designs.programs.implicit import skin
from designs.programs.solids import Material, Solid, Vectors

FINISHES = {
    "aluminum": Material("#b9bcbd", 0.38, 0.55),
    "graphite": Material("#5b6066", 0.55),
    "signal": Material("#c8553d", 0.6),
    "chalk": Material("#e9e5db", 0.7),
}

EMPTY = 1e-3
"""Modulus of a void cell relative to a full one: keeps the system regular."""
PENALTY = 3.0
EYE = 0.62
"""Width of the eye around the pin, as a part of the bracket's."""


@dataclass(frozen=True, kw_only=True)
class TopologyBracket(Parameters):
    """Parameters of the bracket; lengths in mm. The wall is the plane x = 0, the arm points along x."""

    arm: float = number(96, 50, 150, "mm", "from the wall to the pin's axis")
    width: float = number(44, 24, 80, "mm", "width along the wall")
    height: float = number(84, 40, 150, "mm", "height at the wall")
    pin_height: float = number(0.24, 0.1, 0.9, "", "height of the pin, as a part of the height")
    pin: float = number(10, 4, 24, "mm", "diameter of the pin's bore")
    bolt: float = number(5.5, 3, 12, "mm", "diameter of the four bolts' bores")
    plate: float = number(6, 3, 15, "mm", "thickness of the bosses at the wall")
    load_angle: float = number(
        0, -90, 90, "degrees", "direction of the load; 0 is straight down, 90 away from the wall"
    )
    volume: float = number(0.15, 0.08, 0.5, "", "part of the block that is material")
    iterations: int = count(40, 5, 120, "", "steps of the optimization")
    finish: str = choice("aluminum", tuple(FINISHES), "color written into the file")
    cells: int = count(36, 12, 64, "", "cells of the optimization along the arm")

    def check_combination(self) -> None:
        """Refuse bores without room around them. Raises ParameterError."""
        if self.width < 4.8 * self.bolt:
            raise ParameterError("bolt", "must be at most a fifth of the width")
        if self.height < 7 * self.bolt:
            raise ParameterError("bolt", "must be at most a seventh of the height")
        if not 1.1 * self.pin < self.pin_height * self.height < self.height - 1.1 * self.pin:
            raise ParameterError("pin_height", "must leave 1.1 pin diameters above and below the axis")


def generate(parameters: TopologyBracket, seed: int) -> bytes:
    """Make the GLB; the seed disturbs the first guess, and so which of the good shapes is found.

    Raises ParameterError.
    """
    block = _Block(parameters)
    density = _optimum(parameters, block, np.random.default_rng(checked_seed(seed)))
    solid = _finished(parameters, block, _surface(block, density)).tidied(0.02).on_base()
    return solid.to_glb(PROGRAM.name, FINISHES[parameters.finish], PROGRAM.stamp(parameters, seed))


class _Block:
    """The block of cells, one half (y from 0), and what is decided before: bores, bosses, supports and load."""

    def __init__(self, p: TopologyBracket) -> None:
        self.reach = p.arm + 1.1 * p.pin
        self.cell = self.reach / p.cells
        self.counts = (p.cells, max(3, round(p.width / 2 / self.cell)), max(6, round(p.height / self.cell)))
        self.pin = (p.arm, p.pin_height * p.height)
        self.bolts = [(p.width / 2 - 1.3 * p.bolt, z) for z in (1.3 * p.bolt, p.height - 1.3 * p.bolt)]
        x, y, z = self._centers(self.counts)
        away = np.hypot(x - self.pin[0], z - self.pin[1])
        ring = (away < p.pin) & (away > 0.5 * p.pin) & (y < EYE / 2 * p.width)
        self.full, self.void = ring.copy(), away < 0.5 * p.pin - 0.3 * self.cell
        for bolt_y, bolt_z in self.bolts:
            off = np.hypot(y - bolt_y, z - bolt_z)
            self.full |= (off < 1.25 * p.bolt) & (x < p.plate)
            # The screwdriver comes along x.
            self.void |= (off < 1.05 * p.bolt) & (x > p.plate)
        self.void |= (away < 1.3 * p.pin) & (y > EYE / 2 * p.width)
        self.void &= ~ring
        self.grid = Grid(self.counts, self._held(p))
        self.load = self._load(p, ring)

    def _centers(self, counts: tuple[int, int, int]) -> tuple[Values, Values, Values]:
        x, y, z = np.meshgrid(*((np.arange(n) + 0.5) * self.cell for n in counts), indexing="ij")
        return x, y, z

    def _held(self, p: TopologyBracket) -> NDArray[np.bool_]:
        x, y, z = np.meshgrid(*(np.arange(n + 1) * self.cell for n in self.counts), indexing="ij")
        held = np.zeros((*x.shape, 3), dtype=bool)
        bolted = [np.hypot(y - bolt_y, z - bolt_z) < 1.25 * p.bolt for bolt_y, bolt_z in self.bolts]
        held[(x < 0.5 * self.cell) & np.logical_or.reduce(bolted)] = True
        held[:, 0, :, 1] = True
        return held.ravel()

    def _load(self, p: TopologyBracket, ring: NDArray[np.bool_]) -> Values:
        """A unit force spread over the ring around the pin."""
        load = np.zeros(3 * int(np.prod(np.array(self.counts) + 1)))
        freedoms = self.grid.freedoms[ring.ravel()].reshape(-1, 3)
        angle = np.radians(p.load_angle)
        for axis, share in ((0, np.sin(angle)), (2, -np.cos(angle))):
            load += np.bincount(freedoms[:, axis], minlength=len(load)) * share
        spread: Values = load / np.abs(load).sum()
        return spread


def _optimum(p: TopologyBracket, block: _Block, random: np.random.Generator) -> Values:
    """Densities from 0 to 1 of the half block."""
    kernel = np.maximum(0, 1.7 - np.sqrt(sum(np.square(np.mgrid[-1:2, -1:2, -1:2]))))
    weights = _mirrored(np.ones(block.counts), kernel)
    density = np.clip(p.volume * (1 + 0.3 * gaussian_filter(random.normal(size=block.counts), 2) * 8), 0.02, 1)
    density[block.full], density[block.void] = 1, 0
    open_cells = ~(block.full | block.void)
    wanted = p.volume * density.size
    moved = np.zeros(len(block.load))
    for step in range(p.iterations):
        physical = _mirrored(density, kernel) / weights
        physical[block.full], physical[block.void] = 1, 0
        # Early steps need no exact answer; the start of each is the end of the one before.
        tolerance = max(2e-3, 3e-2 * 0.8**step)
        moduli = EMPTY + (1 - EMPTY) * physical.ravel() ** PENALTY
        moved = block.grid.solve(moduli, block.load, moved, tolerance)
        gain = PENALTY * physical ** (PENALTY - 1) * block.grid.energies(moved).reshape(block.counts)
        gain = _mirrored(gain / weights, kernel)
        density = _updated(density, gain, open_cells, wanted)
    physical = _mirrored(density, kernel) / weights
    physical[block.full], physical[block.void] = 1, 0
    return np.round(physical, 4)


def _mirrored(values: Values, kernel: Values) -> Values:
    """Convolve the half as if the other half lay beside it."""
    padded = np.concatenate([values[:, :1], values], axis=1)
    result: Values = convolve(padded, kernel, mode="constant")[:, 1:]
    return result


def _updated(density: Values, gain: Values, open_cells: NDArray[np.bool_], wanted: float) -> Values:
    """One step of the optimality criteria: bisect the price of material until as much as wanted is used."""
    low, high = 1e-12, 1e9
    fresh = density
    while (high - low) / (high + low) > 1e-4:
        price = np.sqrt(low * high)
        moved = np.clip(density * np.sqrt(np.maximum(gain, 0) / price), density - 0.2, density + 0.2)
        fresh = np.where(open_cells, np.clip(moved, 0.001, 1), density)
        low, high = (price, high) if fresh.sum() > wanted else (low, price)
    return fresh


def _surface(block: _Block, density: Values) -> Solid:
    """The smooth surface of half density, both halves, in mm."""
    whole = np.concatenate([density[:, ::-1], density], axis=1)
    padded = np.pad(whole, 3)
    # Against the wall the material goes on: the plane is cut later and stays full to its edge.
    padded[:3, 3:-3, 3:-3] = whole[0]
    blurred = gaussian_filter(padded, 0.9)
    # Smoothing thins what is slender: the level is the one that leaves as much material as the optimum has.
    level = float(np.quantile(blurred[3:-3, 3:-3, 3:-3], 1 - density.mean()))
    smooth = spline_filter(blurred, order=3)
    origin = np.array([0.0, -block.counts[1] * block.cell, 0.0]) - 2.5 * block.cell

    lower = np.array([-1.2 * block.cell, -(block.counts[1] + 1) * block.cell, -block.cell])
    upper = (np.array(block.counts) + 1) * block.cell

    def field(points: Vectors) -> Values:
        at = ((points - origin) / block.cell).T
        there = map_coordinates(smooth, at, order=3, mode="constant", cval=0.0, prefilter=False)
        # About one cell and a half lies between empty and full.
        inside: Values = (level - there) * 1.6 * block.cell
        return np.maximum(inside, lower[0] + 0.2 * block.cell - points[:, 0])

    return skin(field, lower, upper, block.cell / 2.5)


def _finished(p: TopologyBracket, block: _Block, solid: Solid) -> Solid:
    """Bosses on, bores and the wall's plane off, all exact."""
    body = Manifold(Mesh(solid.vertices.astype(np.float32), solid.triangles.astype(np.uint32)))
    eye = Manifold.cylinder(EYE * p.width, p.pin, p.pin, 128, True).rotate((90, 0, 0))
    seat = Manifold.cylinder(p.width, 1.3 * p.pin, 1.3 * p.pin, 128, True).rotate((90, 0, 0))
    bore = Manifold.cylinder(3 * p.width, p.pin / 2, p.pin / 2, 96, True).rotate((90, 0, 0))
    added, removed = [eye.translate((block.pin[0], 0, block.pin[1]))], [bore.translate((block.pin[0], 0, block.pin[1]))]
    for side in (-1, 1):
        # What the pin's washers rest on is flat.
        removed.append(seat.translate((block.pin[0], side * (EYE + 1) / 2 * p.width, block.pin[1])))
    # Only the four bosses touch the wall, each as round as it is drawn.
    body = body.trim_by_plane((1.0, 0.0, 0.0), 0.7 * p.plate)
    # A coarse grid lets the smooth surface swell out of the block it was promised to stay in.
    body = body.trim_by_plane((0.0, 0.0, 1.0), 0.0).trim_by_plane((0.0, 0.0, -1.0), -p.height)
    for facing in (-1.0, 1.0):
        body = body.trim_by_plane((0.0, facing, 0.0), -p.width / 2)
    for bolt_y, bolt_z in block.bolts:
        for side in (-1, 1):
            boss = Manifold.cylinder(p.plate, 1.25 * p.bolt, 1.25 * p.bolt, 96).rotate((0, 90, 0))
            head = Manifold.cylinder(p.arm, 1.05 * p.bolt, 1.05 * p.bolt, 96).rotate((0, 90, 0))
            hole = Manifold.cylinder(4 * p.plate, p.bolt / 2, p.bolt / 2, 64, True).rotate((0, 90, 0))
            added.append(boss.translate((0, side * bolt_y, bolt_z)))
            removed += [head.translate((p.plate, side * bolt_y, bolt_z)), hole.translate((0, side * bolt_y, bolt_z))]
    body = Manifold.batch_boolean([body, *added], OpType.Add) - Manifold.batch_boolean(removed, OpType.Add)
    mesh = max(body.decompose(), key=lambda part: part.volume()).to_mesh()
    return Solid(np.asarray(mesh.vert_properties[:, :3], dtype=np.float64), np.asarray(mesh.tri_verts, dtype=np.int64))


PROGRAM = Program(
    slug="topology_bracket",
    name="Topology Bracket",
    version="1.0.0",
    media_type="model/gltf-binary",
    extension="glb",
    summary="A wall bracket by SIMP topology optimization, with exact bores.",
    module=__name__,
    parameters_type=TopologyBracket,
    shared_modules=("designs.programs.elasticity", "designs.programs.implicit", "designs.programs.solids"),
)


def program_hash() -> str:
    """SHA-256 of this source file, lower-case hex."""
    return PROGRAM.program_hash()
