"""Pictures that models wear."""

import warnings
from typing import IO

from PIL import Image

from designs.untrusted.refusal import Refusal

MAX_BYTES = 64 * 1024 * 1024
MAX_SIDE = 2048
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError)


def decoded(content: IO[bytes], *, max_pixels: int) -> Image.Image:
    """A PNG or JPEG as RGB, at most 2048 pixels across. Raises Refusal."""
    return as_rgb(opened(content, max_pixels=max_pixels, formats=("PNG", "JPEG")))


def opened(content: IO[bytes], *, max_pixels: int, formats: tuple[str, ...]) -> Image.Image:
    """A picture in one of these formats, of which no more than the head was read. Raises Refusal."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        Image.MAX_IMAGE_PIXELS = max_pixels
        try:
            image = Image.open(content, formats=formats)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise Refusal("too_many_pixels", max_megapixels=max_pixels // 1_000_000) from None
        except _UNREADABLE as error:
            raise Refusal("texture_unreadable", cause=str(error)[:200]) from error
    return image


def as_rgb(image: Image.Image) -> Image.Image:
    """An opened picture as RGB, at most 2048 pixels across. Raises Refusal."""
    try:
        picture = image.convert("RGB")
    except _UNREADABLE as error:
        raise Refusal("texture_unreadable", cause=str(error)[:200]) from error
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    return picture
