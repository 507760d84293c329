"""Previews are made from the master's bytes, carry nothing but the picture, and fail cleanly."""

import io
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from designs.inspection import preflight
from designs.previews import (
    PreviewError,
    draw_wireframe,
    make_derivatives,
    make_viewer,
    render_clay,
    render_cover,
    render_first,
    render_previews,
)
from designs.tests.children import all_children
from designs.tests.profiles import adobe_rgb, printing
from designs.tests.samples import CUBE_CORNERS, CUBE_FACES, ascii_stl, binary_stl, glb_bytes, glb_document, image_bytes
from designs.tests.viewer_models import ViewerModel, read_glb
from designs.untrusted.images import for_showing

RED, GREEN = (255, 0, 0), (0, 255, 0)


@pytest.fixture
def master(tmp_path):
    """Write some bytes as a stored file and tell what they are."""

    def write(content: bytes, name: str):
        path = tmp_path / "blob"
        path.write_bytes(content)
        return path, preflight(path, name)

    return write


@pytest.fixture
def out(tmp_path):
    return tmp_path / "previews"


def encoded(image: Image.Image, form: str = "PNG", **options) -> bytes:
    target = io.BytesIO()
    image.save(target, form, **options)
    return target.getvalue()


def opened(files, width: int, media_type: str) -> Image.Image:
    (file,) = [file for file in files if file.width == width and file.media_type == media_type and file.kind == "image"]
    image = Image.open(file.path)
    image.load()
    return image


# --- derivatives ----------------------------------------------------------------------------------


def test_derivatives_come_in_four_widths_and_three_encodings(master, out):
    files = make_derivatives(*master(image_bytes(size=(2000, 1000)), "a.png"), out)
    images = [(file.width, file.height, file.media_type) for file in files if file.kind == "image"]
    assert images == [
        (width, height, media_type)
        for width, height in ((480, 240), (720, 360), (1080, 540), (1600, 800))
        for media_type in ("image/avif", "image/webp", "image/jpeg")
    ]
    for file in files:
        with Image.open(file.path) as image:
            assert image.size == (file.width, file.height)
            assert Image.MIME[image.format] == file.media_type
    assert sorted(out.iterdir()) == sorted(file.path for file in files)


@pytest.mark.parametrize(
    ("width", "widths"), [(300, [300]), (480, [480]), (700, [480, 700]), (1600, [480, 720, 1080, 1600])]
)
def test_an_image_is_never_enlarged(width, widths, master, out):
    files = make_derivatives(*master(image_bytes(size=(width, 200)), "a.png"), out)
    assert [file.width for file in files if file.media_type == "image/avif"] == widths


def test_the_placeholder_is_tiny(master, out):
    files = make_derivatives(*master(image_bytes(size=(640, 480)), "a.png"), out)
    (blur,) = [file for file in files if file.kind == "blur"]
    assert (blur.width, blur.height, blur.media_type) == (24, 18, "image/webp")
    assert blur.path.stat().st_size < 600


def test_a_very_tall_image_is_bounded(master, out):
    files = make_derivatives(*master(image_bytes(size=(100, 20_000)), "a.png"), out)
    assert [(file.width, file.height) for file in files if file.media_type == "image/jpeg"] == [(16, 3200)]


def test_camera_orientation_is_applied_and_metadata_is_gone(master, out):
    picture = Image.new("RGB", (600, 400), RED)
    picture.paste(GREEN, (0, 0, 600, 100))
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "a secret prompt"
    files = make_derivatives(*master(encoded(picture, "JPEG", exif=exif, quality=95), "a.jpg"), out)
    upright = opened(files, 400, "image/jpeg")
    assert upright.size == (400, 600)
    assert upright.getpixel((390, 300))[1] > 200
    assert upright.getpixel((10, 300))[0] > 200
    for file in files:
        assert b"secret" not in file.path.read_bytes()
        with Image.open(file.path) as image:
            assert not image.getexif()
            assert "icc_profile" not in image.info


def test_a_generators_text_does_not_leak_into_previews(master, out):
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_text("parameters", "a secret prompt")
    files = make_derivatives(*master(encoded(Image.new("RGB", (500, 400)), pnginfo=text), "a.png"), out)
    assert all(b"secret" not in file.path.read_bytes() for file in files)


def shown(mode: str, color: tuple[int, ...], profile: bytes) -> tuple[int, ...]:
    """How a picture of one color is shown that is saved with this profile."""
    with Image.open(io.BytesIO(encoded(Image.new(mode, (4, 4), color), "TIFF", icc_profile=profile))) as image:
        return for_showing(image).getpixel((1, 1))


def test_a_wide_gamut_is_brought_to_srgb():
    # By hand: decoded with a gamma of 2.2, brought to XYZ and to linear sRGB, encoded; 227.06, 100.07, 42.36.
    assert shown("RGB", (200, 100, 50), adobe_rgb()) == (227, 100, 42)
    assert shown("RGB", (100, 150, 200), adobe_rgb()) == (66, 151, 203)
    # Without its profile it is what it says.
    assert shown("RGB", (200, 100, 50), b"") == (200, 100, 50)


def test_inks_are_brought_to_srgb():
    """A yellow of L 80, b 40 is (217, 197, 122) by hand; without its profile it would be (255, 255, 0)."""
    profile = printing({(0, 0, 0, 0): (100, 0, 0), (0, 0, 1, 0): (80, 0, 40)})
    assert shown("CMYK", (0, 0, 0, 0), profile) == (255, 255, 255)
    assert shown("CMYK", (0, 0, 255, 0), profile) == pytest.approx((217, 197, 122), abs=8)


def test_colors_are_brought_to_srgb(master, out):
    lab_like = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    picture = Image.new("RGB", (500, 400), (120, 120, 120))
    plain = make_derivatives(*master(encoded(picture), "a.png"), out / "plain")
    broken = make_derivatives(*master(encoded(picture, icc_profile=lab_like), "a.png"), out / "broken")
    for files in (plain, broken):
        assert opened(files, 480, "image/webp").convert("RGB").getpixel((50, 50)) == pytest.approx(
            (120, 120, 120), abs=3
        )


@pytest.mark.parametrize(
    ("picture", "form", "expected"),
    [
        (Image.new("CMYK", (500, 400), (0, 255, 255, 0)), "JPEG", (230, 30, 30)),
        (Image.fromarray(np.full((400, 500), 32768, np.uint16)), "PNG", (128, 128, 128)),
        (Image.new("L", (500, 400), 77), "PNG", (77, 77, 77)),
        (Image.new("1", (500, 400), 1), "PNG", (255, 255, 255)),
        (Image.new("RGB", (500, 400), RED).quantize(4), "PNG", (255, 0, 0)),
    ],
    ids=["cmyk", "16 bit", "gray", "1 bit", "palette"],
)
def test_every_mode_of_color_is_shown(picture, form, expected, master, out):
    name = "a.jpg" if form == "JPEG" else "a.png"
    files = make_derivatives(*master(encoded(picture, form), name), out)
    shown = opened(files, 480, "image/webp").convert("RGB").getpixel((200, 200))
    assert shown == pytest.approx(expected, abs=30)


def test_transparency_stays_where_it_can_and_becomes_paper_in_jpeg(master, out):
    picture = Image.new("RGBA", (500, 400), (0, 0, 0, 0))
    picture.paste((255, 0, 0, 255), (0, 0, 250, 400))
    files = make_derivatives(*master(encoded(picture), "a.png"), out)
    for media_type in ("image/avif", "image/webp"):
        assert opened(files, 480, media_type).convert("RGBA").getpixel((400, 200))[3] == 0
    assert opened(files, 480, "image/jpeg").getpixel((400, 200)) == pytest.approx((241, 237, 228), abs=4)


@pytest.mark.parametrize("ground", [(0, 0, 0), (128, 90, 60), (255, 255, 255)], ids=["black", "brown", "white"])
def test_a_watermark_is_seen_on_any_ground_in_every_width(ground, master, out):
    path, detected = master(encoded(Image.new("RGB", (800, 600), ground)), "a.png")
    before = path.read_bytes()
    files = make_derivatives(path, detected, out, watermark="Loomprint preview")
    for width in (480, 720, 800):
        pixels = np.asarray(opened(files, width, "image/jpeg")).astype(int)
        marked = np.abs(pixels - ground).max(axis=2) > 40
        assert 0.01 < marked.mean() < 0.2
        # Across the whole picture: no quarter of it could be cut out unmarked.
        half = pixels.shape[0] // 2, pixels.shape[1] // 2
        assert all(part.any() for side in (marked[: half[0]], marked[half[0] :]) for part in np.array_split(side, 2, 1))
    assert path.read_bytes() == before


def test_a_transparent_picture_is_marked_too(master, out):
    picture = Image.new("RGBA", (500, 400), (0, 0, 0, 0))
    picture.paste((255, 0, 0, 255), (0, 0, 250, 400))
    files = make_derivatives(*master(encoded(picture), "a.png"), out, watermark="Loomprint preview")
    alpha = np.asarray(opened(files, 480, "image/webp").convert("RGBA"))[:, 260:, 3]
    assert 0 < (alpha > 40).mean() < 0.2


# --- the viewer's model ---------------------------------------------------------------------------


@pytest.mark.parametrize("content", [binary_stl(), ascii_stl()], ids=["binary", "ascii"])
def test_the_viewer_model_keeps_coordinates_and_creases(content, master, out):
    (file,) = make_viewer(*master(content, "cube.stl"), out)
    assert (file.kind, file.media_type, file.notes) == ("viewer", "model/gltf-binary", {"triangles": 12})
    model = ViewerModel(file.path)
    document, positions, normals = model.document, model.positions(), model.normals()
    assert positions.min(axis=0).tolist() == [0, 0, 0]
    assert positions.max(axis=0).tolist() == [10, 20, 30]
    # A cube has no smooth edge: each corner once for each of its three sides.
    assert len(positions) == 24
    assert sorted(map(tuple, np.abs(normals).round(6).tolist())) == sorted(
        [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)] * 8
    )
    # z up in the file, y up in glTF: turned by the node.
    assert document["nodes"][0]["matrix"] == [1, 0, 0, 0, 0, 0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 1]
    preflight(file.path, "viewer.glb")


def torus(rings: int, sides: int) -> np.ndarray:
    around, across = np.meshgrid(
        np.arange(rings) * 2 * np.pi / rings, np.arange(sides) * 2 * np.pi / sides, indexing="ij"
    )
    radius = 3 + np.cos(across)
    points = np.stack([radius * np.cos(around), radius * np.sin(around), np.sin(across)], axis=-1)
    right, up = np.roll(points, -1, axis=0), np.roll(points, -1, axis=1)
    both = np.roll(right, -1, axis=1)
    return np.concatenate([np.stack([points, right, up], 2), np.stack([right, both, up], 2)]).reshape(-1, 3, 3)


def test_a_round_surface_is_shaded_smooth(master, out):
    (file,) = make_viewer(*master(binary_stl(torus(48, 24)), "ring.stl"), out)
    model = ViewerModel(file.path)
    positions, normals = model.positions(), model.normals()
    assert len(positions) == 48 * 24
    center = positions / np.linalg.norm(positions[:, :2], axis=1, keepdims=True) * 3
    center[:, 2] = 0
    assert (np.einsum("ij,ij->i", positions - center, normals) > 0.98).all()


def test_a_heavy_solid_is_simplified_and_says_so(master, out):
    (file,) = make_viewer(*master(binary_stl(torus(100, 50)), "ring.stl"), out, max_triangles=2000)
    assert file.notes["simplified_from"] == 10_000
    assert 200 < file.notes["triangles"] <= 2000


def faces_of(path: Path) -> tuple[np.ndarray, np.ndarray]:
    model = ViewerModel(path)
    return model.positions(), model.faces()


@pytest.mark.parametrize("closed", [True, False])
def test_a_heavy_mesh_has_a_light_model_of_a_tenth_that_lies_on_it(closed, master, out):
    triangles = torus(200, 60) if closed else torus(200, 60)[:-1]
    whole, light = make_viewer(*master(binary_stl(triangles), "ring.stl"), out)
    assert (whole.kind, light.kind, light.path.name) == ("viewer", "viewer_light", "viewer-light.glb")
    positions, faces = faces_of(light.path)
    assert 1200 < len(faces) == light.notes["light_triangles"] <= 2400
    assert len(faces_of(whole.path)[1]) == len(triangles)
    assert light.path.stat().st_size < whole.path.stat().st_size / 4
    from_ring = np.hypot(np.hypot(positions[:, 0], positions[:, 1]) - 3, positions[:, 2])
    assert np.abs(from_ring - 1).max() < 0.05


def test_a_light_mesh_has_one_model(master, out):
    files = make_viewer(*master(binary_stl(torus(100, 99)), "ring.stl"), out)
    assert [file.kind for file in files] == ["viewer"]


def test_a_heavy_mesh_that_is_no_solid_is_left_as_it_is(master, out):
    (file,) = make_viewer(*master(binary_stl(torus(100, 50)[:-1]), "ring.stl"), out, max_triangles=2000)
    assert file.notes == {"triangles": 9999}


def test_materials_of_a_glb_reach_the_viewer(master, out):
    (file,) = make_viewer(*master(glb_bytes(), "cube.glb"), out)
    document, _binary = read_glb(file.path)
    assert document["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"] == [1, 0, 0, 1]
    assert "matrix" not in document["nodes"][0]


# --- the cover ------------------------------------------------------------------------------------


def test_a_cover_shows_the_object_whole_on_a_light_ground(master, out):
    seen = []
    (file,) = render_cover(
        *master(glb_bytes(), "cube.glb"), out, lambda what, part: seen.append((what, part)), width=160
    )
    assert (file.kind, file.width, file.height, file.media_type) == ("cover", 160, 120, "image/png")
    pixels = np.asarray(Image.open(file.path).convert("RGB")).astype(int)
    red = (pixels[:, :, 0] - pixels[:, :, 1]) > 60
    rows, columns = np.flatnonzero(red.any(axis=1)), np.flatnonzero(red.any(axis=0))
    assert red.mean() > 0.15
    assert rows[0] > 3
    assert rows[-1] < 116
    assert columns[0] > 3
    assert columns[-1] < 156
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert border.mean() > 150
    assert [part for _what, part in seen] == sorted(part for _what, part in seen)
    assert {what for what, _part in seen} >= {"arrange", "render", "denoise"}


def reach(seen: np.ndarray) -> tuple[int, int]:
    """Height and width of what is seen, in pixels."""
    return int(np.ptp(np.flatnonzero(seen.any(axis=1)))), int(np.ptp(np.flatnonzero(seen.any(axis=0))))


def test_up_is_z_in_stl_and_y_in_glb(master, out):
    shaded = []
    for size in ([1, 1, 5], [1, 5, 1]):
        stl = binary_stl(CUBE_CORNERS[CUBE_FACES] * size)
        (drawn,) = render_cover(*master(stl, "a.stl"), out / str(size), width=120)
        # Of a box in the color of clay, the side that is turned away from the light.
        shaded.append(reach(pixels_of(drawn).sum(axis=2) < 430))
    (standing_height, standing_width), (lying_height, lying_width) = shaded
    document, binary = glb_document()
    document["nodes"][0]["scale"] = [1, 5, 1]
    (raised,) = render_cover(*master(glb_bytes(document, binary), "a.glb"), out / "glb", width=120)
    pixels = pixels_of(raised)
    height, width = reach((pixels[:, :, 0] - pixels[:, :, 1]) > 60)

    assert height > 2 * width
    assert standing_height > 2 * standing_width
    assert lying_height < lying_width


# --- other stills -----------------------------------------------------------------------------------


def pixels_of(file) -> np.ndarray:
    return np.asarray(Image.open(file.path).convert("RGB")).astype(int)


def test_a_first_picture_is_small_and_shows_what_the_cover_will(master, out):
    path, detected = master(glb_bytes(), "cube.glb")
    (first,) = render_first(path, detected, out)
    assert (first.kind, first.width, first.height, first.media_type) == ("first", 320, 240, "image/jpeg")
    (cover,) = render_cover(path, detected, out, width=320)
    # The same view: what differs is noise.
    assert np.abs(pixels_of(first) - pixels_of(cover)).mean() < 4


def test_clay_shows_the_shape_without_the_colors_of_the_file(master, out, monkeypatch):
    monkeypatch.setattr("designs.previews.render.COVER_WIDTH", 120)
    (clay,) = render_clay(*master(glb_bytes(), "cube.glb"), out)
    assert (clay.kind, clay.width, clay.height, clay.media_type) == ("clay", 120, 90, "image/webp")
    red, green, blue = pixels_of(clay)[45, 60]
    # The cube is pure red in its file.
    assert red > green > blue > 30


def test_a_wireframe_shows_the_edges_that_are_not_hidden(master, out, monkeypatch):
    monkeypatch.setattr("designs.previews.render.COVER_WIDTH", 240)
    (file,) = draw_wireframe(*master(binary_stl(), "box.stl"), out)
    assert (file.kind, file.width, file.height, file.media_type) == ("wireframe", 240, 180, "image/webp")
    pixels = pixels_of(file).mean(axis=2)
    body = pixels[60:140, 90:150]
    lines = (pixels < 110).mean()
    # Of a box three sides are seen, with three diagonals: lines cover little, and most of each side is empty.
    assert 0.005 < lines < 0.06
    assert np.median(body) > 150
    assert (pixels[0] > 225).all()
    (dense,) = draw_wireframe(*master(binary_stl(torus(300, 100)), "ring.stl"), out / "dense")
    # Edges closer than pixels do not make it black.
    assert (pixels_of(dense).mean(axis=2) < 60).mean() < 0.01


# --- all steps, and their failure -----------------------------------------------------------------


def test_all_previews_of_a_mesh(master, out):
    files = render_previews(*master(binary_stl(), "a.stl"), {}, out, cover_width=120)
    assert [file.kind for file in files] == ["cover", "image", "image", "image", "blur", "viewer"]
    assert sorted(out.iterdir()) == sorted(file.path for file in files)


def test_a_file_at_fault_gives_a_reason_and_leaves_nothing(master, out):
    path, detected = master(image_bytes(size=(300, 300)), "a.png")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(PreviewError) as failure:
        make_derivatives(path, detected, out)
    assert failure.value.code in ("truncated", "unreadable")
    assert failure.value.retryable is False
    assert list(out.iterdir()) == []


def test_a_step_killed_at_any_moment_leaves_nothing_and_works_again(master, out):
    path, detected = master(image_bytes(size=(1700, 900)), "a.png")

    def kill(what, _part):
        if what == "encode":
            for pid in all_children():
                os.kill(pid, signal.SIGKILL)

    with pytest.raises(PreviewError) as failure:
        make_derivatives(path, detected, out, kill)
    assert failure.value.retryable is True
    assert list(out.iterdir()) == []
    assert len(make_derivatives(path, detected, out)) == 13


def test_a_step_repeated_gives_the_same_files(master, out):
    path, detected = master(image_bytes(size=(600, 400)), "a.png")
    first = {file.path: file.path.read_bytes() for file in make_derivatives(path, detected, out)}
    second = {file.path: file.path.read_bytes() for file in make_derivatives(path, detected, out)}
    assert first == second
