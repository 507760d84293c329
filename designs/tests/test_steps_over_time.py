"""Steps over time: those that an earlier release did not have, and one whose store takes its time."""

import pytest
from django.core.management import call_command
from django.utils import timezone

from common.testing import wait_until
from designs.models import ProcessingStep
from designs.services import processing
from designs.services.processing import process_version
from designs.tests.samples import binary_stl
from designs.tests.test_processing import steps_of
from designs.tests.uploading import uploaded

pytestmark = pytest.mark.django_db


def test_versions_of_an_earlier_release_are_given_the_steps_that_they_lack(creator, png) -> None:
    older, open_still = (uploaded(creator, binary_stl(header=made), name="a.stl") for made in (b"then", b"now"))
    picture = uploaded(creator, png)
    for design in (older, picture):
        ProcessingStep.objects.filter(version__design=design).update(state="done")
    new = {"wall_map", "large_cover"}
    ProcessingStep.objects.filter(name__in=new).delete()

    call_command("plan_missing_steps")

    waiting = ProcessingStep.objects.filter(state="waiting").values_list("version__design", "name")
    assert {name for design, name in waiting if design == older.pk} == new
    assert not {name for design, name in waiting if design in (open_still.pk, picture.pk)} & new
    assert [name for name, _state in steps_of(older)][-2:] == ["wall_map", "large_cover"]
    assert processing.plan_missing() == 0


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
