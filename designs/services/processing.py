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
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from common.tasks import nudge
from designs.inspection import InspectionError
from designs.models import Design, DesignVersion, ProcessingStep
from designs.previews import PreviewError
from designs.sandbox import TRANSIENT
from designs.services.steps import LATER, WORK, Job, Write
from designs.storage import BlobMissing, StorageError

logger = structlog.get_logger(__name__)

ATTEMPTS = 3
SILENT_AFTER = timedelta(seconds=45)
BEAT_EVERY = 2.0

State = ProcessingStep.State
Name = ProcessingStep.Name


class StepTaken(Exception):
    """The step is not ours any more: it was given up, done over, or deleted with its draft."""


def process_version(*, version_id: int) -> None:
    """Run the version's steps in order until one is not ours to run."""
    while (step := _claim_next(version_id)) is not None:
        if not _run(step):
            return


def _claim_next(version_id: int) -> ProcessingStep | None:
    steps = ProcessingStep.objects.filter(version_id=version_id).order_by("position")
    open_steps = steps.exclude(state=State.DONE).exclude(state=State.FAILED, name__in=LATER)
    first_open = open_steps.first()
    if first_open is None or first_open.name in LATER:
        _complete(version_id)
    if first_open is None:
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
            write = WORK[Name(step.name)](Job(step.version, Path(folder), _beat(step)))
        except (InspectionError, PreviewError, StorageError) as error:
            return _failed(step, error)
        except StepTaken:
            return False
    return _done(step, write)


def _held(step: ProcessingStep) -> "QuerySet[ProcessingStep]":
    """The step's row while it is still this run's: counts of attempts begin anew, the time of a start does not."""
    return ProcessingStep.objects.filter(pk=step.pk, state=State.RUNNING, started_at=step.started_at)


def _done(step: ProcessingStep, write: Write) -> bool:
    with transaction.atomic():
        done = _held(step).update(state=State.DONE, percent=100, finished_at=timezone.now(), error_code="", message="")
        if done:
            write()
    logger.info("step_done" if done else "step_taken", step=step.name, version=step.version_id)
    return bool(done)


def _scratch() -> Path:
    folder = Path(settings.PREVIEW_ROOT).parent / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _failed(step: ProcessingStep, error: Exception) -> bool:
    code = getattr(error, "code", "unreadable")
    may_work_later = code in TRANSIENT or isinstance(error, BlobMissing)
    again = may_work_later and step.attempts < ATTEMPTS
    _held(step).update(
        state=State.WAITING if again else State.FAILED,
        error_code=code,
        message=str(error),
        finished_at=None if again else timezone.now(),
    )
    logger.warning("step_failed", step=step.name, version=step.version_id, code=code, again=again)
    return again or step.name in LATER


def _beat(step: ProcessingStep) -> Callable[[str, float], None]:
    """A progress callback that writes the row at most every two seconds. Raises StepTaken, which ends the child."""
    last = timezone.now()

    def beat(_stage: str, part: float) -> None:
        nonlocal last
        now = timezone.now()
        if (now - last).total_seconds() < BEAT_EVERY:
            return
        last = now
        if not _held(step).update(percent=max(0, min(99, int(part * 100))), beat_at=now):
            raise StepTaken

    return beat


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
    blocking = Q(state=State.RUNNING) | (Q(state=State.FAILED) & ~Q(name__in=LATER))
    waiting = (
        ProcessingStep.objects.filter(state=State.WAITING)
        .exclude(version__steps__in=ProcessingStep.objects.filter(blocking))
        .order_by("version_id")
        .values_list("version_id", flat=True)
        .distinct()[:limit]
    )
    for version_id in waiting:
        _nudge(version_id)
    unfinished = ProcessingStep.objects.exclude(state=State.DONE).exclude(name__in=LATER)
    finished = DesignVersion.objects.filter(design__state=Design.State.PROCESSING).exclude(steps__in=unfinished)
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
