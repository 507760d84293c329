"""Facts of a file, measured in a child process and checked here before anybody believes them."""

import math
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from designs.sandbox import ChildFailed, Limits, Progress, run_child

from .preflight import DetectedType, FileLimits
from .reasons import InspectionError

GIBIBYTE = 1024**3
LIMITS = Limits(cpu_seconds=60, wall_seconds=90, memory_bytes=3 * GIBIBYTE, file_bytes=1024 * 1024)

_IMAGE_FACTS: dict[str, type | tuple[type, ...]] = {
    "format": str,
    "width": int,
    "height": int,
    "mode": str,
    "bits": int,
    "has_alpha": bool,
    "has_color_profile": bool,
    "orientation": int,
    "palette": list,
    "transparent_share": float,
}
_MESH_FACTS: dict[str, type | tuple[type, ...]] = {
    "format": str,
    "triangles": int,
    "degenerate_triangles": int,
    "vertices": int,
    "bounds": dict,
    "watertight": bool,
    "winding_consistent": bool,
    "inside_out": bool,
    "area": float,
    "volume": (float, type(None)),
    "center_of_mass": (list, type(None)),
    "overhang": (float, type(None)),
    "bodies": int,
    "euler_number": int,
    "units": str,
    "units_from": str,
    "up_axis": str,
    "up_from": str,
    "has_colors": bool,
    "has_textures": bool,
    "notes": list,
}
_SIGNED = {"euler_number"}
_COLOR = re.compile(r"#[0-9a-f]{6}")
NOTES = {"tessellated", "texture_elsewhere", "beam_lattice", "slices", "production", "supports"}
"""What a file may have beside what is measured: words that the page has a sentence for."""


@dataclass(frozen=True)
class Inspection:
    """What a file is and its facts, as JSON values. Lengths are in the file's own units (`facts["units"]`)."""

    detected: DetectedType
    facts: dict[str, Any]


def inspect(
    path: Path,
    detected: DetectedType,
    workdir: Path,
    progress: Progress | None = None,
    *,
    file_limits: FileLimits | None = None,
    limits: Limits = LIMITS,
) -> Inspection:
    """Decode and measure the file in one limited child process. Raises InspectionError; may be called again."""
    file_limits = file_limits or FileLimits.configured()
    request = {
        "input": str(path.resolve()),
        "format": detected.format,
        **detected.frame(),
        "max_pixels": file_limits.max_pixels,
        "max_triangles": file_limits.max_triangles,
    }
    workdir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=workdir, prefix="inspect-") as empty:
        try:
            facts = run_child(
                f"inspect_{detected.kind}", request, workdir=Path(empty), limits=limits, progress=progress
            )
        except ChildFailed as failure:
            code = "crashed" if failure.code == "bad_reply" else failure.code
            raise InspectionError(code, failure.details) from failure
    believed(facts, detected.kind)
    return Inspection(detected, facts)


def believed(facts: dict[str, Any], kind: str) -> None:
    """Raise InspectionError unless a child's facts have the names, types and ranges of this kind of file."""
    _check(facts, _IMAGE_FACTS if kind == "image" else _MESH_FACTS)
    if kind == "mesh":
        _check_bounds(facts["bounds"])
        if facts["center_of_mass"] is not None:
            _check_point(facts["center_of_mass"])
        if not all(note in NOTES for note in facts["notes"]):
            raise InspectionError("unreadable")
    elif not all(_is_color(one) for one in facts["palette"]):
        raise InspectionError("unreadable")


def _is_color(one: Any) -> bool:
    if not isinstance(one, dict) or one.keys() != {"color", "share"}:
        return False
    color, share = one["color"], one["share"]
    return isinstance(color, str) and bool(_COLOR.fullmatch(color)) and type(share) is float and 0 <= share <= 1


def _check(facts: dict[str, Any], wanted: dict[str, type | tuple[type, ...]]) -> None:
    if facts.keys() != wanted.keys():
        raise InspectionError("unreadable")
    for name, kind in wanted.items():
        value = facts[name]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise InspectionError("unreadable")
        if isinstance(value, int | float) and not (math.isfinite(value) and (value >= 0 or name in _SIGNED)):
            raise InspectionError("unreadable")
        if isinstance(value, str) and len(value) > 20:
            raise InspectionError("unreadable")


def _check_bounds(bounds: dict[str, Any]) -> None:
    if bounds.keys() != {"min", "max", "extent"}:
        raise InspectionError("unreadable")
    for corner in bounds.values():
        _check_point(corner)


def _check_point(point: Any) -> None:
    numbers = isinstance(point, list) and len(point) == 3 and all(type(value) is float for value in point)
    if not numbers or not all(math.isfinite(value) for value in point):
        raise InspectionError("unreadable")
