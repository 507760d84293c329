"""STEP: exact surfaces become triangles in millimeters, and no file makes a reader recurse or copy without end."""

import io
import math
import time

import pytest

from designs.containers import step_text
from designs.inspection import DetectedType, FileLimits, InspectionError, inspect, preflight, run_checks
from designs.previews import draw_wireframe, make_viewer
from designs.sandbox import measuring
from designs.tests.many import outcomes
from designs.tests.samples import binary_stl
from designs.tests.step_files import chained, doubled_assemblies, doubled_maps, step_balls, step_block, step_of

LIMITS = FileLimits(max_pixels=1_000_000, max_triangles=100_000)


def test_a_block_is_measured_and_shown_from_its_exact_surfaces(tmp_path):
    path = tmp_path / "block"
    path.write_bytes(step_block((10, 20, 30)))
    detected = preflight(path, "Block.STP")
    assert detected == DetectedType("mesh", "step", "model/step")
    with measuring() as used:
        facts = inspect(path, detected, tmp_path).facts
        viewer = make_viewer(path, detected, tmp_path / "out")
    assert [(one.task, one.warm) for one in used] == [("inspect_mesh", False), ("viewer", False)]
    assert facts["bounds"]["extent"] == pytest.approx([10, 20, 30])
    assert (facts["triangles"], facts["bodies"], facts["watertight"], facts["inside_out"]) == (12, 1, True, False)
    assert facts["volume"] == pytest.approx(6000)
    assert (facts["units"], facts["up_axis"], facts["notes"]) == ("mm", "z", ["tessellated"])
    assert viewer[0].notes == {"triangles": 12}


def test_a_step_of_many_triangles_is_read_by_every_child(tmp_path):
    """The kernel hands them over in a file, which is larger than anything else that these children may write."""
    path = tmp_path / "balls"
    path.write_bytes(step_balls(12))
    detected = preflight(path, "balls.step")
    facts = inspect(path, detected, tmp_path).facts
    assert (facts["triangles"], facts["bodies"], facts["watertight"]) == (12 * 5008, 12, True)
    assert facts["volume"] == pytest.approx(12 * 4 / 3 * math.pi * 10**3, rel=0.01)
    checked = run_checks(path, detected, facts, tmp_path)
    assert checked["self_intersection"] == {"faces": 0}
    assert checked["walls"]["percentiles"]["50"] == pytest.approx(20, rel=0.05)
    assert [file.kind for file in draw_wireframe(path, detected, tmp_path / "out")] == ["wireframe"]


BLOCK = step_block()
HOSTILE = {
    "step cut": (BLOCK[: len(BLOCK) // 2], "a.step", "truncated"),
    "mesh called step": (binary_stl(), "a.step", "not_what_its_name_says"),
    "step without a header": (b"DATA;\n" + BLOCK[20:], "a.step", "not_what_its_name_says"),
    "step of nothing": (step_of(), "a.step", "no_triangles"),
    "step without a solid": (step_of("#1=DIRECTION('',(1.,0.,0.))"), "a.step", "step_broken"),
    "step of words": (step_of("the quick brown fox", "#1=@@@"), "a.step", "step_broken"),
    "step with two of one number": (step_of("#1=A()", "#1=B()"), "a.step", "step_broken"),
    "step with brackets without end": (step_of("#1=DIRECTION('',(((1.)"), "a.step", "step_broken"),
    "step with brackets in each other": (
        step_of("#1=DIRECTION(''," + "(" * 100_000 + ")" * 100_000 + ")"), "a.step", "step_too_deep",
    ),
    "step of doubled assemblies": (doubled_assemblies(40), "a.step", "too_many_parts"),
    "step of doubled maps": (doubled_maps(60), "a.step", "too_many_parts"),
    "step with an assembly in itself": (
        step_of(
            "#1=PRODUCT_DEFINITION('','',$,$)", "#2=PRODUCT_DEFINITION('','',$,$)",
            "#3=NEXT_ASSEMBLY_USAGE_OCCURRENCE('','','',#1,#2,$)",
            "#4=NEXT_ASSEMBLY_USAGE_OCCURRENCE('','','',#2,#1,$)",
        ),
        "a.step",
        "step_cycle",
    ),
    "step with a curve of itself": (step_of("#1=TRIMMED_CURVE('',#1,$,$,.T.,.PARAMETER.)"), "a.step", "step_cycle"),
    "step of a long chain": (chained(100_000), "a.step", "step_too_deep"),
}  # fmt: skip


def test_a_broken_or_hostile_step_is_refused_with_its_reason(tmp_path):
    files = {case: (content, name) for case, (content, name, _code) in HOSTILE.items()}
    found = outcomes(files, tmp_path, limits=LIMITS)
    assert {case: outcome.code for case, outcome in found.items()} == {c: code for c, (*_f, code) in HOSTILE.items()}
    at_the_door = {"step cut", "mesh called step", "step without a header"}
    assert {case for case, outcome in found.items() if outcome.at_the_door} == at_the_door
    for case, outcome in found.items():
        assert outcome.seconds < 5, case
        assert outcome.peak_bytes < 10**9, case


def test_a_step_that_refers_to_nothing_ends_in_one_way_or_the_other(tmp_path):
    content = BLOCK.replace(b"CLOSED_SHELL('',(#", b"CLOSED_SHELL('',(#9")
    (outcome,) = outcomes({"nothing": (content, "a.step")}, tmp_path, limits=LIMITS).values()
    assert outcome.seconds < 5
    assert outcome.peak_bytes < 10**9


@pytest.mark.parametrize("unclosed", [b"/*", b"/* *", b"'"], ids=["comments", "starred comments", "strings"])
def test_what_is_never_closed_is_looked_at_once(unclosed):
    text = step_block() + unclosed * (4 * 1024 * 1024 // len(unclosed))
    started = time.process_time()
    step_text.check_references(text)
    assert time.process_time() - started < 3


def test_words_in_strings_and_comments_are_no_entities():
    step_text.check_references(step_of("#1=PRODUCT('#1 it''s (((','/* #2','#1=',$)", "/* #1=A(); #3 ((( */#2=A(#1)"))


def test_a_step_beyond_the_size_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(step_text, "MAX_BYTES", 1000)
    path = tmp_path / "block"
    path.write_bytes(step_block())
    with pytest.raises(InspectionError) as refusal:
        preflight(path, "block.step")
    assert refusal.value.code == "step_too_large"
    step_text.check_frame(io.BytesIO(step_of()), len(step_of()))
