"""Laying one small gray picture over another, and saying over how much of it they agree.

Correlation by Fourier transform over eight orientations, several enlargements and every shift, settled to parts of a
pixel; then block by block, so that a like composition of other strokes spoils most blocks. What is written over a
picture spoils those within one rectangle, and none beside it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.fft import irfft2, next_fast_len, rfft2

from designs.originality.settling import BLOCK, agreeing, flat, settle

Floats = NDArray[np.float64]
Gray = NDArray[np.uint8]

_COARSE = 64
_SCALES = tuple(1.06**step for step in range(-5, 6))
_LEAST_OVERLAP = 0.55
_TRIED_FINE = 3


@dataclass(frozen=True)
class Overlay:
    """`agreement` is the part of the blocks with something in them that correlate, from 0 to 1; `beside` is the same
    part beside that rectangle, of a quarter of the picture or less, without which it is largest; `correlation` is over
    all of the overlap; `overlap` the part of the smaller picture that it covers. `orientation` as in pdq.PdqHash."""

    agreement: float
    beside: float
    correlation: float
    overlap: float
    orientation: int
    scale: float


def overlay(first: Gray, second: Gray) -> Overlay:
    """Lay `second` over `first`: the best of all orientations, enlargements from 0.75 to 1.34 and shifts."""
    target = flat(_resized(first, _COARSE / max(first.shape)))
    transforms = _Transforms(target)
    found = []
    for orientation in range(8):
        turned = _turned(second, orientation)
        for scale in _SCALES:
            moving = flat(_resized(turned, scale * _COARSE / max(turned.shape)))
            score, shift = transforms.best_shift(moving)
            found.append((score, orientation, scale, shift))
    found.sort(key=lambda each: -each[0])
    fine = flat(first.astype(np.float64))
    tries = [_refined(fine, second, *each[1:]) for each in found[:_TRIED_FINE]]
    return max(tries, key=lambda each: max(each.agreement, each.beside))


def _turned(gray: Gray, orientation: int) -> Gray:
    turned = np.rot90(gray, orientation % 4)
    return np.ascontiguousarray(turned[:, ::-1] if orientation >= 4 else turned)


def _resized(gray: Gray, factor: float) -> Floats:
    height, width = (max(8, round(side * factor)) for side in gray.shape)
    image = Image.fromarray(gray).resize(
        (width, height), Image.Resampling.BILINEAR if factor > 1 else Image.Resampling.BOX
    )
    return np.asarray(image, dtype=np.float64)


class _Transforms:
    """Masked normalized correlation (Padfield, 2012) of many pictures with one, by transforms kept of it."""

    def __init__(self, target: Floats) -> None:
        self._shape = target.shape
        self._padded = tuple(next_fast_len(int(side + _COARSE * 1.4)) for side in target.shape)
        self._target = rfft2(target, self._padded)
        self._square = rfft2(target**2, self._padded)
        self._mask = rfft2(np.ones_like(target), self._padded)

    def best_shift(self, moving: Floats) -> tuple[float, tuple[int, int]]:
        """The best correlation, and where the moving picture's corner then lies in the target (row, column)."""
        mask = np.conj(rfft2(np.ones_like(moving), self._padded))
        picture = np.conj(rfft2(moving, self._padded))
        square = np.conj(rfft2(moving**2, self._padded))
        count = np.maximum(np.rint(self._back(self._mask * mask)), 1)
        of_target, of_moving = self._back(self._target * mask), self._back(self._mask * picture)
        product = self._back(self._target * picture) - of_target * of_moving / count
        spread = (self._back(self._square * mask) - of_target**2 / count) * (
            self._back(self._mask * square) - of_moving**2 / count
        )
        score = product / np.sqrt(np.maximum(spread, 1e-6))
        smaller = min(moving.size, self._shape[0] * self._shape[1])
        # By how surely it is no chance: the less of both overlaps, the farther correlation strays from nothing.
        score *= np.sqrt(count / smaller)
        score[count < _LEAST_OVERLAP * smaller] = -1
        row, column = np.unravel_index(int(np.argmax(score)), score.shape)
        best = float(score[row, column])
        signed = [
            int(at) if at < side else int(at) - whole
            for at, side, whole in zip((row, column), self._shape, self._padded, strict=True)
        ]
        return best, (signed[0], signed[1])

    def _back(self, spectrum: NDArray[np.complex128]) -> Floats:
        values: Floats = irfft2(spectrum, self._padded)
        return values


def _refined(target: Floats, second: Gray, orientation: int, scale: float, shift: tuple[int, int]) -> Overlay:
    """Around a coarse fit: enlargements and shifts in finer steps, at the size of the kept picture."""
    turned = _turned(second, orientation)
    factor = max(target.shape) / _COARSE
    best, placed = 0.0, None
    for nudge in (-0.03, -0.02, -0.01, 0.0, 0.01, 0.02, 0.03):
        wanted = scale * (1 + nudge)
        moving = flat(_resized(turned, wanted * max(target.shape) / max(turned.shape)))
        # The middle stays where the coarse fit put it.
        height, width = moving.shape
        row = shift[0] * factor - height * nudge / (1 + nudge) / 2
        column = shift[1] * factor - width * nudge / (1 + nudge) / 2
        for down in range(-3, 4):
            for across in range(-3, 4):
                at = round(row) + down, round(column) + across
                mine = _judged(target, moving, *at)
                if mine is not None and mine > best:
                    best, placed = mine, (np.array(at), np.array(moving.shape))
    if placed is None:
        return Overlay(0.0, 0.0, 0.0, 0.0, orientation, scale)
    corner, size = placed
    steps = np.array(turned.shape) / size
    laid = settle(target, turned.astype(np.float64), steps, (np.array(target.shape) / 2 - corner) * steps - 0.5)
    # As the coarse fit counts it: the longer sides as one.
    settled_scale = max(turned.shape) / max(target.shape) / float(np.sqrt(np.prod(laid.steps)))
    agreement, beside = agreeing(target, laid)
    smaller = min(target.size, turned.size / float(np.prod(laid.steps)))
    overlap = min(1.0, float(laid.inside.sum()) / smaller)
    return Overlay(agreement, beside, laid.correlation, overlap, orientation, settled_scale)


def _cut(target: Floats, moving: Floats, row: int, column: int) -> tuple[Floats, Floats]:
    top, left = max(0, row), max(0, column)
    bottom, right = min(target.shape[0], row + moving.shape[0]), min(target.shape[1], column + moving.shape[1])
    return target[top:bottom, left:right], moving[top - row : bottom - row, left - column : right - column]


def _judged(target: Floats, moving: Floats, row: int, column: int) -> float | None:
    one, other = _cut(target, moving, row, column)
    if one.size < _LEAST_OVERLAP * min(target.size, moving.size) or min(one.shape) < 2 * BLOCK:
        return None
    a, b = one - one.mean(), other - other.mean()
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum() + 1e-9))
