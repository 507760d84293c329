"""Every kind of file we take is recognized and measured; every broken one is refused with a reason."""

import copy
import io
import json
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from designs.inspection import DetectedType, FileLimits, InspectionError, inspect, preflight, sentence
from designs.inspection.reasons import _SENTENCES
from designs.tests.archives import threemf, zipped
from designs.tests.many import outcomes
from designs.tests.samples import (
    CUBE_CORNERS,
    CUBE_FACES,
    ascii_stl,
    binary_stl,
    glb_bytes,
    glb_document,
    image_bytes,
    off_text,
    ply_binary,
    ply_text,
)

LIMITS = FileLimits(max_pixels=1_000_000, max_triangles=100_000)
CUBE = (CUBE_CORNERS * [10, 20, 30])[CUBE_FACES]


@pytest.fixture
def check(tmp_path):
    """Preflight and inspect some bytes under a name."""

    def run(content: bytes, name: str, limits: FileLimits = LIMITS):
        path = tmp_path / "blob"
        path.write_bytes(content)
        detected = preflight(path, name, limits=limits)
        return inspect(path, detected, tmp_path / "work", file_limits=limits)

    yield run
    assert not list((tmp_path / "work").glob("*")), "a child's folder was left behind"


def refusal_of(content: bytes, name: str, check) -> InspectionError:
    with pytest.raises(InspectionError) as refusal:
        check(content, name)
    assert len(str(refusal.value)) > 30
    assert "%(" not in str(refusal.value)
    return refusal.value


def changed(**changes):
    """A GLB of the cube whose JSON has other values at dotted paths."""
    document, binary = glb_document()
    document = copy.deepcopy(document)
    for path, value in changes.items():
        place = document
        *way, last = [int(step) if step.isdigit() else step for step in path.split("__")]
        for step in way:
            place = place[step]
        place[last] = value
    return glb_bytes(document, binary)


# --- what we take ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "name", "media_type"),
    [
        ("PNG", "a.png", "image/png"),
        ("JPEG", "a.JPG", "image/jpeg"),
        ("JPEG", "a.jpeg", "image/jpeg"),
        ("WEBP", "a.webp", "image/webp"),
    ],
)
def test_images_are_recognized_and_measured(form, name, media_type, check):
    inspection = check(image_bytes(form), name)
    assert inspection.detected == DetectedType("image", form.lower(), media_type)
    facts = dict(inspection.facts)
    palette = facts.pop("palette")
    assert 4 <= len(palette) <= 6
    assert sum(one["share"] for one in palette) == pytest.approx(1, abs=0.01)
    assert facts == {
        "format": form.lower(),
        "width": 64,
        "height": 48,
        "mode": "RGB",
        "bits": 8,
        "has_alpha": False,
        "has_color_profile": False,
        "orientation": 1,
        "transparent_share": 0.0,
    }


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 10}])
def test_both_kinds_of_webp_declare_their_size(options, check):
    facts = check(image_bytes("WEBP", size=(33, 21), **options), "a.webp").facts
    assert (facts["width"], facts["height"]) == (33, 21)


def test_main_colors_and_transparency_are_told(check):
    from PIL import Image

    image = Image.new("RGBA", (40, 10), (255, 0, 0, 255))
    image.paste((0, 0, 255, 255), (0, 0, 10, 10))
    image.paste((0, 255, 0, 0), (30, 0, 40, 10))
    encoded = io.BytesIO()
    image.save(encoded, "PNG")
    facts = check(encoded.getvalue(), "a.png").facts
    # Of the opaque points: 20 columns of red, 10 of blue; the green cannot be seen.
    assert facts["palette"] == [{"color": "#ff0000", "share": 0.667}, {"color": "#0000ff", "share": 0.333}]
    assert facts["transparent_share"] == 0.25


def test_transparency_is_told(check):
    assert check(image_bytes(mode="RGBA"), "a.png").facts["has_alpha"] is True
    assert check(image_bytes("WEBP", mode="RGBA"), "a.webp").facts["mode"] in ("RGBA", "RGB")


def test_a_photo_turned_by_its_camera_is_measured_as_it_is_seen(check):
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    facts = check(image_bytes("JPEG", exif=exif), "a.jpg").facts
    assert (facts["width"], facts["height"], facts["orientation"]) == (48, 64, 6)


@pytest.mark.parametrize("content", [binary_stl(), ascii_stl()], ids=["binary", "ascii"])
def test_stl_is_recognized_and_measured(content, check):
    inspection = check(content, "part.stl")
    assert inspection.detected.media_type == "model/stl"
    facts = inspection.facts
    assert facts["bounds"] == {"min": [0, 0, 0], "max": [10, 20, 30], "extent": [10, 20, 30]}
    assert (facts["triangles"], facts["vertices"], facts["bodies"]) == (12, 8, 1)
    assert facts["watertight"] is True
    assert facts["winding_consistent"] is True
    assert facts["inside_out"] is False
    assert facts["area"] == pytest.approx(2200)
    assert facts["volume"] == pytest.approx(6000)
    assert facts["units"] == "unknown"
    assert facts["up_axis"] == "z"


def test_a_binary_stl_whose_header_says_solid_is_binary(check):
    assert check(binary_stl(header=b"solid nonsense"), "a.stl").detected.format == "stl_binary"


def test_several_solids_in_one_ascii_file_are_several_bodies(check):
    content = ascii_stl(name="one") + ascii_stl(CUBE + np.float32(100), name="two facet vertex")
    facts = check(content, "a.stl").facts
    assert (facts["triangles"], facts["bodies"]) == (24, 2)


def test_ascii_words_may_be_upper_case_and_names_may_be_missing(check):
    content = ascii_stl().decode().upper().replace("SOLID CUBE", "SOLID").encode()
    assert check(content, "a.stl").facts["triangles"] == 12


def test_a_glb_is_measured_in_meters(check):
    facts = check(glb_bytes(), "cube.glb").facts
    assert facts["bounds"]["extent"] == [1, 1, 1]
    assert facts["volume"] == pytest.approx(1)
    assert (facts["units"], facts["up_axis"], facts["has_colors"]) == ("m", "y", True)


def test_node_transforms_and_instances_count(check):
    content = changed(
        nodes=[{"mesh": 0, "scale": [2, 2, 2]}, {"mesh": 0, "translation": [10, 0, 0]}],
        scenes=[{"nodes": [0, 1]}],
    )
    facts = check(content, "a.glb").facts
    assert (facts["triangles"], facts["bodies"]) == (24, 2)
    assert facts["volume"] == pytest.approx(9)
    assert facts["bounds"]["max"] == pytest.approx([11, 2, 2])


def test_a_glb_with_a_data_uri_is_self_contained(check):
    import base64

    document, binary = glb_document()
    document["buffers"][0]["uri"] = "data:application/octet-stream;base64," + base64.b64encode(binary).decode()
    assert check(glb_bytes(document, b""), "a.glb").facts["triangles"] == 12


def test_an_open_mesh_has_no_volume(check):
    facts = check(binary_stl(CUBE[:-1]), "a.stl").facts
    assert (facts["watertight"], facts["volume"]) == (False, None)


def test_a_mesh_turned_inside_out_is_told(check):
    facts = check(binary_stl(CUBE[:, ::-1]), "a.stl").facts
    assert facts["inside_out"] is True
    assert facts["volume"] == pytest.approx(6000)


def test_one_flipped_face_is_an_inconsistent_winding(check):
    flipped = CUBE.copy()
    flipped[0] = flipped[0][::-1]
    facts = check(binary_stl(flipped), "a.stl").facts
    assert facts["watertight"] is True
    assert facts["winding_consistent"] is False
    assert facts["volume"] is None


def test_triangles_without_area_are_counted_apart(check):
    sliver = np.zeros((1, 3, 3)) + CUBE[0][0]
    facts = check(binary_stl(np.concatenate([CUBE, sliver])), "a.stl").facts
    assert (facts["triangles"], facts["degenerate_triangles"]) == (13, 1)
    assert facts["watertight"] is True


# --- what we refuse -------------------------------------------------------------------------------

PNG, JPEG, WEBP = image_bytes(), image_bytes("JPEG"), image_bytes("WEBP")


def png_of(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\x00" * 1000)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def jpeg_of(width: int, height: int) -> bytes:
    at = JPEG.index(b"\xff\xc0") + 5
    return JPEG[:at] + struct.pack(">HH", height, width) + JPEG[at + 4 :]


HOSTILE = {
    "empty": (b"", "a.png", "empty"),
    "text called png": (b"hello there, this is no picture", "a.png", "not_what_its_name_says"),
    "jpeg called png": (JPEG, "a.png", "not_what_its_name_says"),
    "png called jpg": (PNG, "a.jpg", "not_what_its_name_says"),
    "png called stl": (PNG, "a.stl", "not_what_its_name_says"),
    "glb called stl": (glb_bytes(), "a.stl", "not_what_its_name_says"),
    "stl called glb": (binary_stl(), "a.glb", "not_what_its_name_says"),
    "html called webp": (b"<html><script>alert(1)</script></html>", "a.webp", "not_what_its_name_says"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "drawing"),
    "no ending": (PNG, "picture", "unknown_type"),
    "two endings": (PNG, "a.png.exe", "unknown_type"),
    "png cut in a chunk": (PNG[:-40], "a.png", "truncated"),
    "png cut after its end mark was lost": (PNG[:-12], "a.png", "truncated"),
    "png of a few bytes": (PNG[:20], "a.png", "truncated"),
    "png with broken pixels": (
        PNG[:60] + bytes(20) + PNG[80:], "a.png", "unreadable",
    ),
    "png that declares 4 gigapixels": (png_of(65_000, 65_000), "a.png", "too_many_pixels"),
    "png that declares no pixels": (png_of(0, 5), "a.png", "unreadable"),
    "png with fewer rows than declared": (png_of(500, 500), "a.png", "truncated"),
    "png with a chunk of 4 GB": (PNG[:33] + b"\xff\xff\xff\xffIDAT" + PNG[41:], "a.png", "truncated"),
    "apng": (
        PNG[:33] + struct.pack(">I4sII", 8, b"acTL", 2, 0) + bytes(4) + PNG[33:], "a.png", "animated",
    ),
    "jpeg cut": (JPEG[: len(JPEG) // 2], "a.jpg", "truncated"),
    "jpeg of a few bytes": (JPEG[:5], "a.jpg", "truncated"),
    "jpeg that declares 4 gigapixels": (jpeg_of(65_000, 65_000), "a.jpg", "too_many_pixels"),
    "jpeg without a frame": (b"\xff\xd8\xff\xd9" * 20, "a.jpg", "unreadable"),
    "webp cut": (WEBP[:-10], "a.webp", "truncated"),
    "webp of a few bytes": (WEBP[:14], "a.webp", "truncated"),
    "webp of an unknown chunk": (WEBP[:12] + b"XXXX" + WEBP[16:], "a.webp", "unreadable"),
    "stl cut": (binary_stl()[:-7], "a.stl", "truncated"),
    "stl cut in its header": (binary_stl()[:50] + b"\x00", "a.stl", "truncated"),
    "stl that declares 4 billion triangles": (
        binary_stl()[:80] + b"\xff\xff\xff\xff" + binary_stl()[84:], "a.stl", "truncated",
    ),
    "stl longer than it declares": (binary_stl() + b"\x00" * 100, "a.stl", "size_mismatch"),
    "stl without triangles": (binary_stl(np.zeros((0, 3, 3))), "a.stl", "no_triangles"),
    "stl of slivers": (binary_stl(np.ones((5, 3, 3))), "a.stl", "no_triangles"),
    "stl with a NaN": (binary_stl(np.where(CUBE == 30, np.nan, CUBE)), "a.stl", "not_finite"),
    "stl with an infinity": (binary_stl(np.where(CUBE == 30, np.inf, CUBE)), "a.stl", "not_finite"),
    "ascii stl cut": (ascii_stl()[:-100], "a.stl", "truncated"),
    "ascii stl that ends at once": (b"solid\n", "a.stl", "truncated"),
    "ascii stl without facets": (b"solid nothing\nendsolid nothing\n", "a.stl", "no_triangles"),
    "ascii stl with a NaN": (ascii_stl().replace(b"3.000000e+01", b"nan"), "a.stl", "not_finite"),
    "ascii stl with words for numbers": (
        ascii_stl().replace(b"3.000000e+01", b"thirty"), "a.stl", "unreadable",
    ),
    "ascii stl with a corner too few": (
        ascii_stl().replace(b"    vertex 0.000000e+00 0.000000e+00 0.000000e+00\n", b"", 1), "a.stl", "truncated",
    ),
    "ascii stl with other words": (ascii_stl().replace(b"outer", b"inner"), "a.stl", "unreadable"),
    "ascii stl of one endless word": (
        b"solid a\nfacet normal " + b"9" * 100_000 + b"\nendsolid a\n", "a.stl", "truncated",
    ),
    "text called stl": (b"a shopping list\n" * 20, "a.stl", "not_what_its_name_says"),
    "glb cut": (glb_bytes()[:-20], "a.glb", "truncated"),
    "glb of a few bytes": (glb_bytes()[:15], "a.glb", "truncated"),
    "glb with a tail": (glb_bytes() + b"tail", "a.glb", "size_mismatch"),
    "glb of version 1": (glb_bytes()[:4] + b"\x01" + glb_bytes()[5:], "a.glb", "unreadable"),
    "glb whose JSON is longer than the file": (
        glb_bytes()[:12] + b"\xff\xff\xff\xff" + glb_bytes()[16:], "a.glb", "out_of_bounds",
    ),
    "glb whose JSON is none": (glb_bytes().replace(b'{"asset"', b'["asset"'), "a.glb", "unreadable"),
    "glb of nested brackets": (
        b"glTF" + struct.pack("<III4s", 2, 400_020, 400_000, b"JSON") + b"[" * 400_000, "a.glb", "unreadable",
    ),
    "glb with a file reference": (changed(buffers__0__uri="../../etc/passwd"), "a.glb", "external_reference"),
    "glb with a network reference": (
        changed(buffers__0__uri="http://127.0.0.1/x.bin"), "a.glb", "external_reference",
    ),
    "glb with an image elsewhere": (changed(images=[{"uri": "file:///etc/passwd"}]), "a.glb", "external_reference"),
    "glb with a buffer longer than its chunk": (changed(buffers__0__byteLength=10**9), "a.glb", "out_of_bounds"),
    "glb with a view outside its buffer": (changed(bufferViews__1__byteOffset=10**6), "a.glb", "out_of_bounds"),
    "glb with 4 billion vertices": (changed(accessors__0__count=2**32), "a.glb", "out_of_bounds"),
    "glb with 4 billion zeros": (
        changed(accessors__0={"componentType": 5126, "count": 2**32, "type": "VEC3"}), "a.glb", "out_of_bounds",
    ),
    "glb with a view that is not there": (changed(accessors__0__bufferView=99), "a.glb", "unreadable"),
    "glb with a negative count": (changed(accessors__0__count=-1), "a.glb", "unreadable"),
    "glb with an unknown type": (changed(accessors__0__type="VEC9"), "a.glb", "unreadable"),
    "glb without meshes": (changed(meshes=[], nodes=[{}]), "a.glb", "no_triangles"),
    "glb of points": (changed(meshes__0__primitives__0__mode=0), "a.glb", "no_triangles"),
    "glb that needs Draco": (
        changed(extensionsRequired=["KHR_draco_mesh_compression"]), "a.glb", "needs_extension",
    ),
    "glb with indices outside": (
        glb_bytes(None, glb_document()[1][:96] + b"\xff\xff" + glb_document()[1][98:]), "a.glb", "unreadable",
    ),
    "glb with a NaN": (
        glb_bytes(None, struct.pack("<f", float("nan")) + glb_document()[1][4:]), "a.glb", "not_finite",
    ),
}  # fmt: skip


def test_a_broken_or_hostile_file_is_refused_with_its_reason_within_seconds(tmp_path):
    files = {case: (content, name) for case, (content, name, _code) in HOSTILE.items()}
    found = outcomes(files, tmp_path, limits=LIMITS)
    wanted = {case: code for case, (_content, _name, code) in HOSTILE.items()}
    assert {case: outcome.code for case, outcome in found.items()} == wanted
    for case, outcome in found.items():
        assert "%(" not in sentence(outcome.code, outcome.details), case
        assert outcome.seconds < 5, case
        assert outcome.peak_bytes < 10**9, case


def test_a_file_that_only_the_child_can_judge_is_refused_by_it(check):
    content, name, code = HOSTILE["stl with a NaN"]
    assert refusal_of(content, name, check).code == code


def test_a_moving_image_is_refused(check):
    from PIL import Image

    frames = [Image.new("RGB", (8, 8), color) for color in ("red", "blue")]
    for form, name in (("PNG", "a.png"), ("WEBP", "a.webp")):
        content = image_bytes_of(frames, form)
        assert refusal_of(content, name, check).code == "animated"


def image_bytes_of(frames, form: str) -> bytes:
    import io

    encoded = io.BytesIO()
    frames[0].save(encoded, form, save_all=True, append_images=frames[1:], duration=50)
    return encoded.getvalue()


def test_limits_on_pixels_and_triangles_hold(check, tmp_path):
    small = FileLimits(max_pixels=1000, max_triangles=11)
    for content, name, code in (
        (image_bytes(), "a.png", "too_many_pixels"),
        (binary_stl(), "a.stl", "too_many_triangles"),
        (ascii_stl(), "a.stl", "too_many_triangles"),
        (glb_bytes(), "a.glb", "too_many_triangles"),
    ):
        with pytest.raises(InspectionError) as refusal:
            check(content, name, small)
        assert refusal.value.code == code


def test_a_thousand_instances_of_one_mesh_count_as_what_they_would_become(check):
    content = changed(nodes=[{"mesh": 0}] * 1000, scenes=[{"nodes": list(range(1000))}])
    with pytest.raises(InspectionError) as refusal:
        check(content, "a.glb", FileLimits(max_triangles=5000))
    assert refusal.value.code == "too_many_triangles"


def test_sentences_name_what_was_found(check):
    error = refusal_of(JPEG, "holiday.png", check)
    assert str(error) == ("The file's name ends in “.png”, but its content is JPEG. Rename it, or export it again.")
    assert "http://127.0.0.1/x.bin" in str(refusal_of(*HOSTILE["glb with a network reference"][:2], check))


def test_every_code_has_a_sentence_that_says_what_to_do():
    for code, text in _SENTENCES.items():
        assert str(text).count(". ") + str(text).count("; ") + str(text).count(": ") >= 1, code


WHOLE = [
    (PNG, "a.png"),
    (JPEG, "a.jpg"),
    (WEBP, "a.webp"),
    (image_bytes("AVIF"), "a.avif"),
    (image_bytes("TIFF"), "a.tif"),
    (binary_stl(), "a.stl"),
    (ascii_stl(), "a.stl"),
    (glb_bytes(), "a.glb"),
    (json.dumps(glb_document()[0]).encode(), "a.gltf"),
    (ply_text(), "a.ply"),
    (ply_binary(), "a.ply"),
    (off_text(), "a.off"),
    (threemf(), "a.3mf"),
    (zipped({"a.obj": b"v 0 0 0\n"}), "a.zip"),
    (b"v 0 0 0\nf 1 1 1\n", "a.obj"),
]


@settings(max_examples=300, deadline=None)
@given(
    file=st.one_of(
        st.sampled_from(WHOLE),
        st.tuples(st.sampled_from([content for content, _name in WHOLE]), st.sampled_from([n for _c, n in WHOLE])),
    ),
    cut=st.integers(0, 2000),
    edits=st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=6),
)
def test_preflight_answers_or_refuses_whatever_the_bytes(tmp_path_factory, file, cut, edits):
    base, name = file
    content = bytearray(base[: cut or None])
    for position, value in edits:
        if position < len(content):
            content[position] = value
    path = tmp_path_factory.getbasetemp() / "fuzz"
    path.write_bytes(content)
    try:
        outcome = preflight(path, name, limits=LIMITS).kind
    except InspectionError as refusal:
        outcome = refusal.code
    assert outcome in {"image", "mesh", *_SENTENCES}
