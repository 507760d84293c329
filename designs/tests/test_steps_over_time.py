"""Steps over time: those that an earlier release did not have, and one whose store takes its time."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from common.testing import others_wait, wait_until
from designs.models import Design, DesignVersion, ProcessingStep
from designs.services import processing
from designs.services.processing import process_version
from designs.tests.claims_in_between import ClaimInBetween
from designs.tests.samples import binary_stl
from designs.tests.test_lanes import sent_to
from designs.tests.test_processing import steps_of
from designs.tests.uploading import uploaded

pytestmark = pytest.mark.django_db


def test_versions_of_an_earlier_release_are_given_the_steps_that_they_lack(creator, png, monkeypatch) -> None:
    older, open_still = (uploaded(creator, binary_stl(header=made), name="a.stl") for made in (b"then", b"now"))
    picture = uploaded(creator, png)
    for design in (older, picture):
        ProcessingStep.objects.filter(version__design=design).update(state="done")
    new = {"measure", "wall_map", "large_cover"}
    ProcessingStep.objects.filter(name__in={"first", *new}).delete()
    sent = sent_to(monkeypatch)

    call_command("plan_missing_steps")

    assert sent == [(processing.Lane.BACK, older.versions.get().pk)]

    waiting = ProcessingStep.objects.filter(state="waiting").values_list("version__design", "name")
    assert {name for design, name in waiting if design == older.pk} == new
    assert not {name for design, name in waiting if design in (open_still.pk, picture.pk)} & new
    assert [name for name, _state in steps_of(older)][-4:] == ["measure", "views", "wall_map", "large_cover"]
    assert processing.plan_missing() == 0


def test_what_was_planned_with_many_is_in_front_again_once_its_creator_waits(creator, monkeypatch) -> None:
    design = uploaded(creator, binary_stl(), name="a.stl")
    version = design.versions.get()
    ProcessingStep.objects.filter(version=version).update(state="done")
    ProcessingStep.objects.filter(version=version, name="measure").delete()
    processing.plan_missing()
    ProcessingStep.objects.filter(version=version, name="measure").update(state="failed")
    sent = sent_to(monkeypatch)

    assert processing.retry_processing(version=version)
    assert sent == [(processing.Lane.FRONT, version.pk)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("work", ["planned", "retried"])
def test_a_version_is_marked_by_who_holds_its_design(creator, work: str) -> None:
    """As every change of a draft does it: the list of designs on show takes the design for each change of a version."""
    version = uploaded(creator, binary_stl(), name="a.stl").versions.get()
    ProcessingStep.objects.filter(version=version).update(state="done")
    DesignVersion.objects.update(bulk=work == "retried")
    if work == "planned":
        ProcessingStep.objects.filter(version=version, name="measure").delete()
    else:
        ProcessingStep.objects.filter(version=version, name="measure").update(state="failed")

    def act():
        try:
            return processing.plan_missing() if work == "planned" else processing.retry_processing(version=version)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            Design.objects.select_for_update(no_key=True).get()
            acting = other.submit(act)
            wait_until(others_wait, seconds=10)
            DesignVersion.objects.select_for_update(nowait=True).get()
        assert acting.result(timeout=10)
    assert DesignVersion.objects.get().bulk == (work == "planned")


@pytest.mark.django_db(transaction=True)
def test_a_step_beats_while_its_store_takes_its_time(creator, png, monkeypatch) -> None:
    version = uploaded(creator, png).versions.get()
    monkeypatch.setattr(processing, "ALIVE_EVERY", 0.05)
    beats = []

    def slow(job):
        running = ProcessingStep.objects.filter(version=job.version, state="running")
        long_ago = timezone.now() - processing.SILENT_AFTER
        running.update(beat_at=long_ago)
        wait_until(lambda: running.get().beat_at > long_ago)
        beats.append(running.get().name)
        return lambda: None

    for name in ("inspect", "derivatives", "fingerprint"):
        monkeypatch.setitem(processing.WORK, name, slow)
    process_version(version_id=version.pk)
    assert beats == ["inspect", "derivatives", "fingerprint"]


@pytest.mark.django_db(transaction=True)
def test_a_killed_workers_folder_goes_before_another_one_makes_its_own(creator, png, monkeypatch) -> None:
    version = uploaded(creator, png).versions.get()
    long_ago = timezone.now() - 2 * processing.SILENT_AFTER
    version.steps.filter(name="inspect").update(state="running", attempts=1, beat_at=long_ago)
    other = ClaimInBetween()

    def work(job):
        other.work(job.folder)
        return lambda: None

    for name in ("inspect", "derivatives", "fingerprint"):
        monkeypatch.setitem(processing.WORK, name, work)
    other.during(processing.sweep_processing, lambda: process_version(version_id=version.pk), processing, monkeypatch)
    assert other.lost == [False] * 3


@pytest.mark.django_db(transaction=True)
def test_who_holds_a_design_holds_no_version_of_it(creator, png) -> None:
    version = uploaded(creator, png).versions.get()

    def hold_version() -> int:
        try:
            with transaction.atomic():
                return DesignVersion.objects.select_for_update(nowait=True).get().pk
        finally:
            connection.close()

    with transaction.atomic(), ThreadPoolExecutor(1) as other:
        processing._hold_design(version.pk)
        assert other.submit(hold_version).result(timeout=10) == version.pk
