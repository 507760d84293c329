"""Images: facts about a master, and derivatives for showing it."""

import io
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageFont, ImageOps
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import TiffImageFile

from designs.untrusted import tiff
from designs.untrusted.refusal import Refusal

Progress = Callable[[str, float], None]

PAPER = (241, 237, 228)
# A card of a phone, of a phone with a fine screen, of a desktop with one, and the stage.
WIDTHS = (480, 720, 1080, 1600)
MAX_HEIGHT = 3200
BLUR_WIDTH = 24
WATERMARK_OPACITY = 88
"""Of 255."""
WATERMARK_DEGREES = 30
GRID = 256
COLORS = 6
_FORMATS = {"png": ["PNG"], "jpeg": ["JPEG", "MPO"], "webp": ["WEBP"], "avif": ["AVIF"], "tiff": ["TIFF"]}
_MODES = {
    "1",
    "L",
    "LA",
    "La",
    "P",
    "PA",
    "RGB",
    "RGBA",
    "RGBa",
    "RGBX",
    "CMYK",
    "LAB",
    "YCbCr",
    "I;16",
    "I;16B",
    "I;16L",
    "I",
}
_ENCODINGS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("avif", "image/avif", {"quality": 62, "speed": 6, "max_threads": 2}),
    ("webp", "image/webp", {"quality": 82, "method": 4}),
    ("jpeg", "image/jpeg", {"quality": 84, "progressive": True, "optimize": True, "subsampling": "4:2:0"}),
)
_ORIENTATION = 0x0112
_NEGATIVE = "white is zero"
# The last one is the AVIF reader's.
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, RuntimeError)


def open_image(path: str, form: str, *, max_pixels: int) -> Image.Image:
    """Open with the one parser that the file's magic bytes call for. Raises Refusal."""
    # A decompression bomb is a warning below twice the limit; here every warning refuses the file.
    warnings.simplefilter("error")
    Image.MAX_IMAGE_PIXELS = max_pixels
    try:
        image = Image.open(path, formats=_FORMATS[form])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refusal("too_many_pixels", max_megapixels=max_pixels // 1_000_000) from None
    except (*_UNREADABLE, Warning) as error:
        unknown = tiff.unknown_colors(path) if form == "tiff" else ""
        if unknown:
            raise Refusal("color_mode", mode=unknown) from error
        raise Refusal("unreadable", cause=str(error)[:200]) from error
    if image.width * image.height > max_pixels:
        raise Refusal("too_many_pixels", max_megapixels=max_pixels // 1_000_000)
    if form != "jpeg" and getattr(image, "n_frames", 1) > 1:
        raise Refusal("several_pages" if form == "tiff" else "animated")
    # Whole numbers of 32 bits and fractions have no white that a picture could be scaled by; PNG has 16 bits as "I".
    if image.mode not in _MODES or (image.mode == "I" and form == "tiff"):
        raise Refusal("color_mode", mode=image.mode[:20])
    if isinstance(image, TiffImageFile):
        tiff.read_planes_whole(image)
        image.info[_NEGATIVE] = tiff.is_negative(image)
    return image


def open_whole(path: str, form: str, *, max_pixels: int) -> Image.Image:
    """Open and decode. Raises Refusal."""
    image = open_image(path, form, max_pixels=max_pixels)
    _decode(image)
    return image


def _decode(image: Image.Image) -> None:
    try:
        image.load()
    except MemoryError:
        raise
    except (*_UNREADABLE, Warning) as error:
        cause = str(error)
        code = "truncated" if "truncated" in cause else "unreadable"
        raise Refusal(code, cause=cause[:200]) from error


def inspect(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Facts of an image, after it has been decoded whole."""
    image = open_image(request["input"], request["format"], max_pixels=request["max_pixels"])
    stored_mode, bits = image.mode, _bits(image)
    form = request["format"]
    turned_by = image.getexif().get(_ORIENTATION, 1) if form == "tiff" else 1
    progress("decode", 0.3)
    _decode(image)
    # A TIFF is turned upright when it is decoded, and forgets that it was.
    orientation = turned_by if form == "tiff" else image.getexif().get(_ORIENTATION, 1)
    turned = orientation in (5, 6, 7, 8) and form != "tiff"
    return {
        "format": form,
        "width": image.height if turned else image.width,
        "height": image.width if turned else image.height,
        "mode": stored_mode,
        "bits": bits,
        "has_alpha": image.has_transparency_data,
        "has_color_profile": bool(image.info.get("icc_profile")),
        "orientation": orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1,
        **_colors(image),
    }


def _bits(image: Image.Image) -> int:
    """Bits of a channel as the file stores it, before it is decoded; 0 for AVIF, whose reader does not tell."""
    if isinstance(image, TiffImageFile):
        return tiff.bits(image)
    if image.format == "AVIF":
        return 0
    # The decoder's name for how it is packed: "RGB;16B", "L;2", "1".
    packing = str(image.tile[0].args) if isinstance(image, PngImageFile) and image.tile else ""
    packed = re.search(r";(\d+)", packing)
    return int(packed[1]) if packed else 1 if packing == "1" else 8


def _colors(image: Image.Image) -> dict[str, Any]:
    """The few colors that most of the image has, most first, with the share of each, and the share of the points
    that are not opaque. Of points in a grid, in sRGB."""
    sides = (min(image.width, GRID), min(image.height, GRID))
    pixels = np.asarray(for_showing(image.resize(sides, Image.Resampling.NEAREST)).convert("RGBA")).reshape(-1, 4)
    seen = pixels[pixels[:, 3] >= 128, :3]
    palette = []
    if len(seen):
        few = Image.fromarray(seen[None, :, :]).quantize(COLORS, Image.Quantize.MEDIANCUT)
        table = few.getpalette() or []
        for index, count in enumerate(few.histogram()[:COLORS]):
            if count >= len(seen) / 100:
                color = "#" + bytes(table[3 * index : 3 * index + 3]).hex()
                palette.append({"color": color, "share": round(count / len(seen), 3)})
    return {
        "palette": sorted(palette, key=lambda one: (-one["share"], one["color"])),
        "transparent_share": round(float((pixels[:, 3] < 255).mean()), 3),
    }


def derive(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Write an image in widths and encodings for the page, without metadata, and a tiny one to blur.

    `watermark` is what stands across every width of it; nothing when it is missing or empty.
    """
    image = open_whole(request["input"], request["format"], max_pixels=request["max_pixels"])
    progress("decode", 0.1)
    picture = for_showing(image)
    sizes = sizes_for(picture.size)
    mark = str(request.get("watermark", ""))[:60]
    files = []
    for index, size in enumerate(sizes):
        resized = picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
        shown = watermarked(resized, mark) if mark else resized
        for extension, media_type, options in _ENCODINGS:
            name = f"image-{size[0]}.{extension}"
            encodable = on_paper(shown) if extension == "jpeg" else shown
            encodable.save(name, **options)
            files.append(_file("image", name, size, media_type))
        progress("encode", 0.15 + 0.8 * (index + 1) / len(sizes))
    blur = on_paper(picture)
    blur.thumbnail((BLUR_WIDTH, BLUR_WIDTH * 4), Image.Resampling.LANCZOS)
    blur.save("blur.webp", quality=40, method=6)
    files.append(_file("blur", "blur.webp", blur.size, "image/webp"))
    return {"files": files, "notes": {}}


def watermarked(picture: Image.Image, text: str) -> Image.Image:
    """The picture with the text across it again and again, aslant, light with a dark shadow so that it is seen on any
    ground. A copy; the picture stays as it is."""
    width, height = picture.size
    size = max(11, round(max(width, height) / 22))
    font = ImageFont.load_default(size)
    side = round((width**2 + height**2) ** 0.5) + 2 * size
    mask = Image.new("L", (side, side))
    draw = ImageDraw.Draw(mask)
    step = round(draw.textlength(text, font) + 2 * size)
    for row, down in enumerate(range(0, side, 4 * size)):
        for along in range(-(row % 2) * step // 2, side, step):
            draw.text((along, down), text, fill=WATERMARK_OPACITY, font=font)
    turned = mask.rotate(WATERMARK_DEGREES, Image.Resampling.BICUBIC)
    left, top = (side - width) // 2, (side - height) // 2
    marked = picture.copy()
    offset = max(1, size // 16)
    for shift, tone in ((offset, (0, 0, 0, 255)), (0, (255, 255, 255, 255))):
        where = turned.crop((left - shift, top - shift, left - shift + width, top - shift + height))
        marked.paste(tone[: len(picture.getbands())], (0, 0), where)
    return marked


def for_showing(image: Image.Image) -> Image.Image:
    """The image upright, in sRGB, 8 bits a channel, as RGB or RGBA, with nothing but its pixels."""
    profile = image.info.get("icc_profile")
    image = ImageOps.exif_transpose(image)
    named = _alpha_of_a_deep_color(image)
    if named is not None:
        del image.info["transparency"]
    if image.mode.startswith("I") or image.mode == "F":
        image = _to_eight_bits(image)
        if image.info.get(_NEGATIVE):
            image = ImageOps.invert(image)
    if image.mode == "LAB":
        image = _lab_to_srgb(image)
        profile = None
    if image.mode in ("P", "PA", "1", "LA", "La", "RGBa"):
        image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    elif "transparency" in image.info:
        image = image.convert("RGBA")
    alpha = image.getchannel("A") if "A" in image.getbands() else named
    if alpha is not None:
        # Nobody sees its lowest bit, WebP keeps it, and some programs hide the prompt there, which stays private.
        alpha = alpha.point(lambda value: value | 1 if value > 1 else 0)
    colors = _to_srgb(image, profile)
    if alpha is not None and alpha.getextrema() != (255, 255):
        colors.putalpha(alpha)
    clean = Image.new(colors.mode, colors.size)
    clean.paste(colors)
    return clean


def _to_eight_bits(image: Image.Image) -> Image.Image:
    # 16-bit gray: Pillow's own conversion to L would clip at 255 instead of scaling.
    deep = image.convert("I").point(lambda value: value / 256) if image.mode != "F" else image
    return deep.convert("L")


def _alpha_of_a_deep_color(image: Image.Image) -> Image.Image | None:
    """Alpha of a PNG of 16 bits that names one color as transparent (11.3.2.1); None of others. Its pixels of several
    channels have their high bytes left by now."""
    color = image.info.get("transparency")
    if image.mode.startswith("I") and isinstance(color, int):
        clear = np.asarray(image) == color
    elif image.mode == "RGB" and isinstance(color, tuple) and max(color) > 255:
        clear = (np.asarray(image) == [value >> 8 for value in color]).all(axis=2)
    else:
        return None
    return Image.fromarray(np.where(clear, 0, 255).astype(np.uint8))


def _lab_to_srgb(image: Image.Image) -> Image.Image:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    try:
        converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, ValueError) as error:
        raise Refusal("color_mode", mode="LAB") from error
    assert converted is not None
    return converted


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        source = image.convert("RGB") if image.mode == "RGBA" else image
        if profile[16:20] == b"GRAY" and source.mode == "RGB" and _is_gray(source):
            source = source.getchannel("R")  # gray with alpha comes as colors
        try:
            converted = ImageCms.profileToProfile(
                source,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                renderingIntent=ImageCms.Intent.PERCEPTUAL,
                outputMode="RGB",
            )
        except (ImageCms.PyCMSError, OSError, ValueError, Warning):
            # A profile that does not fit its image is common and says nothing about the pixels.
            return image.convert("RGB")
        if converted is not None:
            return converted
    return image.convert("RGB")


def _is_gray(image: Image.Image) -> bool:
    red, green, blue = image.split()
    return all(ImageChops.difference(red, other).getbbox() is None for other in (green, blue))


def sizes_for(size: tuple[int, int]) -> list[tuple[int, int]]:
    """Sizes for the page: the set widths below the image's own, and then its own or the largest; never larger."""
    width, height = size
    scale = min(1.0, MAX_HEIGHT / height)
    widest = min(max(1, int(width * scale)), WIDTHS[-1])
    widths = [step for step in WIDTHS if step < widest] + [widest]
    return [(step, max(1, round(height * step / width))) for step in widths]


def on_paper(image: Image.Image) -> Image.Image:
    """Without transparency, on the page's ground: JPEG has none."""
    if image.mode != "RGBA":
        return image.copy()
    ground = Image.new("RGB", image.size, PAPER)
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _file(kind: str, name: str, size: tuple[int, int], media_type: str) -> dict[str, Any]:
    return {"kind": kind, "name": name, "width": size[0], "height": size[1], "media_type": media_type}
