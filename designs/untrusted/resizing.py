"""An image made smaller, for those who need no print of it."""

from collections.abc import Callable
from typing import Any

from PIL import Image

from designs.untrusted.images import for_showing, open_image

Progress = Callable[[str, float], None]


def resize(request: dict[str, Any], target: str, progress: Progress) -> str:
    """At most `longest` pixels on the longer side, in sRGB: JPEG, or PNG where something shows through.

    Returns the media type. Raises Refusal.
    """
    image = open_image(request["input"], request["format"], max_pixels=request["max_pixels"])
    picture = for_showing(image)
    progress("decode", 0.4)
    picture.thumbnail((request["longest"], request["longest"]), Image.Resampling.LANCZOS)
    if picture.mode == "RGBA":
        picture.save(target, "PNG")
        return "image/png"
    picture.save(target, "JPEG", quality=92, subsampling=0, optimize=True)
    return "image/jpeg"
