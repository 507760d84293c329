"""The heavy checks of a mesh: each in a limited child of its own, and none of them may fail the file."""

import math
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from designs.sandbox import ChildFailed, Limits, Progress, run_child

from .preflight import DetectedType, FileLimits
from .reasons import InspectionError

GIBIBYTE = 1024**3
PERCENTILES = {"1", "5", "25", "50"}


@dataclass(frozen=True)
class Check:
    """What one check is worth: meshes with more triangles are not checked, rather than checked slowly."""

    max_triangles: int
    limits: Limits
    solid: bool
    """Whether it needs a mesh with an inside."""


CHECKS = {
    "self_intersection": Check(1_000_000, Limits(90, 120, 3 * GIBIBYTE, file_bytes=1024 * 1024), solid=False),
    "walls": Check(1_500_000, Limits(60, 90, 3 * GIBIBYTE, file_bytes=1024 * 1024), solid=True),
    "gaps": Check(1_500_000, Limits(60, 90, 3 * GIBIBYTE, file_bytes=1024 * 1024), solid=True),
}


def run_checks(
    path: Path, detected: DetectedType, facts: Mapping[str, Any], workdir: Path, progress: Progress | None = None
) -> dict[str, dict[str, Any]]:
    """For each of CHECKS its result, or {"why": code} when it was not done. `facts` are those of `inspect`.

    Raises InspectionError when a child was interrupted, and what `progress` raises; nothing for the file's sake.
    """
    limits = FileLimits.configured()
    request = {
        "input": str(path.resolve()),
        "format": detected.format,
        **detected.frame(),
        "max_pixels": limits.max_pixels,
        "max_triangles": limits.max_triangles,
    }
    found: dict[str, dict[str, Any]] = {}
    for number, (name, check) in enumerate(CHECKS.items()):
        told = _part_of(progress, number) if progress else None
        if why := _why_not(check, facts):
            found[name] = {"why": why}
            continue
        with tempfile.TemporaryDirectory(dir=workdir, prefix=f"{name}-") as empty:
            try:
                reply = run_child(name, request, workdir=Path(empty), limits=check.limits, progress=told)
                found[name] = reply if _believable(name, reply) else {"why": "crashed"}
            except ChildFailed as failure:
                if failure.interrupted:
                    raise InspectionError(failure.code) from failure
                found[name] = {"why": failure.code}
    return found


def _why_not(check: Check, facts: Mapping[str, Any]) -> str:
    if facts["triangles"] > check.max_triangles:
        return "too_many_triangles"
    if check.solid and not facts["watertight"]:
        return "not_watertight"
    if check.solid and not facts["winding_consistent"]:
        return "mixed_winding"
    return ""


def _part_of(progress: Progress, number: int) -> Progress:
    return lambda stage, part: progress(stage, (number + part) / len(CHECKS))


def _believable(name: str, reply: Mapping[str, Any]) -> bool:
    if name == "self_intersection":
        return reply.keys() == {"faces"} and type(reply["faces"]) is int and reply["faces"] >= 0
    if reply.keys() != {"rays", "hits", "percentiles"} or not isinstance(reply["percentiles"], dict):
        return False
    counted = all(type(reply[count]) is int and reply[count] >= 0 for count in ("rays", "hits"))
    lengths = reply["percentiles"]
    return (
        counted
        and (not lengths or lengths.keys() == PERCENTILES)
        and all(type(value) is float and math.isfinite(value) and value >= 0 for value in lengths.values())
    )
