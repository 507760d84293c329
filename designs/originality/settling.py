"""Moving a picture that lies nearly over another one by parts of a pixel, and counting where both then agree.

At the size that is kept, a thin line is narrower than a pixel: half of one aside, and it agrees with nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates, uniform_filter

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_ROUNDS = 12
_SETTLED = 0.02
_OUTLYING = 2.5
_LEAST_INSIDE = 0.5
BLOCK = 9
_EVERY = 3
_AGREES = 0.6
_FILLED = 0.05
_COVERED = 0.25
"""The part of a picture that is looked past: more than one line of text covers."""
_TELLING = 12
_TELLING_BESIDE = 60
"""With fewer blocks with something in them, nothing is said."""


@dataclass(frozen=True)
class Settled:
    """A picture in the frame of another one (h, w), where it has pixels (`inside`), and the pixels' size there."""

    picture: Floats
    inside: Flags
    steps: Floats
    correlation: float


def flat(gray: Floats) -> Floats:
    """Local contrast: what is left without the slow changes of brightness, at equal strength everywhere."""
    detail = gray - gaussian_filter(gray, 3, mode="nearest")
    strength = np.sqrt(gaussian_filter(detail**2, 3, mode="nearest"))
    return detail / (strength + 4.0)


def settle(target: Floats, gray: Floats, steps: Floats, middle: Floats) -> Settled:
    """The best of a few rounds of Gauss and Newton on shifts and steps along both axes.

    `target` is flat, `gray` as it was kept; at the middle of the target lies the pixel `middle` of the other (row,
    column), and each pixel of the target is so many `steps` of the other's. What differs most, as a text does, has
    least weight.
    """
    away = [np.arange(side) - (side - 1) / 2 for side in target.shape]
    down, across = np.meshgrid(*away, indexing="ij")
    now = np.concatenate([steps, middle])
    best = _placed(target, gray, now, down, across)
    laid = best
    for _round in range(_ROUNDS):
        slopes = np.gradient(laid.picture)
        changes = np.stack(
            [slopes[0] * down / now[0], slopes[1] * across / now[1], slopes[0] / now[0], slopes[1] / now[1]], axis=-1
        )
        apart = target - laid.picture
        usual = _OUTLYING * float(np.median(np.abs(apart[laid.inside]))) + 1e-6
        weighed = changes * (laid.inside / (1 + (apart / usual) ** 2))[..., None]
        curvature = np.einsum("ijk,ijl->kl", weighed, changes) + 1e-6 * np.diag([target.size, target.size, 1.0, 1.0])
        move = np.linalg.solve(curvature, np.einsum("ijk,ij->k", weighed, apart))
        now = now + move
        if not np.all((now[:2] > 0.5) & (now[:2] < 2)):
            break
        laid = _placed(target, gray, now, down, across)
        if laid.inside.sum() < _LEAST_INSIDE * min(target.size, gray.size / now[0] / now[1]):
            break
        best = max(best, laid, key=lambda each: each.correlation)
        if np.abs(move * [*(side / 2 for side in target.shape), 1, 1]).max() < _SETTLED:
            break
    return best


def _placed(target: Floats, gray: Floats, now: Floats, down: Floats, across: Floats) -> Settled:
    at = now[0] * down + now[2], now[1] * across + now[3]
    inside = np.ones(target.shape, dtype=bool)
    for places, side in zip(at, gray.shape, strict=True):
        inside &= (places >= -0.5) & (places <= side - 0.5)
    picture = flat(map_coordinates(gray, at, order=1, mode="nearest"))
    if not inside.any():
        return Settled(picture, inside, now[:2], -1.0)
    one, other = (each[inside] - each[inside].mean() for each in (target, picture))
    correlation = float((one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum() + 1e-9))
    return Settled(picture, inside, now[:2], correlation)


def agreeing(target: Floats, laid: Settled) -> tuple[float, float]:
    """The part of the blocks with something in them that correlate: of all, and beside the rectangle of a quarter of
    the picture or less without which it is largest.

    Both are taken without the other rectangle too, in which they agree most: a signature that two works share says
    nothing about them. Where nothing is left then, the second says nothing either.
    """
    filled, agrees = _blocks(target, laid)
    if filled.sum() < _TELLING:
        return 0.0, 0.0
    everywhere = _without(filled, agrees, highest=False, least=_TELLING) or (agrees.sum() / filled.sum(), filled)
    best = _without(filled, agrees, highest=True, least=_TELLING_BESIDE)
    if best is None:
        return float(everywhere[0]), 0.0
    left = best[1]
    beside = _without(left, agrees & left, highest=False, least=_TELLING)
    return float(everywhere[0]), beside[0] if beside else 0.0


def _blocks(target: Floats, laid: Settled) -> tuple[Flags, Flags]:
    """Which blocks have something in them, and which of these agree."""

    def mean(values: Floats) -> Floats:
        smooth: Floats = uniform_filter(values, BLOCK, mode="nearest")
        return smooth[BLOCK // 2 :: _EVERY, BLOCK // 2 :: _EVERY]

    other = laid.picture
    first, second = mean(target), mean(other)
    var_first, var_second = mean(target**2) - first**2, mean(other**2) - second**2
    whole = mean(laid.inside.astype(np.float64)) > 0.999
    filled = whole & (np.maximum(var_first, var_second) > _FILLED)
    local = (mean(target * other) - first * second) / np.sqrt(np.maximum(var_first * var_second, 1e-6))
    return filled, filled & (local > _AGREES)


def _without(filled: Flags, agrees: Flags, *, highest: bool, least: int) -> tuple[float, Flags] | None:
    """The highest or lowest part that agrees beside any one rectangle that leaves so many blocks; and these blocks."""
    all_filled, all_agree = int(filled.sum()), int(agrees.sum())
    sums = [np.pad(each.astype(np.int64), ((1, 0), (1, 0))).cumsum(0).cumsum(1) for each in (filled, agrees)]
    height, width = filled.shape
    best: tuple[float, tuple[int, int, int, int]] | None = None
    for tall in range(2, height + 1, 2):
        for wide in range(2, min(width, int(_COVERED * height * width / tall)) + 1, 2):
            out_filled, out_agree = (
                each[tall:, wide:] - each[:-tall, wide:] - each[tall:, :-wide] + each[:-tall, :-wide] for each in sums
            )
            rest = all_filled - out_filled
            sign = 1 if highest else -1
            parts = np.where(rest >= least, sign * (all_agree - out_agree) / np.maximum(rest, 1), -np.inf)
            row, column = np.unravel_index(int(np.argmax(parts)), parts.shape)
            part = float(parts[row, column])
            if np.isfinite(part) and (best is None or part > sign * best[0]):
                best = abs(part), (int(row), int(column), tall, wide)
    if best is None:
        return None
    top, left, tall, wide = best[1]
    beside = filled.copy()
    beside[top : top + tall, left : left + wide] = False
    return best[0], beside
