"""PDQ, the perceptual hash of 256 bits, in all eight orientations; written from its published description.

“The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm” (Facebook, 2019): luminance, two passes of
box filters along both axes (Jarosz' way to a smooth filter), 64 × 64 samples, the 16 × 16 lowest frequencies of
their cosine transform without the zeroth, one bit each for above their median. Nothing here imports Django.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

Floats = NDArray[np.float64]
Bits = NDArray[np.bool_]

BITS = 256
SIDE = 64
_FREQUENCIES = 16
_BOX_PASSES = 2
_STEP_WEIGHT = 100 / 255
_FULL_QUALITY = 90


def _cosines() -> Floats:
    """Rows 1 to 16 of the orthonormal cosine transform of 64 values."""
    row, column = np.arange(1, _FREQUENCIES + 1)[:, None], np.arange(SIDE)[None, :]
    matrix: Floats = np.sqrt(2 / SIDE) * np.cos(np.pi / (2 * SIDE) * row * (2 * column + 1))
    return matrix


_COSINES = _cosines()
_ODD = np.where(np.arange(_FREQUENCIES) % 2 == 0, -1.0, 1.0)
"""What reversing an axis does to its frequencies 1 to 16: the odd ones change their sign."""


@dataclass(frozen=True)
class PdqHash:
    """Eight hashes (8, 256) of one image as it is and turned and mirrored, and how much is in it (0 to 100).

    Order: as it is, turned by 90°, 180° and 270° counter-clockwise, and the mirror images (left to right) of these.
    Below a quality of 50 there is too little in an image for its hash to mean anything.
    """

    orientations: Bits
    quality: int


def luminance(rgb: NDArray[np.uint8]) -> Floats:
    """Luma of Rec. 601 (H, W), 0 to 255."""
    luma: Floats = rgb.astype(np.float64) @ np.array([0.299, 0.587, 0.114])
    return luma


def pdq(luma: Floats) -> PdqHash:
    """Hash an image's luminance (H, W) of any size."""
    small = _sampled(luma)
    spectrum = _COSINES @ small @ _COSINES.T
    hashes = np.stack([(each > np.median(each)).reshape(-1) for each in orientations(spectrum)])
    return PdqHash(hashes, _quality(small))


def orientations(spectrum: Floats) -> list[Floats]:
    """The spectra of the image turned and mirrored: signs and a transposition, without hashing it again."""
    down, across = _ODD[:, None], _ODD[None, :]
    turned = [spectrum, spectrum.T * down, spectrum * down * across, spectrum.T * across]
    return turned + [each * across for each in turned]


def _sampled(luma: Floats) -> Floats:
    for axis in (0, 1):
        # The width of the published filter: half of the distance between two samples, and never less than one.
        # Odd, so that it looks to both sides alike: a mirrored image must have the mirrored hash.
        width = max(1, (luma.shape[axis] + 2 * SIDE - 1) // (2 * SIDE)) | 1
        for _pass in range(_BOX_PASSES):
            luma = uniform_filter1d(luma, width, axis=axis, mode="nearest")
    for axis in (0, 1):
        at = (np.arange(SIDE) + 0.5) * luma.shape[axis] / SIDE - 0.5
        before = np.floor(at).astype(int).clip(0, luma.shape[axis] - 1)
        after = (before + 1).clip(max=luma.shape[axis] - 1)
        part = np.clip(at - before, 0, 1)
        part = part[:, None] if axis == 0 else part[None, :]
        luma = luma.take(before, axis) * (1 - part) + luma.take(after, axis) * part
    return luma


def _quality(small: Floats) -> int:
    steps = sum(np.abs(np.trunc(np.diff(small, axis=axis) * _STEP_WEIGHT)).sum() for axis in (0, 1))
    return int(min(100, steps / _FULL_QUALITY))


def differing_bits(one: Bits, other: Bits) -> NDArray[np.int64]:
    """Hamming distance along the last axis, with broadcasting."""
    counted: NDArray[np.int64] = (one ^ other).sum(axis=-1)
    return counted
