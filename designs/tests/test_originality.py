"""Copies among designs: found at upload by whoever comes second, told apart by kind, and told to those who may know."""

import base64

import numpy as np
import pytest
import trimesh
from django.core.management import CommandError, call_command
from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from designs.inspection import InspectionError
from designs.models import Asset, Design, DesignVersion, Fingerprint, OriginalityCheck, OriginalityMatch, PictureHash
from designs.nearest import like_shapes
from designs.originality.pdq import differing_bits
from designs.originality.pictures import BANDS, WINDOWS, describe_picture
from designs.originality.shapes import POINTS
from designs.originality.thresholds import thresholds
from designs.resemblance import more_like_this, others_published_before, resemblances_of, sentence_of
from designs.services.fingerprints import _keep
from designs.services.originality import compare_version
from designs.services.rechecking import due, recheck
from designs.storage import master_store
from designs.tasks import recheck_originality
from designs.tests.alike import bracket_obj, bracket_stl, compared, draft, png_of
from designs.tests.samples import binary_stl
from designs.tests.test_descriptors import strokes

pytestmark = pytest.mark.django_db


def found(version: DesignVersion) -> list[tuple[str, str]]:
    rows = version.matches.select_related("earlier__design").order_by("pk")
    return [(row.earlier.design.title, row.kind) for row in rows]


def test_each_kind_of_copy_is_found_and_called_what_it_is(creator, stranger, tmp_path):
    assert found(compared(draft(creator, bracket_stl(), "bracket.stl", title="First"), tmp_path)) == []
    same = compared(draft(stranger, bracket_stl(), "copy.stl", title="Same"), tmp_path)
    assert found(same) == [("First", "same_file")]
    other_format = compared(draft(stranger, bracket_obj(), "copy.obj", title="Format"), tmp_path)
    assert found(other_format) == [("First", "same_content"), ("Same", "same_content")]
    turned = compared(draft(stranger, bracket_stl(mirrored=True), "copy.stl", title="Turned"), tmp_path)
    assert [kind for _title, kind in found(turned)] == ["near_copy"] * 3
    assert turned.matches.first().measures["mirrored"] is True
    assert turned.matches.first().measures["spacing"] == pytest.approx(1, abs=0.06)
    longer = compared(draft(stranger, bracket_stl(stretch=(1, 1.3, 1)), "copy.stl", title="Longer"), tmp_path)
    assert [kind for _title, kind in found(longer)] == ["stretched"] * 4
    assert found(compared(draft(stranger, binary_stl(), "cube.stl", title="Box"), tmp_path)) == []
    assert OriginalityCheck.objects.filter(thresholds=thresholds().version).count() == 6


def test_a_turned_crop_of_a_picture_is_found_and_another_picture_is_not(creator, stranger, tmp_path):
    image = strokes(21)
    compared(draft(creator, png_of(image), "print.png", title="First"), tmp_path)
    crop = image.crop((20, 15, 398, 285)).transpose(Image.Transpose.ROTATE_90)
    version = compared(draft(stranger, png_of(crop), "copy.png"), tmp_path)
    assert found(version) == [("First", "near_copy")]
    assert version.matches.get().measures["turned"] == 270
    assert found(compared(draft(stranger, png_of(strokes(22)), "other.png"), tmp_path)) == []
    again = compared(
        draft(stranger, png_of(image.convert("RGBA").convert("RGB")), "print.png", title="Again"), tmp_path
    )
    assert ("First", "same_file") in found(again)
    assert PictureHash.objects.filter(whole=True).count() == 3


def lettered(image: Image.Image) -> Image.Image:
    """With a text over the middle, larger than any stroke of it."""
    written = image.copy()
    font = ImageFont.load_default(image.height // 6)
    at = (image.width // 20, image.height // 2 - image.height // 12)
    ImageDraw.Draw(written).text(at, "NOT MY WORK", "white", font, stroke_width=4, stroke_fill="black")
    return written


def test_a_sparse_drawing_is_found_under_a_text_that_outweighs_it(creator, stranger, tmp_path):
    image = strokes(36, count=5)
    copy = lettered(image)
    compared(draft(creator, png_of(image), "print.png", title="First"), tmp_path)
    one, other = describe_picture(image), describe_picture(copy)
    kept, asked = ([each.whole.orientations[:1], each.windows] for each in (one, other))
    assert differing_bits(np.concatenate(kept)[:, None], np.concatenate(asked)).min() > 70
    assert differing_bits(one.bands[:, None, 0], other.bands[:, 0]).min() == 0
    turned = compared(draft(stranger, png_of(copy.transpose(Image.Transpose.ROTATE_90)), "copy.png"), tmp_path)
    assert found(turned) == [("First", "near_copy")]
    match = turned.matches.get()
    assert match.measures["beside"] > 0.97
    assert sentence_of(match).startswith("Beside what covers a part of one of them, the pictures agree in ")
    other_work = lettered(strokes(37, count=5))
    assert found(compared(draft(stranger, png_of(other_work), "other.png"), tmp_path)) == []


def test_whoever_is_compared_last_the_match_belongs_to_the_later_design(creator, stranger, tmp_path):
    first = draft(creator, bracket_stl(), "bracket.stl", title="First")
    later = draft(stranger, bracket_stl(mirrored=True), "copy.stl", title="Later")
    assert found(compared(later, tmp_path)) == []
    assert found(compared(first, tmp_path)) == []
    assert found(later.versions.get()) == [("First", "near_copy")]
    compared(later, tmp_path)
    compared(later, tmp_path)
    assert OriginalityMatch.objects.count() == 1


def test_a_fingerprint_is_computed_once_for_equal_bytes(creator, stranger, tmp_path):
    compared(draft(creator, bracket_stl(), "bracket.stl"), tmp_path)
    made = Fingerprint.objects.get().created_at
    compared(draft(stranger, bracket_stl(), "bracket.stl"), tmp_path)
    assert Fingerprint.objects.get().created_at == made


HASH = "0x" + "ab" * 32
GOOD = {
    "distances": [0.125] * 64,
    "harmonics": [0.125] * 64,
    "points": base64.b64encode(np.linspace(-1, 1, POINTS * 3).astype("<f2").tobytes()).decode(),
    "corners": base64.b64encode(np.linspace(-1, 1, 64 * 3).astype("<f2").tobytes()).decode(),
}


@pytest.mark.parametrize(
    "lie",
    [
        {"content": "0x" + "AB" * 32},
        {"content": None},
        {"shape": {**GOOD, "distances": [0.125] * 63}},
        {"shape": {**GOOD, "distances": [0.0] * 64}},
        {"shape": {**GOOD, "harmonics": [float("nan"), *[0.125] * 63]}},
        {"shape": {**GOOD, "harmonics": ["0.125"] * 64}},
        {"shape": {**GOOD, "harmonics": [2.0] * 64}},
        {"shape": {**GOOD, "points": base64.b64encode(bytes(POINTS * 6 - 2)).decode()}},
        {"shape": {**GOOD, "points": base64.b64encode(b"\x00\x7e" * (POINTS * 3)).decode()}},
        {"shape": {**GOOD, "points": base64.b64encode(bytes(POINTS * 6)).decode()}},
        {"shape": {**GOOD, "points": "§"}},
        {"shape": {**GOOD, "corners": base64.b64encode(bytes(7)).decode()}},
        {"shape": {**GOOD, "corners": base64.b64encode(bytes(1025 * 6)).decode()}},
        {"shape": {**GOOD, "corners": base64.b64encode(b"\x00\x7e" * 3).decode()}},
        {"shape": None},
        {"unstretched": []},
    ],
    ids=range(16),
)
def test_what_a_child_says_is_not_believed_unlooked_at(lie):
    asset = Asset.objects.create(sha256="ab" * 32, cid="x", size=1, media_type="model/stl")
    said = {"content": HASH, "shape": GOOD, "unstretched": GOOD}
    with pytest.raises(InspectionError):
        _keep(asset, {**said, **lie}, "mesh")
    assert not Fingerprint.objects.exists()
    assert _keep(asset, said, "mesh").content == HASH


def test_a_picture_that_claims_too_much_is_not_believed():
    asset = Asset.objects.create(sha256="ab" * 32, cid="x", size=1, media_type="image/png")
    said = {
        "content": HASH, "quality": 80, "orientations": base64.b64encode(bytes(256)).decode(),
        "windows": base64.b64encode(bytes(WINDOWS * 32)).decode(), "thumbnail": base64.b64encode(bytes(12)).decode(),
        "thumbnail_size": [3, 4],
    }  # fmt: skip
    for lie in ({"quality": 101}, {"quality": True}, {"thumbnail_size": [129, 4]}, {"thumbnail_size": [3, 5]},
                {"orientations": ""}, {"windows": said["orientations"]},
                {"orientations": base64.b64encode(bytes(257)).decode()},
                {"orientations": base64.b64encode(bytes(256 * 8)).decode()}):  # fmt: skip
        with pytest.raises(InspectionError):
            _keep(asset, {**said, **lie}, "image")
    assert not Fingerprint.objects.exists()
    assert _keep(asset, said, "image").hashes.count() == WINDOWS + 1
    banded = {**said, "orientations": base64.b64encode(bytes(256 * (1 + BANDS))).decode()}
    assert _keep(asset, banded, "image").hashes.count() == WINDOWS + 1 + BANDS
    assert PictureHash.objects.filter(whole=True).count() == 1


def test_of_a_design_that_is_not_public_nothing_is_told_but_that_it_is_there(
    creator, stranger, moderator, tmp_path, django_user_model
):
    compared(draft(creator, bracket_stl(), "bracket.stl", title="Secret"), tmp_path)
    version = compared(draft(stranger, bracket_stl(), "copy.stl"), tmp_path)
    (seen,) = resemblances_of(version, viewer=stranger)
    assert (seen.design, seen.picture, seen.own, seen.public) == (None, None, False, False)
    assert seen.kind == "The same file"
    root = django_user_model.objects.create_superuser(email="root@example.org", password="x", display_name="Root")
    (seen,) = resemblances_of(version, viewer=root)
    assert seen.design.title == "Secret"
    (seen,) = resemblances_of(version, viewer=creator)
    assert seen.design.title == "Secret"


def test_only_what_was_published_by_others_and_is_no_parent_asks_for_a_moderator(creator, stranger, tmp_path):
    first = draft(creator, bracket_stl(), "bracket.stl")
    compared(first, tmp_path)
    version = compared(draft(stranger, bracket_stl(mirrored=True), "copy.stl"), tmp_path)
    own = compared(draft(creator, bracket_stl(mirrored=True), "copy.stl"), tmp_path)
    assert others_published_before(version) == []
    entry = "0x" + "12" * 16
    Design.objects.filter(pk=first.pk).update(state=Design.State.ANCHORING, entry_id=entry, chain_id=1)
    assert [match.kind for match in others_published_before(version)] == ["near_copy"]
    assert others_published_before(version, parents=[entry]) == []
    assert others_published_before(own) == []
    Design.objects.filter(pk=first.pk).update(state=Design.State.TAKEN_DOWN)
    assert len(others_published_before(version)) == 1


def test_who_uploads_first_and_publishes_second_is_asked_about_too(creator, stranger, tmp_path):
    early = compared(draft(stranger, bracket_stl(mirrored=True), "copy.stl"), tmp_path)
    first = draft(creator, bracket_stl(), "bracket.stl", title="Bracket")
    compared(first, tmp_path)
    assert others_published_before(early) == []
    assert resemblances_of(early, viewer=stranger) == []
    Design.objects.filter(pk=first.pk).update(state=Design.State.ANCHORING, entry_id="0x" + "12" * 16, chain_id=1)
    assert [match.kind for match in others_published_before(early)] == ["near_copy"]
    assert len(resemblances_of(early, viewer=stranger)) == 1


def test_a_stray_triangle_far_away_costs_a_mesh_its_corners_and_no_more(creator, tmp_path):
    stray = np.array([[[6e4, 0, 0], [6e4, 0.02, 0], [6e4, 0, 0.02]]])
    triangles = np.concatenate([trimesh.creation.icosphere(radius=50).triangles, stray])
    version = compared(draft(creator, binary_stl(triangles), "ball.stl"), tmp_path)
    assert not Fingerprint.objects.get(asset=version.master).corners


def test_changed_thresholds_are_caught_up_with_in_pieces(creator, stranger, tmp_path):
    versions = [
        compared(draft(creator, bracket_stl(), "bracket.stl"), tmp_path),
        compared(draft(stranger, bracket_stl(mirrored=True), "copy.stl"), tmp_path),
        draft(stranger, binary_stl(), "cube.stl").versions.get(),
    ]
    assert [version.pk for version in due()] == [versions[2].pk]
    OriginalityCheck.objects.update(thresholds=0)
    OriginalityMatch.objects.all().delete()
    # One was never read, so that two of three are: what it is compared by comes before any comparison.
    assert [one.version_id for one in recheck(limit=2)] == [versions[0].pk]
    assert [one.version_id for one in recheck(limit=1)] == [versions[1].pk]
    assert found(versions[1])[0][1] == "near_copy"
    assert [(one.version_id, one.problem) for one in recheck()] == [(versions[2].pk, "")]
    assert list(recheck()) == []


def test_a_match_with_what_has_no_fingerprint_of_this_kind_yet_stays(creator, stranger, tmp_path):
    first = compared(draft(creator, bracket_stl(), "bracket.stl"), tmp_path)
    copy = compared(draft(stranger, bracket_stl(mirrored=True), "copy.stl"), tmp_path)
    Fingerprint.objects.filter(asset=copy.master).update(algorithm=1)
    compare_version(version=first, fingerprint=Fingerprint.objects.get(asset=first.master))()
    assert found(copy) == [("Bracket", "near_copy")]


def test_what_cannot_be_read_is_told_and_stays_due(creator):
    version = draft(creator, binary_stl(), "cube.stl").versions.select_related("master").get()
    master_store().path(version.master.sha256).unlink()
    (one,) = recheck()
    assert one.version_id == version.pk
    assert one.problem
    assert [left.pk for left in due()] == [version.pk]


def test_what_cannot_be_read_takes_nothing_of_the_limit(creator, stranger, tmp_path):
    lost = [
        draft(creator, binary_stl(header=made), "cube.stl").versions.select_related("master").get()
        for made in (b"one", b"two")
    ]
    for version in lost:
        master_store().path(version.master.sha256).unlink()
    good = draft(stranger, bracket_stl(), "bracket.stl").versions.get()

    first, second = list(recheck(limit=1)), list(recheck(limit=1))

    assert {one.version_id for one in first if one.problem} == {version.pk for version in lost}
    assert [one.version_id for one in second if not one.problem] == [good.pk]
    assert [version.pk for version in due()] == [version.pk for version in lost]


def test_the_command_and_the_clocks_task_catch_up_and_tell_what_could_not_be_read(creator, stranger, tmp_path, capsys):
    copies = [
        compared(draft(creator, bracket_stl(), "bracket.stl"), tmp_path),
        compared(draft(stranger, bracket_stl(mirrored=True), "copy.stl"), tmp_path),
    ]
    lost = draft(creator, binary_stl(), "cube.stl").versions.select_related("master").get()
    master_store().path(lost.master.sha256).unlink()
    OriginalityCheck.objects.update(thresholds=0)
    call_command("recheck_originality")
    told = capsys.readouterr()
    assert "2 compared, 1 could not be read and stay due." in told.out
    assert f"version {lost.pk}: " in told.err
    OriginalityCheck.objects.update(thresholds=0)
    assert {version.pk for version in due()} == {lost.pk, *(copy.pk for copy in copies)}
    recheck_originality()
    assert [version.pk for version in due()] == [lost.pk]
    with pytest.raises(CommandError, match="--limit"):
        call_command("recheck_originality", "--limit", "0")


def test_what_was_found_of_a_former_file_is_not_written_over_its_replacement(creator, stranger, tmp_path):
    compared(draft(creator, bracket_stl(), "bracket.stl"), tmp_path)
    copy = compared(draft(stranger, bracket_stl(mirrored=True), "copy.stl"), tmp_path)
    kept = Fingerprint.objects.get(asset=copy.master)
    write = compare_version(version=copy, fingerprint=kept)
    other = draft(stranger, binary_stl(), "cube.stl").versions.get()
    OriginalityMatch.objects.all().delete()
    OriginalityCheck.objects.all().delete()
    DesignVersion.objects.filter(pk=copy.pk).update(master=other.master)

    write()

    assert not OriginalityMatch.objects.exists()
    assert not OriginalityCheck.objects.exists()


def test_the_order_of_two_files_is_read_when_it_is_written(creator, stranger, tmp_path):
    first = compared(draft(creator, bracket_stl(), "bracket.stl", title="First"), tmp_path)
    copy = compared(draft(stranger, bracket_stl(mirrored=True), "copy.stl", title="Copy"), tmp_path)
    write = compare_version(version=first, fingerprint=Fingerprint.objects.get(asset=first.master))
    # The very file was put in its own place again meanwhile.
    DesignVersion.objects.filter(pk=first.pk).update(file_at=timezone.now())

    write()

    assert found(first) == [("Copy", "near_copy")]
    assert found(copy) == []


def test_a_comparison_that_breaks_leaves_its_candidate_out(creator, stranger, tmp_path):
    broken = compared(draft(creator, bracket_stl(mirrored=True), "broken.stl", title="Broken"), tmp_path)
    compared(draft(creator, bracket_stl(), "bracket.stl", title="Whole"), tmp_path)
    Fingerprint.objects.filter(asset=broken.master).update(points=b"odd")

    copy = compared(draft(stranger, bracket_stl(mirrored=True, stretch=(1, 1, 1.0001)), "c.stl"), tmp_path)

    assert [title for title, _kind in found(copy)] == ["Whole"]


def test_pictures_do_not_stand_among_the_few_shapes_there_are(creator, stranger, tmp_path):
    """They have no descriptor of a surface, so no distance either."""
    compared(draft(creator, png_of(strokes(21)), "print.png", title="Picture"), tmp_path)
    first = compared(draft(creator, bracket_stl(), "bracket.stl", title="First"), tmp_path)
    assert found(compared(draft(stranger, bracket_stl(mirrored=True), "copy.stl"), tmp_path)) == [
        ("First", "near_copy")
    ]
    fingerprint = Fingerprint.objects.get(asset=first.master)
    assert fingerprint.pk in like_shapes(fingerprint, 5)
    assert len(like_shapes(fingerprint, 5)) == 2


def test_nothing_is_more_like_a_design_without_a_fingerprint(creator):
    assert more_like_this(draft(creator, bracket_stl(), "bracket.stl")) == []


def test_a_comparison_that_loses_its_step_is_ended(creator, stranger, tmp_path):
    compared(draft(creator, bracket_stl(), "bracket.stl"), tmp_path)
    version = compared(draft(stranger, bracket_stl(mirrored=True), "copy.stl"), tmp_path)
    kept = Fingerprint.objects.get(asset=version.master)

    def taken(_what: str, _part: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        compare_version(version=version, fingerprint=kept, tell=taken)
    assert found(version) == [("Bracket", "near_copy")]
