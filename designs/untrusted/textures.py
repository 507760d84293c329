"""Pictures that models wear."""

import warnings
from typing import IO

from PIL import Image

from designs.untrusted.refusal import Refusal

MAX_BYTES = 64 * 1024 * 1024
MAX_SIDE = 2048


def decoded(content: IO[bytes], *, max_pixels: int, formats: tuple[str, ...] = ("PNG", "JPEG")) -> Image.Image:
    """A texture as RGB, at most 2048 pixels across. Raises Refusal."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Image.MAX_IMAGE_PIXELS = max_pixels
        try:
            image = Image.open(content, formats=formats)
            if image.width * image.height > max_pixels:
                raise Refusal("too_many_pixels", max_megapixels=max_pixels // 1_000_000)
            picture = image.convert("RGB")
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise Refusal("too_many_pixels", max_megapixels=max_pixels // 1_000_000) from None
        except (OSError, SyntaxError, ValueError, EOFError, Warning) as error:
            raise Refusal("texture_unreadable", cause=str(error)[:200]) from error
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    return picture
