"""PNG of every depth: colors, profiles and transparency are told and shown as the file means them."""

import struct
import zlib

import pytest
from PIL import Image

from designs.inspection import FileLimits, preflight
from designs.previews import make_derivatives
from designs.tests.making_samples import chunk
from designs.tests.many import outcomes
from designs.tests.profiles import gray

LIMITS = FileLimits(max_pixels=1_000_000)
GRAY, COLORS, GRAY_ALPHA = 0, 2, 4
SIZE = 500


def png(depth: int, kind: int, *pixels: tuple[int, ...], icc: bytes = b"", clear: tuple[int, ...] = ()) -> bytes:
    """Stripes of these pixels, one behind the other, each as wide as the last."""
    each = SIZE // len(pixels)
    code = {8: "B", 16: "H"}[depth]
    row = b"".join(struct.pack(f">{len(pixel)}{code}", *pixel) * each for pixel in pixels)
    chunks = [chunk(b"IHDR", struct.pack(">IIBBBBB", each * len(pixels), 100, depth, kind, 0, 0, 0))]
    if icc:
        chunks.append(chunk(b"iCCP", b"gray\0\0" + zlib.compress(icc)))
    if clear:
        chunks.append(chunk(b"tRNS", struct.pack(f">{len(clear)}H", *clear)))
    chunks += [chunk(b"IDAT", zlib.compress((b"\0" + row) * 100)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


LINEAR = gray(1.0)
# A linear half is a light gray in sRGB; without the profile it would be one of 128.
LIGHT = (188, 188, 188)
SHOWN = {
    "gray": (png(8, GRAY, (128,), icc=LINEAR), LIGHT),
    "deep gray": (png(16, GRAY, (32768,), icc=LINEAR), LIGHT),
    "gray with alpha": (png(8, GRAY_ALPHA, (128, 255), (0, 0), icc=LINEAR), (*LIGHT, 255)),
    "deep gray with alpha": (png(16, GRAY_ALPHA, (32768, 65535), (0, 0), icc=LINEAR), (*LIGHT, 255)),
}


@pytest.mark.parametrize("case", SHOWN)
def test_a_profile_of_gray_is_respected_at_every_depth(case, tmp_path) -> None:
    content, expected = SHOWN[case]
    assert shown(content, tmp_path).getpixel((50, 50)) == pytest.approx(expected, abs=3)


CLEAR = {
    "gray": (png(8, GRAY, (40,), (200,), clear=(40,)), (200, 200, 200, 255)),
    "deep gray": (png(16, GRAY, (40_000,), (1000,), clear=(40_000,)), (3, 3, 3, 255)),
    "colors": (png(8, COLORS, (9, 8, 7), (1, 2, 3), clear=(9, 8, 7)), (1, 2, 3, 255)),
    "deep colors": (
        png(16, COLORS, (40_000, 20_000, 60_000), (1000, 2000, 3000), clear=(40_000, 20_000, 60_000)),
        (3, 7, 11, 255),
    ),
}


@pytest.mark.parametrize("case", CLEAR)
def test_a_color_that_is_named_as_transparent_is_so_at_every_depth(case, tmp_path) -> None:
    content, beside = CLEAR[case]
    (outcome,) = outcomes({case: (content, "a.png")}, tmp_path / "facts", limits=LIMITS).values()
    assert (outcome.facts["has_alpha"], outcome.facts["transparent_share"]) == (True, 0.5)
    picture = shown(content, tmp_path)
    assert picture.getpixel((50, 50))[3] == 0
    assert picture.getpixel((SIZE - 50, 50)) == pytest.approx(beside, abs=4)


def shown(content: bytes, folder) -> Image.Image:
    """The picture of its own width that pages show."""
    path = folder / "a.png"
    path.write_bytes(content)
    files = make_derivatives(path, preflight(path, "a.png"), folder / "made")
    (made,) = [
        file for file in files if file.kind == "image" and file.width == SIZE and file.media_type == "image/webp"
    ]
    with Image.open(made.path) as image:
        image.load()
        return image
