"""What stays of a picture when it is saved anew, made smaller, cropped, turned, mirrored or written over.

The hash of the whole finds copies of the whole; hashes of windows find crops; hashes of bands find what was written
over elsewhere; a small gray picture, kept with them, is laid over the other one before anything is called a copy.
Nothing here imports Django.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from designs.originality.pdq import BITS, Bits, PdqHash, luminance, pdq

THUMBNAIL = 128
"""Pixels along the longer side of the small gray picture."""
_WORKING = 512
_THIRDS = (0.0, 0.5, 1.0)
_WINDOWS = [
    *((0.9, (down, across)) for down in _THIRDS for across in _THIRDS),
    *((0.8, place) for place in ((0.5, 0.5), (0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))),
]
"""Parts of the sides, and where the window lies between one edge and the other, down and across."""
WINDOWS = len(_WINDOWS)
_BANDS = 3
BANDS = 2 * _BANDS
"""Thirds of the height, then of the width: a line of text touches two of one kind at most."""
_BAND_QUALITY = 20
"""A band with less in it has the hash of any other empty one, and none is kept."""


@dataclass(frozen=True)
class PictureDescription:
    """`whole` is the hash in eight orientations, `windows` (14, 256) hashes of crops, `bands` (0 to 6, 8, 256) those of
    bands that are not empty, in eight orientations each, `thumbnail` (h, w) gray."""

    whole: PdqHash
    windows: Bits
    bands: Bits
    thumbnail: NDArray[np.uint8]


def describe_picture(picture: Image.Image) -> PictureDescription:
    """Describe a picture in RGB (designs.untrusted.images.for_showing, on paper)."""
    working = picture.copy()
    working.thumbnail((_WORKING, _WORKING), Image.Resampling.BOX, reducing_gap=None)
    luma = luminance(np.asarray(working))
    small = picture.copy()
    small.thumbnail((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX, reducing_gap=None)
    gray = np.rint(luminance(np.asarray(small))).astype(np.uint8)
    windows = [pdq(_window(luma, part, place)).orientations[0] for part, place in _WINDOWS]
    return PictureDescription(pdq(luma), np.stack(windows), _bands(luma), gray)


def _bands(luma: NDArray[np.float64]) -> Bits:
    bands = [pdq(band) for axis in (0, 1) for band in np.array_split(luma, _BANDS, axis)]
    told = [band.orientations for band in bands if band.quality >= _BAND_QUALITY]
    return np.stack(told) if told else np.empty((0, 8, BITS), dtype=bool)


def _window(luma: NDArray[np.float64], part: float, place: tuple[float, float]) -> NDArray[np.float64]:
    height, width = (max(1, round(side * part)) for side in luma.shape)
    top = round((luma.shape[0] - height) * place[0])
    left = round((luma.shape[1] - width) * place[1])
    return luma[top : top + height, left : left + width]
