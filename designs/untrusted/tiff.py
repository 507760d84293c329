"""What Pillow leaves open of a TIFF: bits of a channel, channels that are stored apart, colors that it does not know.

Of 16 bits a channel in color it keeps the high eight, which is all that a picture to be shown has.
"""

import struct

from PIL.TiffImagePlugin import ImageFileDirectory_v2, TiffImageFile

from designs.untrusted.refusal import Refusal

_BITS, _PHOTOMETRIC, _PLANES = 258, 262, 284
_APART = 2
_MOST_BITS = 64


def bits(image: TiffImageFile) -> int:
    """Bits of its deepest channel."""
    return _deepest(image.tag_v2)


def read_planes_whole(image: TiffImageFile) -> None:
    """Have channels of 16 bits that are stored apart and not packed read as 16 bits: Pillow would take each byte for a
    pixel. Raises Refusal where it has no way to."""
    if image.tag_v2.get(_PLANES, 1) != _APART or bits(image) != 16 or image.mode.startswith("I"):
        return
    raw = [(tile, tile.args) for tile in image.tile if tile.codec_name == "raw" and isinstance(tile.args, tuple)]
    if not raw:
        return
    if image.mode not in ("RGB", "RGBA"):
        raise Refusal("color_mode", mode=f"{image.mode[:20]}, 16 bits, channels apart")
    order = "L" if image.tag_v2.prefix == b"II" else "B"
    image.tile = [tile._replace(args=(f"{args[0]};16{order}", *args[1:])) for tile, args in raw]


def is_negative(image: TiffImageFile) -> bool:
    """Whether it is gray of 16 bits whose zero is white: Pillow turns that around at 8 bits only."""
    return image.mode.startswith("I;16") and image.tag_v2.get(_PHOTOMETRIC) == 0


def unknown_colors(path: str) -> str:
    """Words for the colors of a TIFF that Pillow would not open for their sake; "" when it has another reason."""
    with open(path, "rb") as stream:
        try:
            TiffImageFile(stream)
        except SyntaxError as error:
            if str(error) != "unknown pixel mode":
                return ""
        except (OSError, ValueError, Warning):
            return ""
        stream.seek(0)
        directory = ImageFileDirectory_v2(stream.read(8))
        stream.seek(directory.next)
        try:
            directory.load(stream)
            channels = directory.get(277, 1)
            return f"{int(channels)} × {_deepest(directory)} bits"[:40]
        except (OSError, SyntaxError, ValueError, TypeError, struct.error, Warning):
            return ""


def _deepest(directory: ImageFileDirectory_v2) -> int:
    found = directory.get(_BITS, (1,))
    deepest = max((one for one in found if isinstance(one, int)), default=0) if isinstance(found, tuple) else 0
    return deepest if 0 < deepest <= _MOST_BITS else 0
