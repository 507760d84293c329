"""A coral grown by space colonization: branches reach for scattered points until every point is taken.

The growth is that of Runions, Lane and Prusinkiewicz (Eurographics Natural Phenomena, 2007); the thickness of a
branch follows from those it carries (Murray's law, PNAS 12, 1926, with a chosen exponent). Branches are tapered
rods that run into each other, on a foot that carries the whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from designs.programs.base import ParameterError, Parameters, Program, checked_seed, choice, count, number
from designs.programs.implicit import Field, Values, round_intersection, skin
from designs.programs.solids import Material, Vectors

FINISHES = {
    "coral": Material("#c87863", 0.7),
    "bone": Material("#eae3d4", 0.6),
    "brass": Material("#b89352", 0.4, 0.7),
    "ink": Material("#3d4a58", 0.55),
}

NEIGHBORS = 7
"""Rods looked at for one point: at a fork three meet, and each is in pieces of one step."""
COARSE = 3.0
"""Spacing in mm of the grid that tells where rods are near at all."""


@dataclass(frozen=True, kw_only=True)
class BranchingCoral(Parameters):
    """Parameters of the coral; lengths in mm."""

    spread: float = number(116, 50, 170, "mm", "width of the crown")
    height: float = number(120, 50, 180, "mm", "height")
    trunk: float = number(8, 0, 80, "mm", "height below the crown")
    thickness: float = number(0.46, 0.1, 1.0, "", "depth of the crown's cloud from its outside, 1 fills it")
    points: int = count(700, 60, 3000, "", "points that the branches reach for")
    step: float = number(3.0, 1.0, 6.0, "mm", "growth at a time")
    reach: float = number(46, 8, 120, "mm", "how far a point attracts")
    taken: float = number(7.0, 2.0, 30.0, "mm", "a point is taken at this distance")
    rise: float = number(0.18, -0.5, 1.0, "", "pull upward")
    tip: float = number(1.1, 0.8, 4.0, "mm", "least radius of a branch, at its tip")
    exponent: float = number(3.0, 1.8, 4.0, "", "exponent of Murray's law; higher keeps the trunk slim")
    web: float = number(1.2, 0.2, 4.0, "mm", "rounding where branches part")
    foot: float = number(21, 6, 60, "mm", "radius of the foot")
    finish: str = choice("coral", tuple(FINISHES), "color written into the file")
    resolution: int = count(190, 40, 320, "", "samples across the larger side")

    def check_combination(self) -> None:
        """Refuse growth that would stop or never take a point. Raises ParameterError."""
        if self.taken < 1.5 * self.step:
            raise ParameterError("taken", "must be at least 1.5 steps")
        if self.reach < 2 * self.taken:
            raise ParameterError("reach", "must be at least twice the distance at which a point is taken")
        if self.trunk > 0.6 * self.height:
            raise ParameterError("trunk", "must be at most 0.6 of the height")


@dataclass(frozen=True)
class _Tree:
    """Nodes (n, 3), the parent of each (the root's is itself) and its radius."""

    nodes: Vectors
    parents: NDArray[np.int64]
    radii: Values


def generate(parameters: BranchingCoral, seed: int) -> bytes:
    """Make the GLB; the seed scatters the points. Raises ParameterError."""
    random = np.random.default_rng(checked_seed(seed))
    tree = _grown(parameters, _cloud(parameters, random))
    margin = float(tree.radii.max()) + parameters.foot / 2
    lower, upper = tree.nodes.min(axis=0) - margin, tree.nodes.max(axis=0) + margin
    lower[:2] = np.minimum(lower[:2], -parameters.foot)
    upper[:2] = np.maximum(upper[:2], parameters.foot)
    lower[2] = 0
    voxel = max(parameters.spread, parameters.height) / parameters.resolution
    solid = skin(_field(parameters, tree, lower, upper), lower, upper, voxel, relaxations=2).on_base()
    return solid.to_glb(PROGRAM.name, FINISHES[parameters.finish], PROGRAM.stamp(parameters, seed))


def _cloud(p: BranchingCoral, random: np.random.Generator) -> Vectors:
    """Points in the outer part of a half ellipsoid that opens upward from the trunk."""
    found: list[Vectors] = []
    size = np.array([p.spread / 2, p.spread / 2, p.height - p.trunk])
    while sum(map(len, found)) < p.points:
        offered = random.uniform([-1, -1, 0], [1, 1, 1], size=(4 * p.points, 3))
        away = np.linalg.norm(offered, axis=1)
        steep = offered[:, 2] > 0.35 * np.hypot(offered[:, 0], offered[:, 1]) - 0.05
        found.append(offered[(away < 1) & (away > 1 - p.thickness) & steep])
    return np.concatenate(found)[: p.points] * size * 0.96 + [0, 0, p.trunk]


def _grown(p: BranchingCoral, cloud: Vectors) -> _Tree:
    """Grow until no point attracts any more; then thicken from the tips down."""
    nodes, parents = [np.zeros(3)], [0]
    while nodes[-1][2] < p.trunk:
        parents.append(len(nodes) - 1)
        nodes.append(nodes[-1] + np.array([0, 0, p.step]))
    left = cloud
    for _ in range(1200):
        distance, owner = cKDTree(np.array(nodes)).query(left)
        left, owner = left[distance > p.taken], owner[distance > p.taken]
        distance = distance[distance > p.taken]
        drawn = distance < p.reach if (distance < p.reach).any() else distance <= distance.min(initial=np.inf)
        if not drawn.any():
            break
        before = len(nodes)
        taken = cKDTree(np.array(nodes))
        for node in np.unique(owner[drawn]):
            pull = left[drawn & (owner == node)] - nodes[node]
            way = (pull / np.linalg.norm(pull, axis=1, keepdims=True)).mean(axis=0) + np.array([0, 0, p.rise])
            place = nodes[node] + p.step * way / max(float(np.linalg.norm(way)), 1e-9)
            # Two points that pull evenly apart would grow the same bud for ever.
            if taken.query(place)[0] > 0.4 * p.step:
                nodes.append(place)
                parents.append(int(node))
        if len(nodes) == before:
            break
    points, order = _without_buds(np.array(nodes), np.array(parents, dtype=np.int64))
    load = np.zeros(len(points))
    for node in range(len(points) - 1, 0, -1):
        load[node] = max(load[node], p.tip**p.exponent)
        load[order[node]] += load[node]
    return _fitted(p, _smoothed(points, order, load ** (1 / p.exponent)))


def _fitted(p: BranchingCoral, tree: _Tree) -> _Tree:
    """Branches stop short of the points they reach for: stretch them to the stated size, tips included."""
    size = tree.nodes.max(axis=0) - tree.nodes.min(axis=0)
    across, up = (p.spread - 2 * p.tip) / float(max(size[0], size[1])), (p.height - p.tip) / float(size[2])
    return _Tree(tree.nodes * np.array([across, across, up]), tree.parents, tree.radii)


def _without_buds(nodes: Vectors, parents: NDArray[np.int64]) -> tuple[Vectors, NDArray[np.int64]]:
    """Drop twigs of fewer than three steps: they would be warts. A parent stands before its children."""
    for _ in range(2):
        children = np.bincount(parents[1:], minlength=len(nodes))
        kept = np.ones(len(nodes), dtype=bool)
        for tip in np.flatnonzero(children == 0):
            twig = [int(tip)]
            while len(twig) < 4 and children[parents[twig[-1]]] == 1:
                twig.append(int(parents[twig[-1]]))
            if len(twig) < 3 and parents[twig[-1]] > 0:
                kept[twig] = False
        renumbered = np.cumsum(kept) - 1
        nodes, parents = nodes[kept], renumbered[parents[kept]]
    return nodes, parents


def _smoothed(nodes: Vectors, parents: NDArray[np.int64], radii: Values) -> _Tree:
    """Take the zigzag of growth out of the branches: each node moves toward the middle of its neighbors."""
    children = np.bincount(parents[1:], minlength=len(nodes))
    for _ in range(7):
        sums = np.zeros_like(nodes)
        np.add.at(sums, parents[1:], nodes[1:])
        middle = (nodes[parents] + sums / np.maximum(children, 1)[:, None]) / 2
        moving = (children > 0) & (np.arange(len(nodes)) > 0)
        nodes = np.where(moving[:, None], 0.5 * nodes + 0.5 * middle, nodes)
    return _Tree(nodes, parents, radii)


def _field(p: BranchingCoral, tree: _Tree, lower: Vectors, upper: Vectors) -> Field:
    starts, ends = tree.nodes[tree.parents[1:]], tree.nodes[1:]
    # A rod is no thicker than the branch it is, also where it leaves a thick one.
    thick, thin = np.minimum(tree.radii[tree.parents[1:]], 1.15 * tree.radii[1:]), tree.radii[1:]
    finder = cKDTree((starts + ends) / 2)

    def rods(points: Vectors) -> Values:
        _, near = finder.query(points, k=NEIGHBORS)
        start, along = starts[near], ends[near] - starts[near]
        share = np.einsum("nki,nki->nk", points[:, None] - start, along)
        share = np.clip(share / np.maximum(np.einsum("nki,nki->nk", along, along), 1e-9), 0, 1)
        radius = thick[near] + (thin[near] - thick[near]) * share
        away = np.linalg.norm(points[:, None] - start - share[..., None] * along, axis=2) - radius
        closest = away.min(axis=1)
        # Where two rods of a branch meet each counts half, or the branch would be a string of beads.
        counted = 0.5 + 0.5 * np.minimum(share, 1 - share)
        soft = p.web * 0.5
        crowd = (counted * np.exp((closest[:, None] - away) / soft)).sum(axis=1)
        # Never above the plain minimum: the fork is filled and no rod gets thinner.
        joined: Values = closest - soft * np.log(np.maximum(crowd, 1))
        return joined

    counts = np.ceil((upper - lower) / COARSE).astype(int) + 2
    corners = np.stack(np.meshgrid(*(np.arange(n) * COARSE for n in counts), indexing="ij"), axis=-1) + lower
    coarse = rods(corners.reshape(-1, 3)).reshape(tuple(counts))

    def distance(points: Vectors) -> Values:
        # A distance changes by no more than the way: far from every rod the coarse grid is close enough.
        values = map_coordinates(coarse, ((points - lower) / COARSE).T, order=1, mode="nearest")
        close = values < 1.8 * COARSE
        if close.any():
            values[close] = rods(points[close])
        flat = np.hypot(points[:, 0], points[:, 1])
        foot = flat - p.foot * (0.16 + 0.84 * np.exp(-np.maximum(points[:, 2], 0) / (0.2 * p.foot)))
        foot = round_intersection([0.7 * foot, points[:, 2] - 0.8 * p.foot], 1.0)
        joined = -round_intersection([-values, -foot], 2.5)
        return round_intersection([joined, 0.0 - points[:, 2]], 0.8)

    return distance


PROGRAM = Program(
    slug="branching_coral",
    name="Branching Coral",
    version="1.0.0",
    media_type="model/gltf-binary",
    extension="glb",
    summary="Branches grown by space colonization, thickened by Murray's law.",
    module=__name__,
    parameters_type=BranchingCoral,
    shared_modules=("designs.programs.implicit", "designs.programs.solids"),
)


def program_hash() -> str:
    """SHA-256 of this source file, lower-case hex."""
    return PROGRAM.program_hash()
