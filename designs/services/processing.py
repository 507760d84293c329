"""Running the steps from upload to complete draft, one at a time, each safe to repeat.

A step belongs to whoever moved it from waiting to running; it beats while it runs. One that stopped beating
was killed with its worker: the sweeper lets it wait again, and gives up after three attempts.
"""

import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from common.tasks import nudge
from designs.inspection import DetectedType, InspectionError, inspect, preflight
from designs.models import Design, DesignVersion, Preview, ProcessingStep
from designs.previews import PreviewError, PreviewFile, make_derivatives, make_viewer, render_cover
from designs.storage import BlobMissing, StorageError, master_store, preview_store

logger = structlog.get_logger(__name__)

ATTEMPTS = 3
SILENT_AFTER = timedelta(seconds=45)
BEAT_EVERY = 2.0
PREVIEW_MAX_BYTES = 1 << 30
COVER_TYPE = DetectedType("image", "png", "image/png")

State = ProcessingStep.State
Name = ProcessingStep.Name


def process_version(*, version_id: int) -> None:
    """Run the version's steps in order until one is not ours to run."""
    while (step := _claim_next(version_id)) is not None:
        if not _run(step):
            return


def _claim_next(version_id: int) -> ProcessingStep | None:
    steps = ProcessingStep.objects.filter(version_id=version_id).order_by("position")
    first_open = steps.exclude(state=State.DONE).first()
    if first_open is None:
        _complete(version_id)
        return None
    now = timezone.now()
    claimed = steps.filter(pk=first_open.pk, state=State.WAITING).update(
        state=State.RUNNING, attempts=F("attempts") + 1, percent=0, started_at=now, beat_at=now, message=""
    )
    if not claimed:
        return None
    return ProcessingStep.objects.select_related("version__master", "version__design").get(pk=first_open.pk)


def _run(step: ProcessingStep) -> bool:
    with tempfile.TemporaryDirectory(prefix="step-", dir=_scratch()) as folder:
        try:
            _WORK[Name(step.name)](step, Path(folder))
        except (InspectionError, PreviewError, StorageError) as error:
            return _failed(step, error)
    done = ProcessingStep.objects.filter(pk=step.pk, state=State.RUNNING, attempts=step.attempts).update(
        state=State.DONE, percent=100, finished_at=timezone.now(), error_code="", message=""
    )
    logger.info("step_done", step=step.name, version=step.version_id)
    return bool(done)


def _scratch() -> Path:
    folder = Path(settings.PREVIEW_ROOT).parent / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _failed(step: ProcessingStep, error: Exception) -> bool:
    code = getattr(error, "code", "unreadable")
    again = getattr(error, "retryable", isinstance(error, BlobMissing)) and step.attempts < ATTEMPTS
    ProcessingStep.objects.filter(pk=step.pk, state=State.RUNNING, attempts=step.attempts).update(
        state=State.WAITING if again else State.FAILED,
        error_code=code,
        message=str(error),
        finished_at=None if again else timezone.now(),
    )
    logger.warning("step_failed", step=step.name, version=step.version_id, code=code, again=again)
    return again


def _inspect(step: ProcessingStep, folder: Path) -> None:
    path, detected = _master(step.version)
    found = inspect(path, detected, folder, _beat(step))
    DesignVersion.objects.filter(pk=step.version_id).update(facts=found.facts)


def _cover(step: ProcessingStep, folder: Path) -> None:
    path, detected = _master(step.version)
    _keep(step.version, render_cover(path, detected, folder, _beat(step)), replacing=(Preview.Kind.COVER,))


def _derivatives(step: ProcessingStep, folder: Path) -> None:
    path, detected = _master(step.version)
    if detected.kind == Design.Kind.MESH:
        cover = Preview.objects.get(version=step.version, kind=Preview.Kind.COVER)
        path, detected = preview_store().path(cover.sha256), COVER_TYPE
    _keep(
        step.version,
        make_derivatives(path, detected, folder, _beat(step)),
        replacing=(Preview.Kind.IMAGE, Preview.Kind.BLUR),
    )


def _viewer(step: ProcessingStep, folder: Path) -> None:
    path, detected = _master(step.version)
    _keep(step.version, make_viewer(path, detected, folder, _beat(step)), replacing=(Preview.Kind.VIEWER,))


_WORK: dict[ProcessingStep.Name, Callable[[ProcessingStep, Path], None]] = {
    Name.INSPECT: _inspect,
    Name.COVER: _cover,
    Name.DERIVATIVES: _derivatives,
    Name.VIEWER: _viewer,
}


def _master(version: DesignVersion) -> tuple[Path, DetectedType]:
    path = master_store().path(version.master.sha256)
    return path, preflight(path, version.file_name)


def _beat(step: ProcessingStep) -> Callable[[str, float], None]:
    """A progress callback that writes the row at most every two seconds."""
    last = timezone.now()

    def beat(_stage: str, part: float) -> None:
        nonlocal last
        now = timezone.now()
        if (now - last).total_seconds() < BEAT_EVERY:
            return
        last = now
        ProcessingStep.objects.filter(pk=step.pk, state=State.RUNNING, attempts=step.attempts).update(
            percent=max(0, min(99, int(part * 100))), beat_at=now
        )

    return beat


def _keep(version: DesignVersion, files: list[PreviewFile], *, replacing: tuple[str, ...]) -> None:
    """Store the files by content, then put their rows in the place of a former attempt's."""
    rows = []
    for file in files:
        with file.path.open("rb") as stream:
            blob = preview_store().put(stream, max_bytes=PREVIEW_MAX_BYTES)
        rows.append(
            Preview(
                version=version,
                kind=file.kind,
                sha256=blob.sha256,
                media_type=file.media_type,
                width=file.width,
                height=file.height,
                size=blob.size,
            )
        )
    with transaction.atomic():
        Preview.objects.filter(version=version, kind__in=replacing).delete()
        Preview.objects.bulk_create(rows)


def _complete(version_id: int) -> None:
    Design.objects.filter(versions__pk=version_id, state=Design.State.PROCESSING).update(state=Design.State.DRAFT)


def retry_processing(*, version: DesignVersion) -> bool:
    """Let failed steps run again, at their creator's wish. False when none had failed."""
    again = version.steps.filter(state=State.FAILED).update(state=State.WAITING, attempts=0)
    if again:
        _nudge(version.pk)
    return bool(again)


def sweep_processing(*, limit: int = 50) -> int:
    """Find versions whose nudge was lost or whose worker was killed, and nudge them. Returns how many."""
    now = timezone.now()
    silent = ProcessingStep.objects.filter(state=State.RUNNING, beat_at__lt=now - SILENT_AFTER)
    for step in silent[:limit]:
        _revive(step)
    waiting = (
        ProcessingStep.objects.filter(state=State.WAITING)
        .exclude(version__steps__state__in=[State.RUNNING, State.FAILED])
        .order_by("version_id")
        .values_list("version_id", flat=True)
        .distinct()[:limit]
    )
    for version_id in waiting:
        _nudge(version_id)
    finished = DesignVersion.objects.filter(design__state=Design.State.PROCESSING).exclude(
        steps__state__in=[State.WAITING, State.RUNNING, State.FAILED]
    )
    for version_id in finished.values_list("pk", flat=True)[:limit]:
        _complete(version_id)
    return len(waiting)


def _revive(step: ProcessingStep) -> None:
    mine = ProcessingStep.objects.filter(pk=step.pk, state=State.RUNNING, beat_at=step.beat_at)
    if step.attempts < ATTEMPTS:
        mine.update(state=State.WAITING)
        return
    mine.update(
        state=State.FAILED,
        error_code="worker_lost",
        message=_("This step was interrupted three times. Try again, or upload a simpler file."),
        finished_at=timezone.now(),
    )


def _nudge(version_id: int) -> None:
    from designs.tasks import process_version as task

    nudge(task, version_id)
