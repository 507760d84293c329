"""Every hostile file of ours in a child of its own, forked warm as a worker forks it: how long it holds one up, and
what it takes. The table is kept; LOOMPRINT_EVIDENCE=1 writes docs/evidence/hostile.md anew.

Processor time is held against the limit, for how long a file waits for a processor is the machine's affair.
"""

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from designs.inspection import FileLimits, InspectionError, inspect, preflight
from designs.sandbox import measuring
from designs.tests import (
    test_avif_and_tiff,
    test_inspection,
    test_obj_and_gltf,
    test_ply_and_off,
    test_step,
    test_threemf,
)
from designs.tests.children import ready_template
from designs.tests.many import ROOT

TABLE = ROOT / "docs" / "evidence" / "hostile.md"
LIMITS = FileLimits(max_pixels=1_000_000, max_triangles=100_000)
MOST_SECONDS, MOST_BYTES = 5.0, 10**9
FILES = {
    **test_inspection.HOSTILE,
    **test_avif_and_tiff.HOSTILE,
    **test_obj_and_gltf.HOSTILE,
    **test_ply_and_off.HOSTILE,
    **test_step.HOSTILE,
    **{f"3mf: {case}": (content, "a.3mf", code) for case, (content, code) in test_threemf.HOSTILE.items()},
}
"""By what is wrong with it: content, the uploader's name, and the code of its refusal."""


@dataclass(frozen=True)
class Cost:
    """Of one file: who refused it and how, seconds by the clock and of processors, and the most bytes in memory, of the
    process in which preflight runs beyond what it held, or of the whole child with its libraries."""

    by: str
    code: str
    seconds: float
    cpu_seconds: float
    peak_bytes: int


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Cost]:
    from django.test import override_settings

    with override_settings(SANDBOX_WARM=True):
        ready_template()
        folder = tmp_path_factory.mktemp("hostile")
        return {case: cost_of(folder, content, name) for case, (content, name, _code) in FILES.items()}


def cost_of(folder: Path, content: bytes, name: str) -> Cost:
    path = folder / "file"
    path.write_bytes(content)
    held = peak_of_ours()
    began, worked = time.monotonic(), time.process_time()
    with measuring() as usages:
        try:
            inspect(path, preflight(path, name, limits=LIMITS), folder / "work", file_limits=LIMITS)
            code = "taken"
        except InspectionError as refusal:
            code = refusal.code
    seconds, cpu_seconds = time.monotonic() - began, time.process_time() - worked
    if not usages:
        return Cost("preflight", code, seconds, cpu_seconds, peak_of_ours(since=held))
    (child,) = usages
    return Cost("child", code, seconds, cpu_seconds + child.cpu_seconds, child.peak_bytes)


def peak_of_ours(*, since: int | None = None) -> int:
    """The most that this process had in memory beyond `since`; without that, what it has, and counting begins anew."""
    if since is None:
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+)", status)
    assert found is not None
    return max(0, int(found[1]) * 1024 - (since or 0))


def test_each_is_refused_by_its_reason_and_never_for_the_time_or_memory_it_took(costs: dict[str, Cost]) -> None:
    assert len(FILES) >= 40
    assert {case: cost.code for case, cost in costs.items()} == {case: code for case, (*_f, code) in FILES.items()}
    assert {cost.code for cost in costs.values()} & {"timeout", "out_of_memory", "killed", "crashed", "taken"} == set()


def test_each_costs_less_than_five_seconds_and_a_gigabyte(costs: dict[str, Cost]) -> None:
    assert {case: cost for case, cost in costs.items() if cost.cpu_seconds >= MOST_SECONDS} == {}
    assert {case: cost for case, cost in costs.items() if cost.peak_bytes >= MOST_BYTES} == {}


def test_the_table_names_them_all(costs: dict[str, Cost]) -> None:
    if os.environ.get("LOOMPRINT_EVIDENCE"):
        TABLE.write_text(as_table(costs), encoding="utf-8")
    told = re.findall(r"^\| (.+?) \| (preflight|child) \| (\w+) \|", TABLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert told == [(case, cost.by, cost.code) for case, cost in costs.items()]


def as_table(costs: dict[str, Cost]) -> str:
    children = [cost for cost in costs.values() if cost.by == "child"]
    slowest = max(costs.items(), key=lambda one: one[1].seconds)
    busiest = max(costs.items(), key=lambda one: one[1].cpu_seconds)
    largest = max(costs.items(), key=lambda one: one[1].peak_bytes)
    lines = [
        "# What hostile files cost",
        "",
        "Written by `LOOMPRINT_EVIDENCE=1 script/test designs/tests/test_hostile_children.py`, which otherwise holds",
        "what refused each file, and why, against this table, and that none takes 5 s of processors or 1 GB.",
        "",
        f"{len(costs)} files, each as a worker takes it: preflight, and for {len(children)} that pass it a child of",
        "its own, forked warm, or started cold for STEP. Memory is that of the whole child with its libraries; for",
        "preflight, what its process held more than before. Seconds by the clock are of a machine with",
        f"{os.cpu_count()} cores and a load of {os.getloadavg()[0]:.1f}.",
        "",
        f"- by the clock the slowest took {slowest[1].seconds:.2f} s: {slowest[0]};",
        f"- most processor time, {busiest[1].cpu_seconds:.2f} s: {busiest[0]};",
        f"- most memory, {largest[1].peak_bytes / 2**20:.0f} MiB: {largest[0]}.",
        "",
        "| file | refused by | reason | s | s of processors | MiB |",
        "|---|---|---|---:|---:|---:|",
    ]
    lines += [
        f"| {case} | {cost.by} | {cost.code} | {cost.seconds:.2f} | {cost.cpu_seconds:.2f} | "
        f"{cost.peak_bytes / 2**20:.0f} |"
        for case, cost in costs.items()
    ]
    return "\n".join(lines) + "\n"
