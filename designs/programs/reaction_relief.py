"""A relief tile: the pattern of a Gray-Scott reaction as ridges on a rounded slab.

Two substances diffuse and react (Pearson, Science 261, 1993). Feed and kill rates change across the tile,
so the pattern passes from labyrinth to dots; outside the border the reaction starves, so ridges end in
round tips of their own making instead of being cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates, spline_filter

from designs.programs.base import (
    ParameterError,
    Parameters,
    Program,
    checked_seed,
    choice,
    count,
    number,
)
from designs.programs.solids import Material, Solid, Triangles, Vectors, flat_cap

Grid = NDArray[np.float32]

FINISHES = {
    "plaster": Material("#e4dfd4", 0.8),
    "coral": Material("#d99a84", 0.75),
    "slate": Material("#6c7480", 0.65),
    "verdigris": Material("#7fb3a4", 0.7),
}

DIFFUSION_U, DIFFUSION_V = 0.16, 0.08
"""Per step of unit time on unit cells; stable for the five-point Laplacian below 0.25."""

VALLEY, RIDGE = 0.07, 0.27
"""Concentrations of the second substance between which a ridge rises; its peaks reach about 0.35."""


@dataclass(frozen=True, kw_only=True)
class ReactionRelief(Parameters):
    """Parameters of the tile; lengths in mm."""

    size: float = number(140, 60, 180, "mm", "edge of the square tile")
    base: float = number(5.0, 2.0, 20.0, "mm", "thickness of the slab")
    relief: float = number(3.0, 0.5, 15.0, "mm", "height of the ridges above the slab")
    corner: float = number(9.0, 2.0, 30.0, "mm", "radius of the corners seen from above")
    border: float = number(5.5, 2.0, 30.0, "mm", "flat border around the pattern")
    edge: float = number(1.2, 0.3, 4.0, "mm", "radius of the upper and lower edges")
    wavelength: float = number(5.6, 3.0, 16.0, "mm", "distance between neighboring ridges")
    feed_start: float = number(0.039, 0.02, 0.07, "", "feed rate at one corner")
    feed_end: float = number(0.058, 0.02, 0.07, "", "feed rate at the opposite corner")
    kill_start: float = number(0.058, 0.055, 0.066, "", "kill rate at one corner")
    kill_end: float = number(0.065, 0.055, 0.066, "", "kill rate at the opposite corner")
    steps: int = count(9000, 500, 20000, "", "time steps of the reaction")
    finish: str = choice("plaster", tuple(FINISHES), "color written into the file")
    resolution: int = count(360, 48, 600, "", "cells along an edge of the mesh")

    def check_combination(self) -> None:
        """Refuse a border or a rounding that does not fit. Raises ParameterError."""
        if self.edge > 0.45 * self.base:
            raise ParameterError("edge", "must be at most 0.45 of the base")
        if self.border < self.edge + 0.5:
            raise ParameterError("border", "must be at least 0.5 mm wider than the edge's radius")
        if self.resolution % 2:
            raise ParameterError("resolution", "must be even")


def generate(parameters: ReactionRelief, seed: int) -> bytes:
    """Make the GLB; the seed scatters the first drops. Raises ParameterError."""
    random = np.random.default_rng(checked_seed(seed))
    ridges = _ridges(parameters, _react(parameters, random))
    solid = _tile(parameters, ridges)
    return solid.to_glb(PROGRAM.name, FINISHES[parameters.finish], PROGRAM.stamp(parameters, seed))


def _cells(p: ReactionRelief) -> int:
    """Cells of the reaction along an edge: a ridge of these rates repeats about every 11 cells."""
    return int(np.clip(round(p.size / p.wavelength * 11.0), 64, 420))


def _inside(p: ReactionRelief, x: Vectors, y: Vectors, shrink: float) -> Vectors:
    """Distance (mm) inside the rounded square that is `shrink` mm smaller on every side; negative outside."""
    half, radius = p.size / 2 - shrink, max(p.corner - shrink, 1.0)
    dx, dy = np.abs(x) - (half - radius), np.abs(y) - (half - radius)
    outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
    distance: Vectors = radius - outside - np.minimum(np.maximum(dx, dy), 0)
    return distance


def _react(p: ReactionRelief, random: np.random.Generator) -> Grid:
    """Run the reaction on a grid over the tile and return the second substance."""
    cells = _cells(p)
    axis = (np.arange(cells) + 0.5) / cells * p.size - p.size / 2
    y, x = np.meshgrid(axis, axis, indexing="ij")
    along = np.clip(((x - y) / p.size + 1) / 2, 0, 1)
    feed = (p.feed_start + (p.feed_end - p.feed_start) * along).astype(np.float32)
    kill = (p.kill_start + (p.kill_end - p.kill_start) * along).astype(np.float32)
    starved = np.clip(-_inside(p, x, y, p.border) / 1.5, 0, 1)
    kill += (0.03 * starved).astype(np.float32)
    u, v = np.ones((cells + 2, cells + 2), np.float32), np.zeros((cells + 2, cells + 2), np.float32)
    drops = gaussian_filter(random.normal(size=(cells, cells)), 2.5)
    wet = (drops > 1.1 * drops.std()) & (starved == 0)
    inner_u, inner_v = u[1:-1, 1:-1], v[1:-1, 1:-1]
    inner_u[wet], inner_v[wet] = 0.5, 0.25
    keep_u, keep_v = 1 - feed, 1 - feed - kill
    spread_u, spread_v, reaction = (np.empty_like(feed) for _ in range(3))
    for _ in range(p.steps):
        for field in (u, v):
            field[0], field[-1] = field[1], field[-2]
            field[:, 0], field[:, -1] = field[:, 1], field[:, -2]
        _spread(u, DIFFUSION_U, spread_u)
        _spread(v, DIFFUSION_V, spread_v)
        np.multiply(inner_v, inner_v, out=reaction)
        reaction *= inner_u
        inner_u *= keep_u
        inner_u += feed
        inner_u -= reaction
        inner_u += spread_u
        inner_v *= keep_v
        inner_v += reaction
        inner_v += spread_v
    return inner_v.copy()


def _spread(field: Grid, diffusion: float, out: Grid) -> None:
    """Diffusion over one step, by the five-point Laplacian."""
    np.add(field[:-2, 1:-1], field[2:, 1:-1], out=out)
    out += field[1:-1, :-2]
    out += field[1:-1, 2:]
    out *= diffusion
    out -= 4 * diffusion * field[1:-1, 1:-1]


def _ridges(p: ReactionRelief, substance: Grid) -> Vectors:
    """Concentration to height: 0 in the valleys, 1 on the ridges, smooth enough to interpolate by splines."""
    level = np.clip(
        (gaussian_filter(substance.astype(np.float64), 0.7, mode="nearest") - VALLEY) / (RIDGE - VALLEY), 0, 1
    )
    # A quarter wave from the valley's foot to the crown: round ridges, no spikes.
    rounded = np.sin(np.pi / 2 * level) ** 1.4
    coefficients: Vectors = spline_filter(gaussian_filter(rounded, 0.9, mode="nearest"), order=3)
    return coefficients


def _tile(p: ReactionRelief, ridges: Vectors) -> Solid:
    """Build the slab: relief on top, rounded edges, straight sides, flat underside."""
    size = p.resolution + 1
    column, row = np.meshgrid(np.linspace(-1, 1, size), np.linspace(-1, 1, size))
    half, corner = p.size / 2 - p.edge, max(p.corner - p.edge, 0.5)
    x, y = _rounded_square(column, row, half, corner)
    cells = len(ridges)

    def height(at_x: Vectors, at_y: Vectors) -> Vectors:
        position = np.stack([at_y, at_x]) / p.size * cells + (cells / 2 - 0.5)
        lifted = map_coordinates(ridges, position, order=3, mode="nearest", prefilter=False)
        # The pattern starves at the border by itself; this takes off the last trace of its foot.
        inset = np.clip(_inside(p, at_x, at_y, p.edge) / max(p.border - p.edge, 0.5), 0, 1)
        calm = inset * inset * (3 - 2 * inset)
        relief: Vectors = p.base + p.relief * lifted * calm
        return relief

    step = 0.01
    slope_x = (height(x + step, y) - height(x - step, y)) / (2 * step)
    slope_y = (height(x, y + step) - height(x, y - step)) / (2 * step)
    top = np.stack([x, y, height(x, y)], axis=2).reshape(-1, 3)
    top_normals = np.stack([-slope_x, -slope_y, np.ones_like(x)], axis=2).reshape(-1, 3)
    top_normals /= np.linalg.norm(top_normals, axis=1, keepdims=True)
    index = np.arange(size * size).reshape(size, size)
    loop = np.concatenate([index[0, :-1], index[:-1, -1], index[-1, :0:-1], index[:0:-1, 0]])
    rim = top[loop]
    outward = _outward(rim, half, corner)
    points, normals, faces = [top], [top_normals], [_grid_triangles(column, row, index)]
    previous, added = loop, len(top)
    angles = np.linspace(0, np.pi / 2, max(4, p.resolution // 60))
    upper = [(p.edge * np.sin(a), p.base - p.edge * (1 - np.cos(a)), np.sin(a), np.cos(a)) for a in angles[1:]]
    lower = [(p.edge * np.cos(a), p.edge * (1 - np.sin(a)), np.cos(a), -np.sin(a)) for a in angles]
    for reach, level, sideways, upward in upper + lower:
        ring, facing = rim + outward * reach, outward * sideways
        ring[:, 2], facing[:, 2] = level, upward
        current = added + np.arange(len(loop))
        following, after = np.roll(previous, -1), np.roll(current, -1)
        faces += [np.stack([previous, current, after], 1), np.stack([previous, after, following], 1)]
        points.append(ring)
        normals.append(facing)
        previous, added = current, added + len(loop)
    under, under_faces = flat_cap(points[-1], int(previous[0]), added)
    points.append(under)
    normals.append(np.tile([0.0, 0.0, -1.0], (len(under), 1)))
    faces.append(under_faces[:, ::-1])
    return Solid(np.concatenate(points), np.concatenate(faces).astype(np.int64), np.concatenate(normals)).tidied()


def _rounded_square(column: Vectors, row: Vectors, half: float, corner: float) -> tuple[Vectors, Vectors]:
    """Map the square grid -1..1 onto a rounded square; the rounding fades toward the middle."""
    ring = np.maximum(np.abs(column), np.abs(row))
    side = np.minimum(np.abs(column), np.abs(row)) / np.maximum(ring, 1e-12)
    reach, radius = half * ring, corner * ring**4
    straight = reach - radius
    along = side * (straight + np.pi / 4 * radius)
    angle = np.maximum(along - straight, 0) / np.maximum(radius, 1e-12)
    far = straight + radius * np.cos(angle)
    near = np.minimum(along, straight) + radius * np.sin(angle)
    wide = np.abs(column) >= np.abs(row)
    x = np.copysign(np.where(wide, far, near), column)
    y = np.copysign(np.where(wide, near, far), row)
    return x, y


def _outward(rim: Vectors, half: float, corner: float) -> Vectors:
    """Horizontal unit normals along the rim of a rounded square."""
    direction = np.zeros_like(rim)
    direction[:, :2] = np.copysign(np.maximum(np.abs(rim[:, :2]) - (half - corner), 0), rim[:, :2])
    unit: Vectors = direction / np.linalg.norm(direction, axis=1, keepdims=True)
    return unit


def _grid_triangles(column: Vectors, row: Vectors, index: Triangles) -> Triangles:
    """Two triangles a cell, split toward the tile's corners: no corner is cut into a needle."""
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    rising = (column[:-1, :-1] + column[1:, 1:]) * (row[:-1, :-1] + row[1:, 1:]) > 0
    first = np.where(rising[..., None], np.stack([a, b, c], 2), np.stack([a, b, d], 2))
    second = np.where(rising[..., None], np.stack([a, c, d], 2), np.stack([b, c, d], 2))
    return np.concatenate([first.reshape(-1, 3), second.reshape(-1, 3)])


PROGRAM = Program(
    slug="reaction_relief",
    name="Reaction Relief",
    version="1.0.0",
    media_type="model/gltf-binary",
    extension="glb",
    summary="A Gray-Scott reaction as ridges on a rounded tile.",
    module=__name__,
    parameters_type=ReactionRelief,
    shared_modules=("designs.programs.solids",),
)


def program_hash() -> str:
    """SHA-256 of this source file, lower-case hex."""
    return PROGRAM.program_hash()
