"""The steps from a master to its previews, each in a limited child process and each repeatable."""

import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from designs.inspection import DetectedType, FileLimits, sentence
from designs.sandbox import TRANSIENT, ChildFailed, Limits, Progress, run_child

from .files import PreviewError, PreviewFile

MEBIBYTE = 1024**2
GIBIBYTE = 1024**3
FIRST_WIDTH = 320
COVER_WIDTH = 800
LARGE_COVER_WIDTH = 1600
VIEWER_TRIANGLES = 400_000

_LIMITS = {
    "derive": Limits(cpu_seconds=120, wall_seconds=180, memory_bytes=3 * GIBIBYTE, file_bytes=64 * MEBIBYTE),
    "viewer": Limits(cpu_seconds=120, wall_seconds=180, memory_bytes=4 * GIBIBYTE, file_bytes=512 * MEBIBYTE),
    "first": Limits(cpu_seconds=60, wall_seconds=90, memory_bytes=4 * GIBIBYTE, file_bytes=1024 * MEBIBYTE, threads=4),
    "wireframe": Limits(cpu_seconds=60, wall_seconds=90, memory_bytes=4 * GIBIBYTE, file_bytes=64 * MEBIBYTE),
    "wall_map": Limits(cpu_seconds=120, wall_seconds=180, memory_bytes=4 * GIBIBYTE, file_bytes=64 * MEBIBYTE),
    "clay": Limits(cpu_seconds=300, wall_seconds=400, memory_bytes=4 * GIBIBYTE, file_bytes=1024 * MEBIBYTE, threads=4),
    "cover": Limits(
        cpu_seconds=300, wall_seconds=400, memory_bytes=4 * GIBIBYTE, file_bytes=1024 * MEBIBYTE, threads=4
    ),
}
_KINDS = {"derive": {"image", "blur"}, "viewer": {"viewer", "viewer_light"}, "wall_map": {"walls"}}
"""What a task may write; the others write one file of the task's own name."""
_MEDIA_TYPES = {
    ".avif": "image/avif",
    ".webp": "image/webp",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".glb": "model/gltf-binary",
}
_MAX_FILES = 16
_MAX_PIXELS_ACROSS = 8192


def make_derivatives(
    image: Path, detected: DetectedType, out_dir: Path, progress: Progress | None = None, *, watermark: str = ""
) -> list[PreviewFile]:
    """Encode an image (a master, or a cover) for the page: up to 480, 720, 1080 and 1600 px wide, and a blur.

    Colors in sRGB, upright, without metadata, and with `watermark` written across. Raises PreviewError.
    """
    return _run("derive", image, detected, out_dir, progress, watermark=watermark)


def render_first(
    master: Path, detected: DetectedType, out_dir: Path, progress: Progress | None = None
) -> list[PreviewFile]:
    """Render a first small picture of a mesh, in about a tenth of the cover's time: one JPEG. Raises PreviewError."""
    return _run("first", master, detected, out_dir, progress, width=FIRST_WIDTH)


def render_clay(
    master: Path, detected: DetectedType, out_dir: Path, progress: Progress | None = None
) -> list[PreviewFile]:
    """Render the shape of a mesh in one matt color, seen as on its cover: one WebP. Raises PreviewError."""
    return _run("clay", master, detected, out_dir, progress, width=COVER_WIDTH)


def draw_wireframe(
    master: Path, detected: DetectedType, out_dir: Path, progress: Progress | None = None
) -> list[PreviewFile]:
    """Draw the edges of a mesh's triangles, seen as on its cover: one WebP. Raises PreviewError."""
    return _run("wireframe", master, detected, out_dir, progress, width=COVER_WIDTH)


def draw_walls(
    master: Path,
    detected: DetectedType,
    out_dir: Path,
    progress: Progress | None = None,
    *,
    scale: tuple[float, float],
) -> list[PreviewFile]:
    """Draw how thick the walls of a closed mesh are, seen as on its cover: one WebP. Raises PreviewError.

    `scale`: walls of the first and last color, in the file's unit of length.
    """
    thin, thick = scale
    return _run("wall_map", master, detected, out_dir, progress, width=COVER_WIDTH, thin=thin, thick=thick)


def render_cover(
    master: Path,
    detected: DetectedType,
    out_dir: Path,
    progress: Progress | None = None,
    *,
    width: int = 0,
) -> list[PreviewFile]:
    """Render the studio picture of a mesh: one PNG, 800 or `width` pixels wide, 4:3. Raises PreviewError."""
    return _run("cover", master, detected, out_dir, progress, width=width or COVER_WIDTH)


def render_large_cover(
    master: Path, detected: DetectedType, out_dir: Path, progress: Progress | None = None
) -> list[PreviewFile]:
    """As render_cover, 1600 pixels wide. Raises PreviewError."""
    return render_cover(master, detected, out_dir, progress, width=LARGE_COVER_WIDTH)


def make_viewer(
    master: Path,
    detected: DetectedType,
    out_dir: Path,
    progress: Progress | None = None,
    *,
    max_triangles: int = VIEWER_TRIANGLES,
) -> list[PreviewFile]:
    """Write the GLB for the viewer, simplified to about `max_triangles` if the mesh is a closed solid, and from 20,000
    triangles on a light one with a tenth of them, to be seen while the other is on its way.

    `notes` has the triangles of both, and `simplified_from` if there were more. Raises PreviewError.
    """
    return _run("viewer", master, detected, out_dir, progress, max_viewer_triangles=max_triangles)


def render_previews(
    master: Path,
    detected: DetectedType,
    facts: Mapping[str, Any],
    out_dir: Path,
    progress: Progress | None = None,
    *,
    cover_width: int = COVER_WIDTH,
) -> list[PreviewFile]:
    """All previews of an inspected file, one step after the other. Raises PreviewError."""
    if detected.kind == "image":
        return make_derivatives(master, detected, out_dir, progress)
    cover = render_cover(master, detected, out_dir, progress, width=cover_width)
    picture = DetectedType("image", "png", "image/png")
    return [
        *cover,
        *make_derivatives(cover[0].path, picture, out_dir, progress),
        *make_viewer(master, detected, out_dir, progress),
    ]


def _run(
    task: str, source: Path, detected: DetectedType, out_dir: Path, progress: Progress | None, **wanted: float | str
) -> list[PreviewFile]:
    limits = FileLimits.configured()
    request = {
        "input": str(source.resolve()),
        "format": detected.format,
        **detected.frame(),
        "max_pixels": limits.max_pixels,
        "max_triangles": limits.max_triangles,
        **wanted,
    }
    out_dir.mkdir(parents=True, exist_ok=True)
    # The child works beside the results: a kill at any moment leaves them as they were.
    workdir = Path(tempfile.mkdtemp(dir=out_dir, prefix=f"{task}-"))
    try:
        try:
            reply = run_child(task, request, workdir=workdir, limits=_LIMITS[task], progress=progress)
        except ChildFailed as failure:
            raise _error(failure) from failure
        return _collected(reply, workdir, out_dir, _KINDS.get(task, {task}))
    finally:
        shutil.rmtree(workdir, ignore_errors=True)


def _error(failure: ChildFailed) -> PreviewError:
    if failure.code in ("killed", "crashed", "bad_reply"):
        message = _("The preview could not be made. Nothing was lost; try again.")
    else:
        message = sentence(failure.code, failure.details)
    return PreviewError(failure.code, message, retryable=failure.code in TRANSIENT)


def _collected(reply: Mapping[str, Any], workdir: Path, out_dir: Path, kinds: set[str]) -> list[PreviewFile]:
    """Check what the child says it wrote, and move the files out of its reach."""
    try:
        described = [_described(entry, workdir, kinds) for entry in reply["files"][:_MAX_FILES]]
        notes = {str(key): int(value) for key, value in reply["notes"].items()}
    except (KeyError, TypeError, ValueError, OSError, AttributeError) as error:
        raise _error(ChildFailed("bad_reply")) from error
    if not described:
        raise _error(ChildFailed("bad_reply"))
    files = []
    for kind, name, width, height, media_type in described:
        final = out_dir / name
        (workdir / name).replace(final)
        files.append(PreviewFile(kind, final, width, height, media_type, notes))
    return files


def _described(entry: Mapping[str, Any], workdir: Path, kinds: set[str]) -> tuple[str, str, int, int, str]:
    kind, name = str(entry["kind"]), str(entry["name"])
    width, height = int(entry["width"]), int(entry["height"])
    if kind not in kinds or Path(name).name != name or name.startswith("."):
        raise ValueError("a file of another kind or place")
    if _MEDIA_TYPES.get(Path(name).suffix) != entry["media_type"]:
        raise ValueError("a media type that is not the name's")
    if not (0 <= width <= _MAX_PIXELS_ACROSS and 0 <= height <= _MAX_PIXELS_ACROSS):
        raise ValueError("a size beyond reason")
    status = os.lstat(workdir / name)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1 or status.st_size == 0:
        raise ValueError("not a plain file")
    return kind, name, width, height, str(entry["media_type"])
