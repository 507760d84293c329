"""Real files of others, whole folders of them: each is measured or refused with a reason, and the table is kept.

LOOMPRINT_EVIDENCE=1 writes docs/evidence/corpus.md anew instead of comparing.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from designs.inspection import FileLimits, sentence
from designs.tests.archives import zipped
from designs.tests.corpus import CORPUS, needs_corpus
from designs.tests.many import ROOT, Outcome, outcomes

TABLE = ROOT / "docs" / "evidence" / "corpus.md"
BESIDE = {".bin", ".png", ".jpg", ".jpeg"}
MACHINE = {"timeout", "out_of_memory", "killed", "crashed", "bad_reply"}
"""Codes that say something of our machine and nothing of the file."""
WRITTEN_ALIKE = "MUSTFAIL_Chapter3.4.1a_MissingMetadataName.3mf"
"""It has a name, “Undefined”, where its MUSTPASS twin has “MustIgnore”: nothing tells them apart."""

pytestmark = needs_corpus


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> dict[str, Outcome]:
    assert CORPUS is not None
    root = CORPUS
    paths = sorted(path for path in root.rglob("*") if path.is_file())
    files: dict[str, tuple[bytes | Path, str]] = {str(path.relative_to(root)): (path, path.name) for path in paths}
    for path in paths:
        if path.suffix.lower() == ".gltf":
            together = [path, *(each for each in sorted(path.parent.iterdir()) if each.suffix.lower() in BESIDE)]
            packed = zipped({each.name: each.read_bytes() for each in together})
            files[f"{path.relative_to(root)} (in a ZIP with what lies beside it)"] = (packed, "model.zip")
    return outcomes(files, tmp_path_factory.mktemp("corpus"), limits=FileLimits())


def test_every_file_is_measured_or_refused_with_a_reason(found):
    assert len(found) > 200
    assert {name: outcome.code for name, outcome in found.items() if outcome.code in MACHINE} == {}
    for name, outcome in found.items():
        if outcome.code:
            assert "%(" not in sentence(outcome.code, outcome.details), name
        else:
            assert outcome.facts.get("triangles", 1) > 0, name
        assert outcome.seconds < 20, name
        assert outcome.peak_bytes < 10**9, name


def test_3mf_files_pass_and_fail_as_their_names_say(found):
    passing = {name: outcome.code for name, outcome in found.items() if Path(name).name.startswith("MUSTPASS")}
    failing = {name: outcome.code for name, outcome in found.items() if Path(name).name.startswith("MUSTFAIL")}
    assert len(passing) == 13
    assert {name: code for name, code in passing.items() if code} == {}
    assert len(failing) == 38
    assert [Path(name).name for name, code in failing.items() if not code] == [WRITTEN_ALIKE]
    assert "unreadable" not in failing.values()


def test_the_table_of_outcomes_is_the_committed_one(found):
    table = as_table(found)
    if os.environ.get("LOOMPRINT_EVIDENCE"):
        TABLE.write_text(table, encoding="utf-8")
    assert TABLE.read_text(encoding="utf-8") == table


def as_table(found: dict[str, Outcome]) -> str:
    taken = [name for name, outcome in found.items() if not outcome.code]
    failing = sum(bool(o.code) for name, o in found.items() if Path(name).name.startswith("MUSTFAIL"))
    codes = Counter(outcome.code for outcome in found.values() if outcome.code)
    lines = [
        "# What ingest makes of other people's files",
        "",
        "Written by `LOOMPRINT_EVIDENCE=1 script/test designs/tests/test_corpus.py`, which",
        "otherwise holds the outcomes against this table. The files are not ours and are not in this repository: parts",
        "of trimesh's, assimp's, the 3MF Consortium's and sd-parsers' tests. Files of kinds that we do not take are",
        "counted and not listed.",
        "",
        f"{len(found)} files: {len(taken)} taken, {len(found) - len(taken)} refused "
        f"({codes['unknown_type']} of them as kinds that we do not take).",
        "Of the 3MF Consortium's 13 files that must pass, all are taken; of the 38 that must fail, "
        f"{failing} are refused.",
        f"The one that is not is `{WRITTEN_ALIKE}`:",
        "it has a name, “Undefined”, where the twin that must pass has “MustIgnore”, and nothing tells the two apart.",
        "",
        "| file | outcome | |",
        "|---|---|---|",
    ]
    for name, outcome in found.items():
        if outcome.code == "unknown_type":
            continue
        said = sentence(outcome.code, outcome.details) if outcome.code else measured(outcome)
        lines.append(f"| {name.replace('|', ' ')} | {outcome.code or 'taken'} | {said.replace('|', ' ')} |")
    return "\n".join(lines) + "\n"


def measured(outcome: Outcome) -> str:
    facts = outcome.facts
    if "triangles" not in facts:
        return f"{facts['format']}, {facts['width']} × {facts['height']} px, {facts['mode']}"
    told = [
        f"{facts['format']}, {facts['triangles']} triangles, {'closed' if facts['watertight'] else 'open'}",
        *(word for key, word in (("has_colors", "colors"), ("has_textures", "textures")) if facts[key]),
        *facts["notes"],
    ]
    return ", ".join(told)
