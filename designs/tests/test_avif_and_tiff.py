"""AVIF and TIFF: sizes, modes and orientation are told as they are seen; pages and motion are refused."""

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from designs.inspection import FileLimits, inspect, preflight, sentence
from designs.previews import make_derivatives
from designs.tests.many import outcomes
from designs.tests.samples import image_bytes

LIMITS = FileLimits(max_pixels=1_000_000)
AVIF, TIFF = image_bytes("AVIF"), image_bytes("TIFF")
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def encoded(image: Image.Image, form: str = "TIFF", **options) -> bytes:
    target = io.BytesIO()
    image.save(target, form, **options)
    return target.getvalue()


def turned() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    return exif


def deep_tiff(
    *channels: int,
    order: str = "<",
    apart: bool = False,
    sample: int = 1,
    bits: int = 16,
    size: tuple[int, int] = (500, 400),
) -> bytes:
    """500 × 400 pixels of these channels (RGB, and alpha if there are four), of 16 or 32 bits, not packed."""
    one = np.array(channels, {16: np.uint16, 32: np.uint32}[bits]).astype(f"{order}u{bits // 8}")
    pixels = np.broadcast_to(one, (size[1], size[0], len(channels)))
    planes = [pixels[:, :, at].tobytes() for at in range(len(channels))] if apart else [pixels.tobytes()]
    tags = {
        256: (4, [size[0]]), 257: (4, [size[1]]), 258: (3, [bits] * len(channels)), 259: (3, [1]), 262: (3, [2]),
        273: (4, [0] * len(planes)), 277: (3, [len(channels)]), 278: (4, [size[1]]),
        279: (4, [len(plane) for plane in planes]), 284: (3, [2 if apart else 1]), 339: (3, [sample] * len(channels)),
    }  # fmt: skip
    if len(channels) == 4:
        tags[338] = (3, [2])
    values = 8 + 2 + 12 * len(tags) + 4
    first = values + 2 * sum(4 * len(each) for _kind, each in tags.values())
    tags[273] = (4, [first + sum(len(plane) for plane in planes[:at]) for at in range(len(planes))])
    table, beside = struct.pack(order + "H", len(tags)), b""
    for tag, (kind, each) in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(each)}{'HI'[kind - 3]}", *each)
        if len(packed) > 4:
            packed, beside = struct.pack(order + "I", values + len(beside)), beside + packed
        table += struct.pack(order + "HHI", tag, kind, len(each)) + packed.ljust(4, b"\0")
    head = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 8)
    return (head + table + bytes(4) + beside).ljust(first, b"\0") + b"".join(planes)


def tiff_of(width: int, height: int) -> bytes:
    """A TIFF that declares a size and has one strip of nothing."""
    entries = [(256, 4, 1, width), (257, 4, 1, height), (273, 4, 1, 8), (279, 4, 1, 0)]
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + table + bytes(4)


GRAY = Image.fromarray(np.full((48, 64), 32768, np.uint16))
TAKEN = {
    "avif": (AVIF, "a.avif", (64, 48, "RGB", False)),
    "avif with alpha": (
        encoded(Image.new("RGBA", (64, 48), (255, 0, 0, 90)), "AVIF"),
        "a.avif",
        (64, 48, "RGBA", True),
    ),
    "avif turned": (image_bytes("AVIF", exif=turned()), "a.avif", (48, 64, "RGB", False)),
    "tiff": (TIFF, "a.tif", (64, 48, "RGB", False)),
    "tiff packed": (image_bytes("TIFF", compression="tiff_lzw"), "a.tiff", (64, 48, "RGB", False)),
    "tiff with alpha": (image_bytes("TIFF", mode="RGBA"), "a.tif", (64, 48, "RGBA", True)),
    "tiff of 16 bits": (encoded(GRAY), "a.tif", (64, 48, "I;16", False)),
    "tiff for print": (encoded(Image.new("CMYK", (64, 48), (0, 255, 255, 0))), "a.tif", (64, 48, "CMYK", False)),
    "tiff turned": (image_bytes("TIFF", exif=turned()), "a.tif", (48, 64, "RGB", False)),
    "tiff in Lab": (encoded(Image.new("LAB", (64, 48), (128, 128, 128))), "a.tif", (64, 48, "LAB", False)),
}


def test_stills_are_recognized_and_measured(tmp_path):
    files = {case: (content, name) for case, (content, name, _facts) in TAKEN.items()}
    for case, outcome in outcomes(files, tmp_path, limits=LIMITS).items():
        facts = outcome.facts
        assert outcome.code == "", (case, outcome)
        assert (facts["width"], facts["height"], facts["mode"], facts["has_alpha"]) == TAKEN[case][2], case


def test_a_profile_is_seen(tmp_path):
    files = {
        "avif": (image_bytes("AVIF", icc_profile=SRGB), "a.avif"),
        "tiff": (image_bytes("TIFF", icc_profile=SRGB), "a.tif"),
    }
    found = outcomes(files, tmp_path, limits=LIMITS)
    assert {case: outcome.facts["has_color_profile"] for case, outcome in found.items()} == {"avif": True, "tiff": True}


SHOWN = {
    "16 bits": (encoded(Image.fromarray(np.full((400, 500), 32768, np.uint16))), (128, 128, 128)),
    "16 bits, white is zero": (
        encoded(Image.fromarray(np.full((400, 500), 60_000, np.uint16))).replace(
            struct.pack("<HHIH", 262, 3, 1, 1), struct.pack("<HHIH", 262, 3, 1, 0)
        ),
        (21, 21, 21),
    ),
    "print": (encoded(Image.new("CMYK", (500, 400), (0, 255, 255, 0))), (230, 30, 30)),
    "Lab": (encoded(Image.new("LAB", (500, 400), (128, 128, 128))), (119, 119, 119)),
}


def test_every_mode_is_shown_in_its_colors(tmp_path):
    for case, (content, expected) in SHOWN.items():
        path = tmp_path / "blob"
        path.write_bytes(content)
        files = make_derivatives(path, preflight(path, "a.tif"), tmp_path / case)
        (shown,) = [file for file in files if file.kind == "image" and file.width == 480 and "webp" in file.media_type]
        with Image.open(shown.path) as image:
            assert image.convert("RGB").getpixel((200, 200)) == pytest.approx(expected, abs=30), case


# The low bytes are set: read as eight bits, or from the wrong end, they would show.
DEEP = (0xFF01, 0x80FE, 0x01FF)
PALE = (0xFF01, 0x80FE, 0x01FF, 0xC0FF)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("apart", [False, True], ids=["together", "apart"])
@pytest.mark.parametrize("channels", [DEEP, PALE], ids=["RGB", "RGBA"])
def test_colors_of_16_bits_are_told_and_shown_as_they_are(tmp_path, order, apart, channels):
    path = tmp_path / "blob"
    path.write_bytes(deep_tiff(*channels, order=order, apart=apart))
    detected = preflight(path, "a.tif")
    facts = inspect(path, detected, tmp_path).facts
    assert (facts["width"], facts["height"], facts["mode"], facts["bits"]) == (500, 400, "RGBA"[: len(channels)], 16)
    assert facts["palette"] == [{"color": "#ff8001", "share": 1.0}]
    files = make_derivatives(path, detected, tmp_path / "made")
    (shown,) = [file for file in files if file.kind == "image" and file.width == 480 and "webp" in file.media_type]
    with Image.open(shown.path) as image:
        for at in ((20, 20), (240, 190), (460, 360)):
            wanted = tuple(channel >> 8 for channel in channels)
            assert image.convert(facts["mode"]).getpixel(at) == pytest.approx(wanted, abs=4), at


def test_bits_are_told_of_other_formats_too(tmp_path):
    files = {
        "gray tiff": (encoded(GRAY), "a.tif"),
        "gray png": (encoded(GRAY, "PNG"), "a.png"),
        "two colors": (encoded(Image.new("1", (9, 9)), "PNG"), "a.png"),
        "few colors": (encoded(Image.linear_gradient("L").quantize(16), "PNG"), "a.png"),
        "jpeg": (image_bytes("JPEG"), "a.jpg"),
        "avif": (AVIF, "a.avif"),
    }
    found = {case: outcome.facts["bits"] for case, outcome in outcomes(files, tmp_path, limits=LIMITS).items()}
    assert found == {"gray tiff": 16, "gray png": 16, "two colors": 1, "few colors": 4, "jpeg": 8, "avif": 0}


@pytest.mark.parametrize(
    ("options", "mode"), [({"bits": 32}, "3 × 32 bits"), ({"sample": 2}, "3 × 16 bits")], ids=["32 bits", "signed"]
)
def test_colors_that_are_not_read_are_named(tmp_path, options, mode):
    files = {"deep": (deep_tiff(1, 2, 3, **options), "a.tif")}
    (outcome,) = outcomes(files, tmp_path, limits=LIMITS).values()
    assert (outcome.code, outcome.details) == ("color_mode", {"mode": mode})
    assert f"({mode})" in sentence(outcome.code, outcome.details)


FRAMES = [Image.new("RGB", (16, 16), color) for color in ("red", "blue")]
MOVING = encoded(FRAMES[0], "AVIF", save_all=True, append_images=FRAMES[1:], duration=50)
AT = AVIF.index(b"ispe") + 8
HOSTILE = {
    "avif cut": (AVIF[:-20], "a.avif", "truncated"),
    "avif of a few bytes": (AVIF[:40], "a.avif", "truncated"),
    "avif with broken pixels": (AVIF[:-60] + bytes(60), "a.avif", "unreadable"),
    "avif that moves": (MOVING, "a.avif", "animated"),
    "avif of 4 gigapixels": (
        AVIF[:AT] + struct.pack(">II", 65_000, 65_000) + AVIF[AT + 8 :], "a.avif", "too_many_pixels",
    ),
    "avif without a size": (AVIF.replace(b"ispe", b"free"), "a.avif", "unreadable"),
    "avif without a description": (AVIF.replace(b"meta", b"free"), "a.avif", "unreadable"),
    "avif called png": (AVIF, "a.png", "not_what_its_name_says"),
    "tiff cut": (TIFF[:-100], "a.tif", "truncated"),
    "tiff of a few bytes": (TIFF[:6], "a.tif", "truncated"),
    "tiff of two pages": (encoded(FRAMES[0], save_all=True, append_images=FRAMES[1:]), "a.tif", "several_pages"),
    "tiff of 4 gigapixels": (tiff_of(65_000, 65_000), "a.tif", "too_many_pixels"),
    "tiff without pixels": (tiff_of(0, 9), "a.tif", "unreadable"),
    "tiff with more places than lengths": (
        TIFF.replace(struct.pack("<HHI", 273, 4, 1), struct.pack("<HHI", 273, 4, 2)), "a.tif", "unreadable",
    ),
    "tiff whose directory is outside": (TIFF[:4] + b"\xff\xff\xff\x7f" + TIFF[8:], "a.tif", "truncated"),
    "tiff of fractions": (encoded(Image.new("F", (8, 8), 0.5)), "a.tif", "color_mode"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "drawing"),
}  # fmt: skip


def test_a_broken_or_hostile_image_is_refused_with_its_reason_within_seconds(tmp_path):
    files = {case: (content, name) for case, (content, name, _code) in HOSTILE.items()}
    found = outcomes(files, tmp_path, limits=LIMITS)
    wanted = {case: code for case, (_content, _name, code) in HOSTILE.items()}
    assert {case: outcome.code for case, outcome in found.items()} == wanted
    for case, outcome in found.items():
        assert "%(" not in sentence(outcome.code, outcome.details), case
        assert outcome.seconds < 5, case
        assert outcome.peak_bytes < 10**9, case
