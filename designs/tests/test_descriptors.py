"""What is compared: hashes of content, descriptors that survive a change, and laying two works over each other."""

import io

import numpy as np
import pytest
import trimesh
from PIL import Image, ImageDraw
from scipy.spatial.transform import Rotation

from designs.originality.alignment import Cornered, align, corners_apart
from designs.originality.exact import geometry_hash, pixel_hash
from designs.originality.halves import lettered
from designs.originality.overlay import overlay
from designs.originality.pdq import differing_bits, luminance, pdq
from designs.originality.pictures import describe_picture
from designs.originality.shapes import NoSurface, describe, describe_without_stretch
from designs.originality.sketches import KINDS, sketch
from designs.originality.thresholds import thresholds


def bracket() -> tuple[np.ndarray, np.ndarray]:
    """Three boxes of different sizes: no symmetry, no shape of another test."""
    boxes = [((4, 1, 1), (0, 0, 0)), ((1, 3, 1), (1.5, 2, 0)), ((1, 1, 2), (-1, 0, 1.5))]
    parts = [trimesh.creation.box(size, trimesh.transformations.translation_matrix(at)) for size, at in boxes]
    mesh = trimesh.util.concatenate(parts)
    return np.array(mesh.vertices), np.array(mesh.faces)


def changed(positions: np.ndarray, *, stretch=(1.0, 1.0, 1.0), mirrored=False) -> np.ndarray:
    turn = Rotation.from_euler("xyz", [20, -75, 131], degrees=True).as_matrix()
    side = np.array([-1.0 if mirrored else 1.0, 1.0, 1.0])
    return (positions * stretch * side) @ turn.T * 7.3 + [120, -4, 33]


def strokes(seed: int, size: tuple[int, int] = (420, 300), *, count: int = 60) -> Image.Image:
    """A drawing of arcs and lines that another seed makes otherwise."""
    chance = np.random.default_rng(seed)
    image = Image.new("RGB", size, (244, 240, 230))
    pen = ImageDraw.Draw(image)
    for _stroke in range(count):
        x, y = chance.uniform(0, size[0]), chance.uniform(0, size[1])
        reach = chance.uniform(10, 90)
        ink = tuple(int(value) for value in chance.integers(0, 190, 3))
        pen.arc((x - reach, y - reach, x + reach, y + reach), *sorted(chance.uniform(0, 360, 2)), fill=ink, width=5)
    return image


def test_the_hash_of_a_geometry_knows_neither_order_nor_place_nor_scale():
    positions, faces = bracket()
    order = np.random.default_rng(3).permutation(len(positions))
    elsewhere = (positions * 16 + [1024, -512, 64])[order]
    shuffled = np.roll(np.argsort(order)[faces], 1, axis=1)[::-1]
    unmerged = positions[faces].reshape(-1, 3)
    wanted = geometry_hash(positions, faces)
    assert geometry_hash(elsewhere, shuffled) == wanted
    assert geometry_hash(unmerged, np.arange(len(unmerged)).reshape(-1, 3)) == wanted
    assert geometry_hash(positions, faces[:, ::-1]) != wanted
    assert geometry_hash(positions * [1, 1, 1.001], faces) != wanted


def test_the_hash_of_pixels_knows_no_format():
    image = strokes(1)
    encoded = io.BytesIO()
    image.save(encoded, "WEBP", lossless=True)
    assert pixel_hash(Image.open(encoded).convert("RGB")) == pixel_hash(image)
    image.putpixel((0, 0), (0, 0, 0))
    assert pixel_hash(Image.open(encoded).convert("RGB")) != pixel_hash(image)


def test_descriptors_survive_being_turned_scaled_mirrored_and_meshed_anew():
    positions, faces = bracket()
    first = describe(positions, faces)
    assert first.points.shape == (8192, 3)
    assert first.distances.shape == first.harmonics.shape == (64,)
    finer = trimesh.remesh.subdivide(positions, faces)
    for again in (describe(changed(positions, mirrored=True), faces), describe(changed(finer[0]), finer[1])):
        assert np.linalg.norm(first.distances - again.distances) < 0.03
        assert np.linalg.norm(first.harmonics - again.harmonics) < 0.08
    ball = trimesh.creation.icosphere(subdivisions=2)
    other = describe(ball.vertices, ball.faces)
    assert np.linalg.norm(first.distances - other.distances) > 0.3
    assert np.linalg.norm(first.harmonics - other.harmonics) > 0.5


def test_a_stretch_changes_the_shape_and_not_what_is_left_without_it():
    positions, faces = bracket()
    longer = changed(positions, stretch=(1, 1.3, 1))
    plain = np.linalg.norm(describe(positions, faces).harmonics - describe(longer, faces).harmonics)
    undone = np.linalg.norm(
        describe_without_stretch(positions, faces).harmonics - describe_without_stretch(longer, faces).harmonics
    )
    assert undone < 0.06 < 0.1 < plain


def test_a_sheet_and_what_has_no_surface_are_told():
    sheet = np.array([[0.0, 0, 0], [3, 0, 0], [3, 1, 0], [0, 1, 0]])
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    assert np.isfinite(describe_without_stretch(sheet, faces).harmonics).all()
    with pytest.raises(NoSurface):
        describe(np.array([[0.0, 0, 0], [1, 1, 1], [2, 2, 2]]), np.array([[0, 1, 2]]))
    with pytest.raises(NoSurface):
        describe(np.zeros((3, 3)), np.array([[0, 1, 2]]))


def test_one_surface_lies_over_itself_and_says_that_it_was_mirrored():
    positions, faces = bracket()
    first = describe(positions, faces)
    other_way = describe(changed(positions, mirrored=True), faces[::-1])
    found = align(first.points, other_way.points)
    assert found.mirrored
    assert 0.95 < found.spacing < 1.05
    assert found.scale == pytest.approx(1, abs=0.03)
    higher = positions + [0, 0, 0.6] * (positions[:, 2:] > 2)
    assert align(first.points, describe(changed(higher), faces).points).spacing > 1.15


def test_a_surface_that_lost_a_part_lies_inside_the_whole_one():
    positions, faces = bracket()
    whole = describe(positions, faces)
    for _finer in range(2):
        positions, faces = trimesh.remesh.subdivide(positions, faces)
    kept = faces[positions[faces].mean(axis=1)[:, 1] < 3.2]
    assert 0.9 < len(kept) / len(faces) < 0.93
    found = align(whole.points, describe(changed(positions), kept).points)
    assert found.inside < 1.05
    assert 1.15 < found.missing < 1.3
    assert found.inside < found.spacing < found.missing


def wavy_ball(level: int, *, turned: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Corners on one wavy surface, more of them with each level; turning the waves makes it another one."""
    ball = trimesh.creation.icosphere(subdivisions=level)
    x, y, z = ball.vertices.T
    height = 1 + 0.15 * np.sin(4 * x + turned) * np.cos(3 * y) + 0.1 * np.sin(3 * z + 2 * x)
    return ball.vertices * height[:, None], ball.faces


def cornered(mesh: tuple[np.ndarray, np.ndarray]) -> Cornered:
    shape = describe(*mesh)
    return Cornered(shape.points, shape.corners)


def test_corners_of_a_coarser_form_mostly_lie_on_the_surface_and_a_strangers_never_do():
    """Which points are drawn depends on a file's last bits, so on the processor that computed them: many are drawn."""
    (positions, faces), (fine_positions, fine_faces) = wavy_ball(2), wavy_ball(5)
    nears, spacings, far = [], [], []
    for draw in range(12):
        nudge = 1 + draw * 1e-9
        fine = cornered((fine_positions * nudge, fine_faces))
        coarse = cornered((changed(positions * nudge, mirrored=True), faces))
        assert (len(fine.corners), len(coarse.corners)) == (0, 162), "a fine mesh needs none"
        pair = (fine, coarse) if draw % 2 else (coarse, fine)
        laid = align(pair[0].points, pair[1].points)
        nears.append(corners_apart(*pair, laid))
        spacings.append(laid.spacing)
        if draw < 4:
            stranger = cornered(wavy_ball(2, turned=0.3 + draw * 1e-9))
            far.append(corners_apart(fine, stranger, align(fine.points, stranger.points)))
    near = thresholds().corners
    assert np.median(nears) < near < min(far)
    assert np.median(nears) < np.median(spacings), "corners say more than points do"


@pytest.mark.parametrize("sample", range(3))
def test_a_nearly_round_body_slides_to_its_place_whichever_points_were_taken(sample):
    positions, faces = wavy_ball(2)
    # Another last digit, other points.
    again = changed(positions, mirrored=True) * (1 + sample * 1e-9)
    assert align(cornered(wavy_ball(5)).points, describe(again, faces).points).spacing < 1.16


def test_few_corners_say_nothing():
    fine, tiny = cornered(wavy_ball(5)), cornered(wavy_ball(0))
    assert len(tiny.corners) == 12
    assert corners_apart(fine, tiny, align(fine.points, tiny.points)) == np.inf
    assert corners_apart(fine, fine, align(fine.points, fine.points)) == np.inf


def test_points_at_two_places_are_measured_and_match_no_surface():
    positions, faces = bracket()
    found = align(describe(positions, faces).points, np.repeat([[-1.0, 0, 0], [1.0, 0, 0]], 4096, axis=0))
    assert found.spacing > 10


def test_the_eight_hashes_are_those_of_the_turned_pictures():
    luma = luminance(np.asarray(strokes(5)))
    found = pdq(luma)
    assert found.quality > 50
    turned = [np.rot90(luma, times) for times in range(4)]
    for at, picture in enumerate([*turned, *(each[:, ::-1] for each in turned)]):
        assert differing_bits(pdq(picture).orientations[0], found.orientations[at]) <= 2
    unlike = differing_bits(found.orientations[0], pdq(luminance(np.asarray(strokes(6)))).orientations)
    assert unlike.min() > 80
    assert pdq(np.full((90, 120), 200.0)).quality == 0


def test_a_turned_and_lettered_crop_lies_over_its_picture_and_another_does_not():
    image = strokes(7)
    first = describe_picture(image)
    crop = image.crop((0, 30, 378, 300)).transpose(Image.Transpose.ROTATE_90)
    ImageDraw.Draw(crop).rectangle((20, 180, 250, 215), fill=(255, 255, 255))
    second = describe_picture(crop)
    assert differing_bits(first.windows[:, None], second.whole.orientations).min() < 60
    found = overlay(first.thumbnail, second.thumbnail)
    assert found.agreement > 0.75
    assert found.orientation == 3
    assert found.scale == pytest.approx(0.9, abs=0.04)
    assert overlay(first.thumbnail, describe_picture(strokes(8)).thumbnail).agreement < 0.2


def test_empty_bands_have_no_hash_and_others_are_those_of_the_turned_picture():
    image = Image.new("RGB", (300, 300), "white")
    image.paste(strokes(9, (300, 90)), (0, 0))
    found = describe_picture(image)
    # The upper third, and the three across; two below are empty.
    assert found.bands.shape == (4, 8, 256)
    turned = describe_picture(image.transpose(Image.Transpose.ROTATE_90))
    apart = differing_bits(found.bands[:, None, :, None], turned.bands[None, :, None, :1])
    assert (apart.min(axis=(1, 2, 3)) <= 2).all()
    assert describe_picture(Image.new("RGB", (300, 200), "white")).bands.shape == (0, 8, 256)


def test_a_fine_drawing_lies_over_a_crop_of_it_by_parts_of_a_pixel():
    image = sketch("truchet", 7)
    crop = image.crop((23, 31, 23 + image.width * 9 // 10, 31 + image.height * 9 // 10))
    laid = overlay(describe_picture(image).thumbnail, describe_picture(crop).thumbnail)
    assert laid.scale == pytest.approx(0.9, abs=0.02)
    assert laid.agreement > 0.6
    assert laid.overlap > 0.95


def test_beside_a_text_a_copy_agrees_and_another_drawing_does_not():
    image, other = sketch("scribble", 1), sketch("scribble", 2)
    small = describe_picture(lettered(image, 0.1, 1 / 3)).thumbnail
    laid = overlay(describe_picture(image).thumbnail, small)
    assert laid.agreement < 0.9 < 0.97 < laid.beside
    assert overlay(describe_picture(other).thumbnail, small).beside < 0.6


def test_a_text_that_two_works_share_says_nothing_about_them():
    signed = [lettered(sketch("scribble", seed).resize((600, 500)), 0.1, 0.4) for seed in (1, 2)]
    laid = overlay(*(describe_picture(each).thumbnail for each in signed))
    assert max(laid.agreement, laid.beside) < 0.2


@pytest.mark.parametrize("kind", KINDS)
def test_a_sketch_is_its_seed(kind):
    one, again, other = sketch(kind, 1), sketch(kind, 1), sketch(kind, 2)
    assert pixel_hash(one) == pixel_hash(again) != pixel_hash(other)
    assert describe_picture(one).whole.quality >= 20
