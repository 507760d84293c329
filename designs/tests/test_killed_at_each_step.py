"""And if the process dies here? Every worker and every child on the way of a file, killed: each time the step is to be
had again, with nothing left of it, and in the end everything is there.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from common.testing import wait_until
from contracts.testing import database_url
from designs.inspection import measurements
from designs.models import Design, DesignVersion, FileCredentials, Fingerprint, Preview, ProcessingStep
from designs.previews import render
from designs.selectors import progress_of
from designs.services.processing import (
    ATTEMPTS,
    SILENT_AFTER,
    Lane,
    process_version,
    retry_processing,
    sweep_processing,
)
from designs.services.steps import STEPS, names_for
from designs.storage import discard_left_over, preview_store
from designs.tests.children import children_of
from designs.tests.fuzzing_seeds import signed_file
from designs.tests.mortal_workers import SMALL, MortalWorkers, mortal_workers
from designs.tests.samples import glb_bytes, image_bytes
from designs.tests.uploading import uploaded
from designs.untrusted.main import TASKS

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]
Name = ProcessingStep.Name
State = ProcessingStep.State
KILLED = -signal.SIGKILL
FOLDERS = ("MASTER_ROOT", "PREVIEW_ROOT", "OUTGOING_ROOT", "FILE_UPLOAD_TEMP_DIR")
ELSEWHERE = {"make_rendition", "seal_rendition", "draft_credentials", "read_credentials_beside", "triangles"}
"""Tasks of renditions, of verifying and of fitting, which are no steps on the way of a file."""

CHILDREN = {
    "image": {
        Name.INSPECT: ["inspect_image", "read_making", "read_credentials"],
        Name.DERIVATIVES: ["derive"],
        Name.FINGERPRINT: ["fingerprint_image"],
    },
    "mesh": {
        Name.INSPECT: ["inspect_mesh", "first", "read_making"],
        Name.FIRST: [],
        Name.COVER: ["cover"],
        Name.DERIVATIVES: ["derive"],
        Name.FINGERPRINT: ["fingerprint_mesh"],
        Name.VIEWER: ["viewer"],
        Name.MEASURE: ["self_intersection", "walls", "gaps"],
        Name.VIEWS: ["wireframe", "clay"],
        Name.WALL_MAP: ["wall_map"],
        Name.LARGE_COVER: ["cover", "derive"],
    },
}
"""The children of each step, in their order. The first picture is drawn beside the inspection."""
MADE = {
    "image": {Name.DERIVATIVES: {"image", "blur"}},
    "mesh": {
        Name.INSPECT: {"first"},
        Name.COVER: {"cover"},
        Name.DERIVATIVES: {"image", "blur"},
        Name.VIEWER: {"viewer"},
        Name.VIEWS: {"wireframe", "clay"},
        Name.WALL_MAP: {"walls"},
        Name.LARGE_COVER: {"cover", "image", "blur"},
    },
}
"""The previews that each step leaves. The derivatives take the place of the first picture."""
FIRST_MADE = {"inspect": "first", "cover": "cover", "derivatives": "image", "viewer": "viewer", "views": "wireframe",
              "wall_map": "walls", "large_cover": "cover"}  # fmt: skip
"""How the line before a step's previews are stored is called."""


def lines_of(kind: str, name: ProcessingStep.Name) -> list[str]:
    """Where a worker can die: before its children, in each, after the last before its files are stored, while one is,
    and before the rows are written."""
    lines = [f"step.claimed.{name}", *(f"child.{task}" for task in CHILDREN[kind][name])]
    if name in MADE[kind]:
        lines += [f"previews.made.{FIRST_MADE[name]}", "blob.received"]
    return [*lines, f"step.worked.{name}"]


def file_of(kind: str) -> tuple[bytes, str]:
    return (signed_file(image_bytes(), "image/png"), "a.png") if kind == "image" else (glb_bytes(), "a.glb")


@pytest.fixture
def workers(settings: Any) -> Iterator[MortalWorkers]:
    with mortal_workers(database_url(), {name: str(getattr(settings, name)) for name in FOLDERS}) as found:
        yield found


@pytest.fixture
def scratch(settings: Any) -> Path:
    folder: Path = settings.FILE_UPLOAD_TEMP_DIR
    return folder


def test_every_step_and_every_child_is_in_the_table() -> None:
    for kind in Design.Kind.values:
        assert list(CHILDREN[kind]) == names_for(kind)
    assert {step.name for step in STEPS} == {name for steps in CHILDREN.values() for name in steps}
    assert {task for steps in CHILDREN.values() for tasks in steps.values() for task in tasks} == set(TASKS) - ELSEWHERE


@pytest.mark.parametrize("kind", ["image", pytest.param("mesh", marks=pytest.mark.long)])
def test_a_worker_killed_at_each_line_of_each_step_leaves_it_to_the_next_one(
    kind: str, creator: User, workers: MortalWorkers, scratch: Path, settings: Any
) -> None:
    content, file_name = file_of(kind)
    version = uploaded(creator, content, name=file_name).versions.get()
    there: set[str] = set()
    lost = 0
    for name in names_for(kind):
        for number, line in enumerate(lines_of(kind, name), start=1):
            assert workers.run(version.pk, kill_at=line) == KILLED, line
            assert states_of(version) == {"done", State.RUNNING, "waiting"} - nothing_of(kind, name), line
            step = version.steps.get(state=State.RUNNING)
            assert (step.name, step.attempts) == (name, (number - 1) % ATTEMPTS + 1), line
            assert whole_previews(version) == there, line
            wait_until(lambda: processes_in(scratch) == set(), seconds=20, what=f"the child is gone: {line}")
            lost += lost_after_silence(version, step)
            assert left_in(scratch) == [], line
            assert len(left_half(settings)) == (line == "blob.received"), line
            discard_left_over(older_than_seconds=0)
        if name == Name.DERIVATIVES:
            there -= {"first"}
        there |= MADE[kind].get(name, set())
    assert workers.run(version.pk) == 0
    assert lost == sum(len(lines_of(kind, name)) // ATTEMPTS for name in names_for(kind))
    complete(version, there)
    assert left_in(scratch) == left_half(settings) == []


def nothing_of(kind: str, name: ProcessingStep.Name) -> set[str]:
    """States that no step is in, while this one runs: it is the first, or the last."""
    names = names_for(kind)
    return {word for word, end in (("done", names[0]), ("waiting", names[-1])) if name == end}


def lost_after_silence(version: DesignVersion, step: ProcessingStep) -> bool:
    """Let the time pass after which a worker counts as lost. The step waits again; or, for the third time, it has
    failed with a reason and its creator asks for it once more."""
    version.steps.filter(pk=step.pk).update(beat_at=timezone.now() - SILENT_AFTER - timedelta(seconds=1))
    sweep_processing()
    step.refresh_from_db()
    if step.attempts < ATTEMPTS:
        assert step.state == State.WAITING
        return False
    assert (step.state, step.error_code) == (State.FAILED, "worker_lost")
    assert "Try again" in step.message
    assert retry_processing(version=version)
    return True


@pytest.mark.parametrize("kind", ["image", pytest.param("mesh", marks=pytest.mark.long)])
def test_each_child_killed_three_times_fails_its_step_with_a_reason_and_works_when_it_is_tried_again(
    kind: str, creator: User, scratch: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SANDBOX_WARM = False  # so that its task stands in the command of a child
    for name, width in SMALL.items():
        monkeypatch.setattr(render, name, width)
    content, file_name = file_of(kind)
    version = uploaded(creator, content, name=file_name).versions.get()
    for name in names_for(kind):
        # Without the picture that is drawn beside it a file is inspected all the same, and its own step draws it.
        tasks = [task for task in CHILDREN[kind][name] if task != "first"] if name != Name.FIRST else ["first"]
        for task in tasks:
            with killing(task) as killed:
                for _attempt in range(ATTEMPTS):
                    one_step(version)
            step = version.steps.get(name=name)
            assert (step.state, step.attempts, step.error_code) == (State.FAILED, ATTEMPTS, "killed"), task
            assert "Nothing was lost; try again." in step.message, task
            assert len(killed) == ATTEMPTS, task
            assert left_in(scratch) == left_half(settings) == [], task
            progress = progress_of(version)
            # Nobody misses a first picture while the cover is on its way.
            assert progress.failed or progress.stuck or (name == Name.FIRST and progress.running), task
            assert retry_processing(version=version)
        with killing("first") if name == Name.INSPECT else nullcontext():
            one_step(version)
        assert version.steps.get(name=name).state == State.DONE, name
    complete(version, set().union(*MADE[kind].values()) - {"first"})
    assert left_in(scratch) == left_half(settings) == []


def one_step(version: DesignVersion) -> None:
    """As of a batch: a step, and then whatever else waits."""
    DesignVersion.objects.filter(pk=version.pk).update(bulk=True)
    process_version(version_id=version.pk, lane=Lane.BACK)


@contextmanager
def killing(task: str) -> Iterator[set[int]]:
    """Kill each child of ours that has this task, as the kernel does when memory is short. Their process ids."""
    killed: set[int] = set()
    over = threading.Event()
    mark = f'"task": "{task}"'.encode()

    def look() -> None:
        while not over.wait(0.005):
            for pid in children_of("self"):
                with suppress(OSError):
                    if mark in Path(f"/proc/{pid}/cmdline").read_bytes():
                        os.kill(pid, signal.SIGKILL)
                        killed.add(pid)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield killed
    finally:
        over.set()
        watcher.join()


def states_of(version: DesignVersion) -> set[str]:
    return set(version.steps.values_list("state", flat=True))


def whole_previews(version: DesignVersion) -> set[str]:
    """The kinds of the previews that there are. Each is stored whole."""
    for preview in Preview.objects.filter(version=version):
        preview_store().verify(preview.sha256)
    return set(version.previews.values_list("kind", flat=True))


def complete(version: DesignVersion, previews: set[str]) -> None:
    """Everything is there that a file gets which nobody disturbed."""
    version.refresh_from_db()
    assert states_of(version) == {State.DONE}
    assert version.design.state == Design.State.DRAFT
    assert whole_previews(version) == previews
    unknown = {one.name: one.why for one in measurements(version.facts) if one.why}
    # Nothing of a cube stands opposite to anything.
    assert unknown == ({} if version.design.kind == "image" else {"smallest_gap": "no_surface_opposite"})
    assert version.file_says["notes"] == []
    assert Fingerprint.objects.filter(asset=version.master).count() == 1
    found = FileCredentials.objects.get(version=version)
    assert found.state == ("valid" if version.design.kind == "image" else "absent")


def processes_in(folder: Path) -> set[str]:
    """Processes that work in a folder of it."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if Path(os.readlink(entry / "cwd")).is_relative_to(folder):
                found.add(entry.name)
    return found


def left_in(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob("*")]


def left_half(settings: Any) -> list[Path]:
    """What was half on its way into a store."""
    return [path for name in FOLDERS[:3] for path in (getattr(settings, name) / "incoming").glob("*")]
