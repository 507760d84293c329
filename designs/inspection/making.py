"""What a file says of its own making, read in a child process and checked here. It is a claim, and shown as one."""

import math
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog

from designs.provenance import RecordError, check_field
from designs.sandbox import ChildFailed, Limits, Progress, run_child

from .preflight import DetectedType, FileLimits
from .reasons import InspectionError

logger = structlog.get_logger(__name__)

GIBIBYTE = 1024**3
# Heads and texts only: triangles are left where they are, and pixels too but for PNGs of a moderate size with alpha.
LIMITS = Limits(cpu_seconds=10, wall_seconds=20, memory_bytes=GIBIBYTE, file_bytes=64 * 1024, threads=1)
NOTHING: dict[str, Any] = {
    "generator": "", "source_type": "", "says_ai": None, "fields": {}, "lines": [], "notes": []
}  # fmt: skip
READ = {"png", "jpeg", "webp", "avif", "tiff", "3mf", "glb", "gltf", "gltf_zip", "step"}
"""Formats that have a place for such texts."""
LONGEST = {"model_name": 160, "model_version": 80, "prompt": 8000, "seed": 80}
NOTES = {"text_too_long", "text_damaged", "xmp_unreadable", "not_read"}
"""What was passed over: words that the page has a sentence for."""


def read_making(
    path: Path, detected: DetectedType, workdir: Path, progress: Progress | None = None, *, limits: Limits = LIMITS
) -> dict[str, Any]:
    """What the file says: generator, IPTC source type, whether it says that AI had a part, fields, and single lines.

    Never raises for the file's sake: what cannot be read is noted, for nobody needs it. Raises InspectionError when the
    child was interrupted.
    """
    if detected.format not in READ:
        return dict(NOTHING)
    request = {"input": str(path.resolve()), "format": detected.format, **asdict(FileLimits.configured())}
    with tempfile.TemporaryDirectory(dir=workdir, prefix="making-") as empty:
        try:
            said = run_child("read_making", request, workdir=Path(empty), limits=limits, progress=progress)
        except ChildFailed as failure:
            if failure.interrupted:
                raise InspectionError(failure.code) from failure
            logger.info("making_not_read", code=failure.code)
            return {**NOTHING, "notes": ["not_read"]}
    return said if _believable(said) else {**NOTHING, "notes": ["not_read"]}


def _believable(said: dict[str, Any]) -> bool:
    """Whether a child's word has the names, types and sizes that the rest of the house counts on."""
    return (
        said.keys() == NOTHING.keys()
        and _short(said["generator"], 40)
        and _short(said["source_type"], 60)
        and said["says_ai"] in (True, False, None)
        and isinstance(said["notes"], list)
        and all(note in NOTES for note in said["notes"])
        and isinstance(said["lines"], list)
        and len(said["lines"]) <= 40
        and all(
            isinstance(line, list) and len(line) == 3 and all(_short(t, 400) for t in line) for line in said["lines"]
        )
        and isinstance(said["fields"], dict)
        and all(_believable_field(name, value) for name, value in said["fields"].items())
    )


def _believable_field(name: str, value: Any) -> bool:
    if name in LONGEST:
        shaped = _short(value, LONGEST[name])
    elif name == "tools":
        shaped = isinstance(value, list) and len(value) <= 8 and all(_short(tool, 160) for tool in value)
    else:
        shaped = name == "parameters" and isinstance(value, dict) and len(value) <= 64
        shaped = shaped and all(_short(key, 80) and _plain(one) for key, one in value.items())
    try:
        check_field(name, value)
    except RecordError:
        return False
    return shaped


def _plain(value: Any) -> bool:
    return isinstance(value, bool | int) or _short(value, 200) or (isinstance(value, float) and math.isfinite(value))


def _short(value: Any, length: int) -> bool:
    return isinstance(value, str) and len(value) <= length
