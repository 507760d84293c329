"""What a fuzzer found stays mended, and it goes on looking in the long run."""

import subprocess
import sys
from pathlib import Path

import pytest

from designs.tests.archives import patched, threemf
from designs.tests.fuzzing import TARGETS, examine, first_byte, imported
from designs.tests.fuzzing_seeds import seeds
from designs.tests.making_samples import A1111, png_with, text_chunk
from designs.tests.many import ROOT
from designs.tests.samples import image_bytes, ply_binary

SECONDS = 60
FOUND: dict[str, tuple[str, bytes, str]] = {
    "a place without numbers": ("obj", b"v ", "unreadable"),
    "more corners than fit 64 bits": (
        "off",
        b"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3" + b"4" * 33 + b" 0 1 2\n",
        "unreadable",
    ),
    "records of nothing": ("ply", ply_binary().replace(b"element face", b"element sky 8\nelement face"), "taken"),
    "an AVIF of another coding": (
        "making",
        first_byte("making", "avif") + image_bytes("AVIF").replace(b"av1C", b"av2C"),
        "unreadable",
    ),
    "a tool with a name that no field can keep": (
        "making",
        first_byte("making", "png") + png_with(text_chunk("parameters", A1111.replace("v1.9.4", "v1.9\0"))),
        "taken",
    ),
    "an archive that begins before its file does": (
        "statement",
        patched(threemf(), b"PK\x05\x06", 16, b"\xff\xff\xff\x7f"),
        "refused",
    ),
}
"""By what was wrong: the target, the bytes, and what is said of them now."""


@pytest.fixture(scope="module")
def modules():
    return imported()


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_takes_its_seeds(target, modules, tmp_path) -> None:
    """Otherwise the fuzzer would begin, and end, at the door."""
    told = {
        (kind, number): examine(modules, target, first_byte(target, kind) + one, tmp_path)
        for kind, files in seeds(target).items()
        for number, one in enumerate(files)
    }
    assert told
    assert set(told.values()) == {"taken"}, told


@pytest.mark.parametrize("what", FOUND)
def test_what_was_found_is_taken_or_refused_with_its_reason(what, modules, tmp_path) -> None:
    target, content, code = FOUND[what]
    assert examine(modules, target, content, tmp_path) == code


@pytest.mark.long
@pytest.mark.parametrize("target", TARGETS)
def test_the_fuzzer_finds_nothing(target, tmp_path) -> None:
    program = [sys.executable, "-m", "designs.tests.fuzzing", target, str(tmp_path), f"-max_total_time={SECONDS}"]
    ended = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS * 4, check=False)
    left = [path.name for path in Path(tmp_path).iterdir() if path.name not in ("corpus", "scratch")]
    assert (ended.returncode, left) == (0, []), ended.stderr[-3000:]
    assert "DONE" in ended.stderr
    print(f"{target}: {ended.stderr.strip().splitlines()[-1]}")
