"""Laying one surface over another, and saying how far apart they then are.

Where both are samples of one surface, the nearest point of the other sample is as far away as the nearest of one's
own; the more points, the smaller the difference that shows. Nothing here imports Django.
"""

from dataclasses import dataclass, replace
from functools import cache
from itertools import permutations, product

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.spatial.transform import Rotation

Floats = NDArray[np.float64]

_COARSE = 192
_COARSE_TARGET = 1024
_FINE = 512
_FINE_TARGET = 2048
_WHOLE = 2048
_REACH = 3.0
"""In spacings of one's own points: what lies farther away at the end is not the same place of the surface."""
_HEATS = ((24, 5, np.inf), (8, 6, np.inf), (3, 20, _REACH))
"""So many starts go on for so many rounds each, by what is within such a reach; the best go into the next heat."""
_HOPELESS = 4.0
_SURELY = 1.1
_PROMISING = 3.0
_LAST_ROUNDS = 100
_SETTLED = 0.9999
_TELLING = 32
"""So many corners cannot be laid on just any surface; a simplifier leaves more unless hardly anything is left."""
_CORNER_ROUNDS = 30
_RESIZED = 0.05
_NEAR_EQUAL = 1.25
"""Spreads along two axes whose ratio is below this leave the angle between the axes to chance."""


@dataclass(frozen=True)
class Cornered:
    """Points (N, 3) on a surface, and the corners (C, 3) of its mesh in the same frame, none of a fine one."""

    points: Floats
    corners: Floats


@dataclass(frozen=True)
class Alignment:
    """How well two surfaces lie over each other.

    `spacing` is the mean distance to the other sample's nearest point, in units of the mean distance to the nearest
    of one's own: about 1 for the same surface. `inside` and `missing` are the smaller and the larger of the same ratio
    in one direction each: where one surface is the other one with parts lost, it lies inside and they are missing.
    `chamfer` is the symmetric mean distance and `far` the larger of both sides' 98th percentiles, in root mean square
    radii. `mirrored` tells whether a reflection was needed. Both about their middles and with a root mean square radius
    of 1, the second was enlarged by `scale`, turned and reflected by `turn` (3, 3), then moved by `shift` (3).
    """

    spacing: float
    inside: float
    missing: float
    chamfer: float
    far: float
    mirrored: bool
    scale: float
    turn: Floats
    shift: Floats


def align(first: Floats, second: Floats, *, known: Floats | None = None) -> Alignment:
    """Move, turn, scale and if need be mirror `second` onto `first`; both (N, 3) as designs.originality.shapes.

    `known` is a turn (3, 3) to begin from beside all others: that of another alignment of the same two.
    """
    (target, axes), (moving, other_axes) = _in_own_axes(first), _in_own_axes(second)
    starts = _starts(target, moving)
    tree = cKDTree(target[:_COARSE_TARGET])
    turned = np.einsum("sij,nj->sni", starts, moving[:_COARSE])
    there, _at = tree.query(turned.reshape(-1, 3))
    score = there.reshape(len(starts), -1).mean(axis=1)
    order = np.argsort(score, kind="stable")
    fine = target[:_FINE_TARGET]
    fine_tree = cKDTree(fine)
    found = [(0.0, start, np.zeros(3)) for start in starts[_spread(starts, order)]]
    if known is not None:
        found.insert(0, (0.0, axes.T @ known @ other_axes, np.zeros(3)))
    own_fine = float(fine_tree.query(fine[:_FINE], k=2)[0][:, 1].mean())
    for kept, rounds, reach in _HEATS:
        found = [
            _icp(
                fine,
                fine_tree,
                moving[:_FINE_TARGET],
                change,
                shift,
                asked=_FINE,
                rounds=rounds,
                reach=reach * own_fine,
            )
            for _error, change, shift in found[:kept]
        ]
        found.sort(key=lambda each: each[0])
    whole = cKDTree(target)
    own = float(whole.query(target[:_WHOLE], k=2)[0][:, 1].mean())
    hopeless = found[0][0] > _HOPELESS * own_fine
    best: Alignment | None = None
    # Others only where they are nearly as good: symmetric bodies have several.
    for _error, change, shift in [each for each in found if each[0] <= 1.1 * found[0][0]]:
        if not hopeless:
            _error, change, shift = _icp(
                target, whole, moving, change, shift, asked=_WHOLE, rounds=12, reach=_REACH * own
            )
        mine = _measured(target, whole, moving @ change.T + shift, change, shift)
        if best is None or mine.spacing < best.spacing:
            best = mine
        if best.spacing < _SURELY:
            break
    assert best is not None
    if best.spacing < _PROMISING:
        # Slowly sliding: it looks settled long before it is, and is then taken for another surface.
        _error, change, shift = _icp(
            target,
            whole,
            moving,
            best.scale * best.turn,
            best.shift,
            asked=_WHOLE,
            rounds=_LAST_ROUNDS,
            reach=_REACH * own,
            settled=_SETTLED,
        )
        settled = _measured(target, whole, moving @ change.T + shift, change, shift)
        best = min(best, settled, key=lambda each: each.spacing)
    return replace(best, turn=axes @ best.turn @ other_axes.T, shift=axes @ best.shift)


def corners_apart(first: Cornered, second: Cornered, laid: Alignment) -> float:
    """How far the corners of the coarser of two aligned surfaces are from the other one, in its spacings.

    The coarser one's corners are laid by themselves, from where the alignment left them: a simplifier leaves corners on
    the surface and cuts it short between them, by more than two different surfaces may differ. About 1 where all are on
    the surface. Infinite where neither mesh is coarse, or has enough corners to say so.
    """
    coarse = [each for each in (second, first) if len(each.corners)]
    coarser = min(coarse, key=lambda each: len(each.corners), default=first)
    if len(coarser.corners) < _TELLING:
        return np.inf
    if coarser is second:
        target = _normal(first.points, first.points)
        corners = laid.scale * _normal(second.corners, second.points) @ laid.turn.T + laid.shift
    else:
        target = laid.scale * _normal(second.points, second.points) @ laid.turn.T + laid.shift
        corners = _normal(first.corners, first.points)
    tree = cKDTree(target)
    own = float(tree.query(target[:_WHOLE], k=2)[0][:, 1].mean())
    whole, last = 1.0, np.inf
    for _round in range(_CORNER_ROUNDS):
        there, at = tree.query(corners)
        error = float(there.mean()) / max(own, 1e-9)
        if error > last * 0.998:
            break
        last = error
        near = there <= np.quantile(there, 0.9)
        turn, factor, move = _similarity(corners[near], target[at[near]])
        corners = factor * corners @ turn.T + move
        whole *= factor
    # What shrinks lies anywhere in the end.
    return last if abs(whole - 1) <= _RESIZED else np.inf


def _normal(points: Floats, of: Floats) -> Floats:
    """Points about the middle of others, by the others' size."""
    middle = of.mean(axis=0)
    return (points - middle) / np.sqrt(((of - middle) ** 2).sum(axis=1).mean())


def _in_own_axes(points: Floats) -> tuple[Floats, Floats]:
    """Points (N, 3) about their middle along their own axes, and the axes (3, 3), one a column."""
    moved = points - points.mean(axis=0)
    moved = moved / np.sqrt((moved**2).sum(axis=1).mean())
    _values, axes = np.linalg.eigh(moved.T @ moved)
    # Longest first, and right-handed: a reflection must be the alignment's own.
    axes = axes[:, ::-1] * [1, 1, np.sign(np.linalg.det(axes[:, ::-1]))]
    return moved @ axes, axes


def _starts(target: Floats, moving: Floats) -> Floats:
    """Rotations and reflections to begin from (S, 3, 3)."""
    spread = np.sqrt((target**2).mean(axis=0) * (moving**2).mean(axis=0))
    long_pair, short_pair = spread[0] < _NEAR_EQUAL * spread[1], spread[1] < _NEAR_EQUAL * spread[2]
    if long_pair and short_pair:
        return _any_way()
    if long_pair or short_pair:
        return _around(2 if long_pair else 0)
    return _signed_axes()


@cache
def _signed_axes() -> Floats:
    """The 8 ways in which three told-apart axes can point, reflections among them."""
    return np.array([np.diag(signs) for signs in product((1.0, -1.0), repeat=3)])


@cache
def _around(axis: int) -> Floats:
    """Turns about one axis in steps of 5°, both ways up, with their reflections."""
    turns = Rotation.from_euler("xyz"[axis], np.arange(0, 360, 5)[:, None], degrees=True).as_matrix()
    # Half of the eight are the other half, turned by 180°.
    ways = [signs for signs in _signed_axes() if signs[(axis + 1) % 3, (axis + 1) % 3] > 0]
    return np.concatenate([turns @ signs for signs in ways])


@cache
def _any_way() -> Floats:
    """Turns about each of the axes, for bodies of one axis that is no longer than the others, and all else."""
    return np.concatenate([_around(0), _around(1), _around(2), _everywhere()])


@cache
def _everywhere() -> Floats:
    """About 400 rotations spread over all of them, with their reflections; the axes' own 48 first."""
    count = 400
    # A spiral over the three-sphere with two irrational turns (Alexa, 2022).
    part = np.arange(count) + 0.5
    radius, rest = np.sqrt(part / count), np.sqrt(1 - part / count)
    one, two = 2 * np.pi * part / np.sqrt(2), 2 * np.pi * part / 1.533751168755204288118041
    quaternions = np.stack([radius * np.sin(one), radius * np.cos(one), rest * np.sin(two), rest * np.cos(two)], axis=1)
    turns = Rotation.from_quat(quaternions).as_matrix()
    own = np.array(
        [np.diag(signs)[list(order)] for order in permutations(range(3)) for signs in product((1.0, -1.0), repeat=3)]
    )
    return np.concatenate([own, turns, turns @ np.diag([1.0, 1.0, -1.0])])


def _spread(starts: Floats, order: NDArray[np.intp]) -> list[int]:
    """The best starts that are not within 15° of a better one."""
    kept: list[int] = []
    for at in order:
        if all(np.trace(starts[at] @ starts[other].T) < 2.93 for other in kept):
            kept.append(int(at))
        if len(kept) == _HEATS[0][0]:
            break
    return kept


def _icp(
    target: Floats,
    tree: cKDTree,
    moving: Floats,
    change: Floats,
    shift: Floats,
    *,
    asked: int,
    rounds: int,
    reach: float = np.inf,
    settled: float = 0.998,
) -> tuple[float, Floats, Floats]:
    """Iterate to the nearest fit by correspondences in both directions (Besl and McKay, 1992).

    So many points of each are `asked` for their nearest among all of the other. What is farther than `reach` has no
    part in it, up to a half of them. Returns the mean distance, and the change (3, 3) and shift (3) of `moving` that
    began as those given.
    """
    placed, own_tree = moving @ change.T + shift, cKDTree(moving)
    last = np.inf
    for _round in range(rounds):
        there, at = tree.query(placed[:asked])
        # What is nearest stays so when both are moved and enlarged together.
        back, from_there = own_tree.query((target[:asked] - shift) @ np.linalg.inv(change).T)
        back = back * abs(np.linalg.det(change)) ** (1 / 3)
        # The farthest tenth pulls toward where the other has nothing.
        bounds = [min(np.quantile(each, 0.9), max(np.quantile(each, 0.5), reach)) for each in (there, back)]
        near, near_back = there <= bounds[0], back <= bounds[1]
        error = float(np.minimum(there, bounds[0]).mean() + np.minimum(back, bounds[1]).mean()) / 2
        if error > last * settled:
            break
        last = error
        source = np.concatenate([placed[:asked][near], placed[from_there[near_back]]])
        goal = np.concatenate([target[at[near]], target[:asked][near_back]])
        turn, factor, move = _similarity(source, goal)
        placed = factor * placed @ turn.T + move
        change, shift = factor * turn @ change, factor * turn @ shift + move
    return last, change, shift


def _similarity(source: Floats, goal: Floats) -> tuple[Floats, float, Floats]:
    """The rotation, factor and shift that take one list of points nearest to the other (Umeyama, 1991)."""
    middle, aim = source.mean(axis=0), goal.mean(axis=0)
    moved, wanted = source - middle, goal - aim
    left, values, right = np.linalg.svd(wanted.T @ moved)
    signs = np.ones(3)
    if np.linalg.det(left) * np.linalg.det(right) < 0:
        signs[2] = -1
    turn = left @ np.diag(signs) @ right
    spread, fitting = float((moved**2).sum()), float((values * signs).sum())
    # Points that all go to one place say nothing about size.
    factor = fitting / spread if spread > 0 and fitting > 0 else 1.0
    return turn, factor, aim - factor * turn @ middle


def _measured(target: Floats, tree: cKDTree, placed: Floats, change: Floats, shift: Floats) -> Alignment:
    other = cKDTree(placed)
    there, back = tree.query(placed)[0], other.query(target)[0]
    own_target = float(tree.query(target, k=2)[0][:, 1].mean())
    own_placed = float(other.query(placed, k=2)[0][:, 1].mean())
    chamfer = float(there.mean() + back.mean()) / 2
    if not (own_target > 0 and own_placed > 0):
        # Points that are all at one place are no surface: nothing matches them.
        own_target = own_placed = 1e-9
    ratios = float(there.mean()) / own_target, float(back.mean()) / own_placed
    determinant = float(np.linalg.det(change))
    return Alignment(
        spacing=2 * chamfer / (own_target + own_placed),
        inside=min(ratios),
        missing=max(ratios),
        chamfer=chamfer,
        far=float(max(np.quantile(there, 0.98), np.quantile(back, 0.98))),
        mirrored=determinant < 0,
        scale=abs(determinant) ** (1 / 3),
        turn=change / max(abs(determinant) ** (1 / 3), 1e-9),
        shift=shift,
    )
