"""PLY and OFF: what they hold is measured, and what they promise is held against their size."""

import numpy as np
import pytest

from designs.inspection import FileLimits, sentence
from designs.tests.many import outcomes
from designs.tests.samples import CUBE_CORNERS, CUBE_FACES, off_text, ply_binary, ply_text

LIMITS = FileLimits(max_pixels=1_000_000, max_triangles=100_000)
QUADS = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]]
RED = [[255, 0, 0]] * 8


CUBES = {
    "ply text": (ply_text(), "a.ply", False),
    "ply little": (ply_binary(), "a.ply", False),
    "ply big": (ply_binary(order=">"), "a.ply", False),
    "ply of quads": (ply_text(faces=QUADS), "a.ply", False),
    "ply of quads and triangles": (ply_binary(faces=[*QUADS[:5], [1, 3, 7], [1, 7, 5]]), "a.ply", False),
    "ply text of quads and triangles": (ply_text(faces=[*QUADS[:5], [1, 3, 7], [1, 7, 5]]), "a.ply", False),
    "ply with colors": (ply_binary(colors=RED), "a.ply", True),
    "ply text with colors": (ply_text(colors=RED), "a.ply", True),
    "off": (off_text(), "a.off", False),
    "off of quads": (off_text(faces=QUADS), "a.off", False),
    "off with colors": (off_text(colors=RED), "a.off", True),
    "off with comments": (off_text().replace(b"OFF\n", b"# made by hand\nOFF # a cube\n\n# counts\n"), "a.off", False),
    "off with painted faces": (off_text(paint=b" 0.9 0.1 0.1"), "a.off", True),
}


def test_a_cube_is_the_same_cube_in_every_form(tmp_path):
    files = {case: (content, name) for case, (content, name, _colored) in CUBES.items()}
    for case, outcome in outcomes(files, tmp_path, limits=LIMITS).items():
        facts = outcome.facts
        assert outcome.code == "", (case, outcome)
        assert facts["bounds"] == {"min": [0, 0, 0], "max": [10, 20, 30], "extent": [10, 20, 30]}, case
        assert (facts["triangles"], facts["vertices"], facts["bodies"]) == (12, 8, 1), case
        assert facts["volume"] == pytest.approx(6000), case
        assert (facts["watertight"], facts["inside_out"]) == (True, False), case
        assert (facts["units"], facts["up_axis"], facts["has_colors"]) == ("unknown", "z", CUBES[case][2]), case


def test_a_texture_in_another_file_is_told(tmp_path):
    content = ply_text().replace(b"element vertex", b"comment TextureFile skin.png\nelement vertex")
    found = outcomes({"named": (content, "a.ply")}, tmp_path, limits=LIMITS)
    assert found["named"].facts["notes"] == ["texture_elsewhere"]


NAN = np.where(CUBE_CORNERS == 1, np.nan, CUBE_CORNERS)
HOSTILE = {
    "ply of 4 billion faces": (ply_binary().replace(b"face 12", b"face 4294967295"), "a.ply", "truncated"),
    "ply text of 4 billion vertices": (ply_text().replace(b"vertex 8", b"vertex 4294967295"), "a.ply", "truncated"),
    "ply of forty digits": (ply_text().replace(b"vertex 8", b"vertex " + 40 * b"9"), "a.ply", "unreadable"),
    "ply with a negative count": (ply_text().replace(b"vertex 8", b"vertex -8"), "a.ply", "unreadable"),
    "ply cut in its head": (ply_text()[:40], "a.ply", "truncated"),
    "ply whose head never ends": (b"ply\nformat ascii 1.0\n" + b"comment x\n" * 10_000, "a.ply", "unreadable"),
    "ply cut in its faces": (ply_binary()[:-5], "a.ply", "truncated"),
    "ply text cut in its faces": (ply_text()[:-8], "a.ply", "truncated"),
    "ply with a tail": (ply_binary() + b"tail" * 10, "a.ply", "size_mismatch"),
    "ply text with a tail": (ply_text() + b"3 0 1 2\n", "a.ply", "size_mismatch"),
    "ply without faces": (ply_text(faces=[]), "a.ply", "no_triangles"),
    "ply of lines": (ply_text(faces=[[0, 1]] * 12), "a.ply", "unreadable"),
    "ply with an index outside": (ply_text(faces=[[0, 1, 8]]), "a.ply", "out_of_bounds"),
    "ply with a negative index": (ply_binary(faces=[[0, 1, -1]]), "a.ply", "out_of_bounds"),
    "ply with half an index": (ply_text().replace(b"3 0 2 1", b"3 0 2 1.5"), "a.ply", "unreadable"),
    "ply with a NaN": (ply_binary(NAN), "a.ply", "not_finite"),
    "ply text with a NaN": (ply_text(NAN), "a.ply", "not_finite"),
    "ply with words for numbers": (ply_text().replace(b"3 0 2 1", b"3 0 two 1"), "a.ply", "unreadable"),
    "ply whose list is longer than the file": (
        ply_binary(count="uint").replace(b"\x03\x00\x00\x00\x00\x00\x00\x00", b"\xff\xff\xff\x7f\x00\x00\x00\x00", 1),
        "a.ply",
        "truncated",
    ),
    "ply of an unknown type": (ply_text().replace(b"property float x", b"property quad x"), "a.ply", "unreadable"),
    "ply without z": (ply_text().replace(b"property float z", b"property float w"), "a.ply", "unreadable"),
    "ply called off": (ply_text(), "a.off", "not_what_its_name_says"),
    "off of 2 billion faces": (off_text().replace(b"8 12", b"8 2000000000"), "a.off", "truncated"),
    "off of 2 billion vertices": (off_text().replace(b"8 12", b"2000000000 12"), "a.off", "truncated"),
    "off cut": (off_text()[:-20], "a.off", "truncated"),
    "off with a tail": (off_text() + b"3 0 1 2\n", "a.off", "size_mismatch"),
    "off without faces": (off_text(faces=[]), "a.off", "no_triangles"),
    "off without counts": (b"OFF\nno counts at all\n" * 20, "a.off", "unreadable"),
    "off with an index outside": (off_text(faces=[[0, 1, 99]]), "a.off", "out_of_bounds"),
    "off with a negative index": (off_text(faces=[[0, 1, -2]]), "a.off", "out_of_bounds"),
    "off with a face longer than its line": (off_text().replace(b"3 0 2 1", b"9 0 2 1"), "a.off", "truncated"),
    "off with words for numbers": (off_text().replace(b"3 0 2 1", b"3 0 two 1"), "a.off", "unreadable"),
    "off with an infinity": (off_text(np.where(CUBE_CORNERS == 1, np.inf, CUBE_CORNERS)), "a.off", "not_finite"),
    "off in four dimensions": (off_text().replace(b"OFF", b"4OFF"), "a.off", "unreadable"),
}  # fmt: skip


def test_a_broken_or_hostile_file_is_refused_with_its_reason(tmp_path):
    files = {case: (content, name) for case, (content, name, _code) in HOSTILE.items()}
    for case, outcome in outcomes(files, tmp_path, limits=LIMITS).items():
        assert outcome.code == HOSTILE[case][2], (case, outcome)
        assert "%(" not in sentence(outcome.code, outcome.details), case
        assert outcome.seconds < 5, case
        assert outcome.peak_bytes < 10**9, case


def test_polygons_count_as_their_triangles(tmp_path):
    files = {"ply": (ply_text(faces=QUADS), "a.ply"), "off": (off_text(faces=QUADS), "a.off")}
    found = outcomes(files, tmp_path, limits=FileLimits(max_triangles=11))
    assert {outcome.code for outcome in found.values()} == {"too_many_triangles"}
    assert len(QUADS) * 2 == len(CUBE_FACES)
