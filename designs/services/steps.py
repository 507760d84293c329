"""What is done with a file between upload and draft: one table, in the order in which it is done.

A step does its work outside of any transaction and returns what is to be written. That is written in the transaction
which ends the step, so that a step which was taken over meanwhile writes nothing.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

from django.utils.translation import gettext as _

from contracts.killpoints import reach
from designs.inspection import DetectedType, inspect, preflight, read_making, run_checks, wall_scale
from designs.models import Design, DesignVersion, Preview, ProcessingStep
from designs.previews import (
    PreviewError,
    PreviewFile,
    draw_walls,
    draw_wireframe,
    make_derivatives,
    make_viewer,
    render_clay,
    render_cover,
    render_first,
    render_large_cover,
)
from designs.sandbox import Progress
from designs.services.file_credentials import find_credentials, keep_credentials
from designs.services.making import fill_silent
from designs.services.stored_files import hold_stored
from designs.storage import StoredBlob, master_store, preview_store
from designs.storage.configured import PREVIEWS

PREVIEW_MAX_BYTES = 1 << 30
WATERMARK = "Loomprint preview"
COVER_TYPE = DetectedType("image", "png", "image/png")

DERIVED = [Preview.Kind.IMAGE, Preview.Kind.BLUR, Preview.Kind.FIRST]
"""What the derivatives replace: with them nobody needs the first picture any more."""

Kind = Design.Kind
Name = ProcessingStep.Name
Write = Callable[[], object]
"""Rows to write when the work is done: quick, and safe to call once in a transaction."""


@dataclass(frozen=True)
class Job:
    """What a step works on: its version, an empty folder that is gone afterwards, and whom to tell of progress."""

    version: DesignVersion
    folder: Path
    progress: Progress

    def master(self) -> tuple[Path, DetectedType]:
        """The master's bytes, looked at anew. Raises InspectionError, StorageError."""
        path = master_store().path(self.version.master.sha256)
        detected = preflight(path, self.version.file_name)
        return path, replace(detected, stated_units=self.version.stated_units, stated_up=self.version.stated_up)


@dataclass(frozen=True)
class Step:
    """`kinds` of designs that have this step. What is not `needed` may fail: the draft is complete without it. What
    nobody waits for is done in the background, after everything that somebody waits for."""

    name: ProcessingStep.Name
    work: Callable[[Job], Write]
    kinds: frozenset[Design.Kind]
    needed: bool = True
    background: bool = False


def inspect_file(job: Job) -> Write:
    path, detected = job.master()
    with _drawing_first(path, detected, job.folder / "first") as drawing:
        found = inspect(path, detected, job.folder, job.progress)
        said = read_making(path, detected, job.folder, job.progress)
        credentials = find_credentials(path, detected, job.folder, job.progress)
    # One that failed is tried once more by the step that shows why.
    drawn = drawing.result() if drawing and drawing.exception() is None else []
    keep_drawn = keep(job, drawn, replacing=[Preview.Kind.FIRST])

    def write() -> None:
        keep_drawn()
        DesignVersion.objects.filter(pk=job.version.pk).update(facts=found.facts)
        fill_silent(version_id=job.version.pk, said=said)
        keep_credentials(version=job.version, found=credentials)

    return write


@contextmanager
def _drawing_first(path: Path, detected: DetectedType, folder: Path) -> Iterator["Future[list[PreviewFile]] | None"]:
    """The first picture of a mesh, drawn beside its inspection: a file that is written as text takes long to read, and
    each of two cores reads it. What ends the inspection ends its child within a second."""
    if detected.kind != Design.Kind.MESH:
        yield None
        return
    stopped = Event()

    def go_on(_what: str, _part: float) -> None:
        if stopped.is_set():
            raise PreviewError("stopped", _("The inspection has ended."), retryable=True)

    with ThreadPoolExecutor(1, "first-picture") as pool:
        drawing = pool.submit(copy_context().run, render_first, path, detected, folder, go_on)
        try:
            yield drawing
        except BaseException:
            stopped.set()
            raise


def first_picture(job: Job) -> Write:
    if Preview.objects.filter(version=job.version, kind=Preview.Kind.FIRST).exists():
        return lambda: None  # It was drawn beside the inspection.
    return keep(job, render_first(*job.master(), job.folder, job.progress), replacing=[Preview.Kind.FIRST])


def measure(job: Job) -> Write:
    """What takes long: each check in its own child. One that could not be done says why, and fails nothing."""
    checks = run_checks(*job.master(), job.version.facts, job.folder, job.progress)

    def write() -> None:
        version = DesignVersion.objects.select_for_update().get(pk=job.version.pk)
        version.facts = {**version.facts, "checks": checks}
        version.save(update_fields=["facts"])

    return write


def cover(job: Job) -> Write:
    return keep(job, render_cover(*job.master(), job.folder, job.progress), replacing=[Preview.Kind.COVER])


def derivatives(job: Job) -> Write:
    path, detected = job.master()
    if detected.kind == Design.Kind.MESH:
        picture = Preview.objects.get(version=job.version, kind=Preview.Kind.COVER)
        path, detected = preview_store().path(picture.sha256), COVER_TYPE
    files = make_derivatives(path, detected, job.folder, job.progress, watermark=_watermark(job.version))
    return keep(job, files, replacing=DERIVED)


def _watermark(version: DesignVersion) -> str:
    """What is written across its pictures, by its creator's choice as it is now, not as it was when the step began."""
    return WATERMARK if Design.objects.filter(pk=version.design_id, watermark=True).exists() else ""


def views(job: Job) -> Write:
    """Stills of the shape alone and of its triangles."""
    wireframe = draw_wireframe(*job.master(), job.folder, _part(job.progress, 0, 0.2))
    clay = render_clay(*job.master(), job.folder, _part(job.progress, 0.2, 1))
    return keep(job, [*wireframe, *clay], replacing=[Preview.Kind.WIREFRAME, Preview.Kind.CLAY])


def wall_map(job: Job) -> Write:
    """A still of where the walls are thin, where they were measured."""
    if "checks" not in job.version.facts:
        # The measurement failed. Both are tried again together, at the creator's wish.
        raise PreviewError("not_measured", _("The walls are not measured yet."), retryable=False)
    scale = wall_scale(job.version.facts)
    files = draw_walls(*job.master(), job.folder, job.progress, scale=scale) if scale else []
    return keep(job, files, replacing=[Preview.Kind.WALLS])


def large_cover(job: Job) -> Write:
    """The cover again in full size, and all that is made from it, put in place of the former in one piece."""
    pictures = render_large_cover(*job.master(), job.folder, _part(job.progress, 0, 0.85))
    files = make_derivatives(pictures[0].path, COVER_TYPE, job.folder, _part(job.progress, 0.85, 1))
    return keep(job, [*pictures, *files], replacing=[Preview.Kind.COVER, *DERIVED])


def _part(progress: Progress, start: float, end: float) -> Progress:
    """Progress of one child as a part of the whole step's."""
    return lambda what, fraction: progress(what, start + fraction * (end - start))


def viewer(job: Job) -> Write:
    models = make_viewer(*job.master(), job.folder, job.progress)
    return keep(job, models, replacing=[Preview.Kind.VIEWER, Preview.Kind.VIEWER_LIGHT])


def fingerprint(job: Job) -> Write:
    # Kept before anything is compared with it: of two that come at once, the second one sees the first.
    # Here and not above: what they import takes a second and 60 MiB, and most processes compare nothing.
    from designs.services.fingerprints import fingerprint_of
    from designs.services.originality import compare_version

    kept = fingerprint_of(job.version.master, *job.master(), job.folder, job.progress)
    return compare_version(version=job.version, fingerprint=kept, tell=job.progress)


def keep(job: Job, files: Sequence[PreviewFile], *, replacing: Sequence[str]) -> Write:
    """Store the files by content; their rows take the place of a former attempt's. Raises StorageError."""
    reach(f"previews.made.{replacing[0]}")
    rows = [_row(job.version, file, _stored(file.path)) for file in files]

    def write() -> None:
        hold_stored(store=PREVIEWS, names=[row.sha256 for row in rows])
        Preview.objects.filter(version=job.version, kind__in=replacing).delete()
        Preview.objects.bulk_create(rows)

    return write


def _stored(path: Path) -> StoredBlob:
    with path.open("rb") as stream:
        return preview_store().put(stream, max_bytes=PREVIEW_MAX_BYTES)


def _row(version: DesignVersion, file: PreviewFile, blob: StoredBlob) -> Preview:
    return Preview(
        version=version,
        kind=file.kind,
        sha256=blob.sha256,
        media_type=file.media_type,
        width=file.width,
        height=file.height,
        size=blob.size,
    )


BOTH = frozenset({Kind.IMAGE, Kind.MESH})
MESHES = frozenset({Kind.MESH})

STEPS = (
    Step(Name.INSPECT, inspect_file, BOTH),
    Step(Name.FIRST, first_picture, MESHES, needed=False),
    Step(Name.COVER, cover, MESHES),
    Step(Name.DERIVATIVES, derivatives, BOTH),
    Step(Name.FINGERPRINT, fingerprint, BOTH),
    Step(Name.VIEWER, viewer, MESHES, needed=False),
    Step(Name.MEASURE, measure, MESHES, needed=False),
    Step(Name.VIEWS, views, MESHES, needed=False, background=True),
    Step(Name.WALL_MAP, wall_map, MESHES, needed=False, background=True),
    Step(Name.LARGE_COVER, large_cover, MESHES, needed=False, background=True),
)
WORK = {step.name: step.work for step in STEPS}
OPTIONAL = tuple(step.name for step in STEPS if not step.needed)
"""Steps that no draft waits for."""
BACKGROUND = tuple(step.name for step in STEPS if step.background)


def names_for(kind: str) -> list[ProcessingStep.Name]:
    """The steps of a design of this kind, in their order."""
    return [step.name for step in STEPS if Kind(kind) in step.kinds]
