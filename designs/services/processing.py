"""Running the steps from upload to complete draft, one at a time, each safe to repeat.

What somebody waits for is in front; the rest is done in the background, a step at a time. A step belongs to whoever
moved it from waiting to running; it beats while it runs. One that stopped beating was killed with its worker: the
sweeper lets it wait again, and gives up after three attempts.
"""

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from common.tasks import nudge
from contracts.killpoints import reach
from designs.errors import DesignError
from designs.inspection import InspectionError
from designs.models import Design, DesignVersion, ProcessingStep
from designs.previews import PreviewError
from designs.sandbox import TRANSIENT
from designs.services.steps import BACKGROUND, OPTIONAL, WORK, Job, Write, names_for
from designs.storage import BlobMissing, StorageError, StoreUnavailable, discard_scratch, scratch_folder

logger = structlog.get_logger(__name__)

ATTEMPTS = 3
INTERNAL_ERROR = "internal_error"
SILENT_AFTER = timedelta(seconds=45)
BEAT_EVERY = 2.0
ALIVE_EVERY = 15.0

State = ProcessingStep.State
Name = ProcessingStep.Name


class StepTaken(Exception):
    """The step is not ours any more: it was given up, done over, or deleted with its draft."""


class Lane(StrEnum):
    """Who waits for a step: somebody, now, or nobody. Each has a queue of its own."""

    FRONT = "front"
    BACK = "back"


def lane_of(step: ProcessingStep) -> Lane:
    return Lane.BACK if step.version.bulk or step.name in BACKGROUND else Lane.FRONT


def process_version(*, version_id: int, lane: Lane | None = None) -> None:
    """Run the version's steps in order until one is not ours to run: taken, failed, or of another lane than `lane`.

    In the back a single step is run; the next one queues behind whatever has come meanwhile.
    """
    while (step := _claim_next(version_id, lane)) is not None:
        if not _run(step):
            return
        if lane is Lane.BACK:
            _nudge(version_id)
            return


def _first_open(version_id: int) -> ProcessingStep | None:
    steps = ProcessingStep.objects.filter(version_id=version_id).order_by("position")
    still_open = steps.exclude(state=State.DONE).exclude(state=State.FAILED, name__in=OPTIONAL)
    return still_open.select_related("version__master", "version__design").first()


def _claim_next(version_id: int, lane: Lane | None) -> ProcessingStep | None:
    step = _first_open(version_id)
    if step is None:
        return None
    if lane not in (None, lane_of(step)):
        _nudge(version_id)
        return None
    now = timezone.now()
    claimed = ProcessingStep.objects.filter(pk=step.pk, state=State.WAITING).update(
        state=State.RUNNING, attempts=F("attempts") + 1, percent=0, started_at=now, beat_at=now, message=""
    )
    if not claimed:
        return None
    step.refresh_from_db(fields=["state", "attempts", "started_at"])
    return step


def _run(step: ProcessingStep) -> bool:
    reach(f"step.claimed.{step.name}")
    try:
        with tempfile.TemporaryDirectory(prefix=_folder_of(step), dir=scratch_folder()) as folder, _alive(step):
            write = WORK[Name(step.name)](Job(step.version, Path(folder), _beat(step)))
        return _done(step, write)
    except (InspectionError, PreviewError, StorageError) as error:
        return _failed(step, error)
    except StepTaken:
        return False
    except (OperationalError, InterfaceError):
        # A database that is away takes no word of it either: the sweeper finds the step.
        raise
    except Exception:
        # A full disk or a mistake of ours. It is no fault of the file.
        logger.exception("step_broke", step=step.name, version=step.version_id)
        message = _("Something broke on our side. Nothing is wrong with your file; try the same one again in a while.")
        return _failed(step, DesignError(INTERNAL_ERROR, message))


def _folder_of(step: ProcessingStep) -> str:
    """How the names of its folders begin."""
    return f"step-{step.pk}-"


@contextmanager
def _alive(step: ProcessingStep) -> Iterator[None]:
    """Beat by the clock too: while a store is read or written, which may take minutes, no child tells of progress."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(ALIVE_EVERY):
            try:
                _held(step).update(beat_at=timezone.now())
            except (DatabaseError, InterfaceError):
                connection.close()
        connection.close()

    heart = threading.Thread(target=beat, name="step-heart", daemon=True)
    heart.start()
    try:
        yield
    finally:
        ended.set()
        heart.join()


def _held(step: ProcessingStep) -> "QuerySet[ProcessingStep]":
    """The step's row while it is still this run's: counts of attempts begin anew, the time of a start does not."""
    return ProcessingStep.objects.filter(pk=step.pk, state=State.RUNNING, started_at=step.started_at)


def _done(step: ProcessingStep, write: Write) -> bool:
    reach(f"step.worked.{step.name}")
    with transaction.atomic():
        _hold_design(step.version_id)
        done = _held(step).update(state=State.DONE, percent=100, finished_at=timezone.now(), error_code="", message="")
        if done:
            write()
            _complete_if_ready(step.version_id)
    logger.info("step_done" if done else "step_taken", step=step.name, version=step.version_id)
    return bool(done)


def _hold_design(version_id: int) -> None:
    """The design first, as every change of a draft takes it: a version that is changed is listed anew."""
    Design.objects.select_for_update(no_key=True, of=("self",)).filter(versions=version_id).first()


def _failed(step: ProcessingStep, error: Exception) -> bool:
    code = getattr(error, "code", "unreadable")
    # A store that is away is nobody's fault: the sweeper tries again, and no attempt is counted.
    away = isinstance(error, StoreUnavailable)
    may_work_later = code in {*TRANSIENT, INTERNAL_ERROR} or isinstance(error, BlobMissing)
    again = away or (may_work_later and step.attempts < ATTEMPTS)
    _held(step).update(
        state=State.WAITING if again else State.FAILED,
        attempts=step.attempts - away,
        error_code=code,
        message=str(error),
        finished_at=None if again else timezone.now(),
    )
    logger.warning("step_failed", step=step.name, version=step.version_id, code=code, again=again)
    return not away and (again or step.name in OPTIONAL)


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


def _complete_if_ready(version_id: int) -> None:
    needed = ProcessingStep.objects.filter(version_id=version_id).exclude(name__in=OPTIONAL)
    if not needed.exclude(state=State.DONE).exists():
        _complete(version_id)


def _complete(version_id: int) -> None:
    Design.objects.filter(versions__pk=version_id, state=Design.State.PROCESSING).update(state=Design.State.DRAFT)


@transaction.atomic
def retry_processing(*, version: DesignVersion) -> bool:
    """Let failed steps run again, at their creator's wish. False when none had failed."""
    _hold_design(version.pk)
    again = version.steps.filter(state=State.FAILED).update(state=State.WAITING, attempts=0)
    if again:
        _somebody_waits(version)
        _nudge(version.pk)
    return bool(again)


@transaction.atomic
def set_watermark(*, design: Design, wanted: bool) -> bool:
    """Write a mark across an image's previews from now on, or no more. They are made anew and stay until then.

    Returns whether that changed anything. Raises DesignError for a mesh: what is shown of it are renders of ours.
    """
    if design.kind != Design.Kind.IMAGE:
        raise DesignError("no_image", _("Only the previews of images can be marked."))
    changed = Design.objects.filter(pk=design.pk).exclude(watermark=wanted).update(watermark=wanted)
    if changed:
        _do_over(design.versions.latest("number"), Name.DERIVATIVES)
    return bool(changed)


def _do_over(version: DesignVersion, name: ProcessingStep.Name) -> None:
    """Let a step run once more. A run that is under way is not the step's any more, and writes nothing."""
    version.steps.filter(name=name).update(state=State.WAITING, attempts=0, percent=0, error_code="", message="")
    _somebody_waits(version)
    _nudge(version.pk)


def _somebody_waits(version: DesignVersion) -> None:
    """What came or was planned with many others is its creator's alone from now on."""
    DesignVersion.objects.filter(pk=version.pk, bulk=True).update(bulk=False)


def sweep_processing(*, limit: int = 50) -> int:
    """Find versions whose nudge was lost or whose worker was killed, and nudge them. Returns how many."""
    now = timezone.now()
    silent = ProcessingStep.objects.filter(state=State.RUNNING, beat_at__lt=now - SILENT_AFTER)
    for step in silent[:limit]:
        _revive(step)
    blocking = Q(state=State.RUNNING) | (Q(state=State.FAILED) & ~Q(name__in=OPTIONAL))
    waiting = ProcessingStep.objects.filter(state=State.WAITING)
    waiting = waiting.exclude(version__steps__in=ProcessingStep.objects.filter(blocking))
    nudged: dict[int, None] = {}
    # Those that somebody waits for by themselves: however much waits in the background keeps none of them.
    for steps in (waiting.exclude(name__in=BACKGROUND), waiting.filter(name__in=BACKGROUND)):
        versions = steps.order_by("version__bulk", "version_id").values_list("version_id", flat=True)
        nudged.update(dict.fromkeys(versions.distinct()[:limit]))
    for version_id in nudged:
        _nudge(version_id)
    unfinished = ProcessingStep.objects.exclude(state=State.DONE).exclude(name__in=OPTIONAL)
    finished = DesignVersion.objects.filter(design__state=Design.State.PROCESSING).exclude(steps__in=unfinished)
    for version_id in finished.values_list("pk", flat=True)[:limit]:
        _complete(version_id)
    return len(nudged)


@transaction.atomic
def _revive(step: ProcessingStep) -> None:
    mine = ProcessingStep.objects.filter(pk=step.pk, state=State.RUNNING, beat_at=step.beat_at)
    if step.attempts < ATTEMPTS:
        found = mine.update(state=State.WAITING)
    else:
        found = mine.update(
            state=State.FAILED,
            error_code="worker_lost",
            message=_("This step was interrupted three times. Try again, or upload a simpler file."),
            finished_at=timezone.now(),
        )
    if found:
        # While the row is ours: who claims it next makes a folder of the same beginning.
        discard_scratch(_folder_of(step))


def _nudge(version_id: int) -> None:
    """Send the version to the queue of its next step."""
    from designs import tasks

    step = _first_open(version_id)
    if step is not None:
        nudge(tasks.process_version if lane_of(step) is Lane.FRONT else tasks.process_in_background, version_id)


def plan_processing(*, version: DesignVersion) -> None:
    """Write the steps a version needs and nudge a worker once this transaction is in."""
    ProcessingStep.objects.bulk_create(
        ProcessingStep(version=version, name=name, position=position)
        for position, name in enumerate(names_for(version.design.kind))
    )
    _nudge(version.pk)


def plan_missing(*, limit: int | None = None) -> int:
    """Plan the optional steps that versions processed by an earlier release do not have. Returns how many versions.

    What is still being processed is left alone, and all of it is done once nobody waits. A first picture is of no use
    to a version that has its cover.
    """
    missing: dict[int, list[ProcessingStep]] = {}
    for kind in Design.Kind.values:
        order = names_for(kind)
        processed = DesignVersion.objects.filter(design__kind=kind, steps__state=State.DONE).exclude(
            steps__in=ProcessingStep.objects.exclude(name__in=OPTIONAL).exclude(state=State.DONE)
        )
        for name in set(order) & set(OPTIONAL) - {Name.FIRST}:
            without = processed.exclude(steps__name=name).distinct().order_by("pk").values_list("pk", flat=True)
            for version_id in without[:limit]:
                step = ProcessingStep(version_id=version_id, name=name, position=order.index(name))
                missing.setdefault(version_id, []).append(step)
    for version_id in sorted(missing)[:limit]:
        with transaction.atomic():
            _hold_design(version_id)
            ProcessingStep.objects.bulk_create(missing[version_id], ignore_conflicts=True)
            DesignVersion.objects.filter(pk=version_id).update(bulk=True)
            _nudge(version_id)
    return len(sorted(missing)[:limit])
