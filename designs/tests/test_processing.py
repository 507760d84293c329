"""From upload to a complete draft, with real children, lost messages and killed workers."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone

from designs.errors import DesignError
from designs.inspection import InspectionError
from designs.models import SHARE_UNITS, Asset, Design, Preview, ProcessingStep
from designs.services import processing
from designs.services.processing import process_version, retry_processing, sweep_processing
from designs.services.upload import MadeWith, Part, ReceivedFile, create_draft
from designs.storage import EmptyFile, FileTooLarge, master_store, preview_store

pytestmark = pytest.mark.django_db


def uploaded(owner, content: bytes, *, name: str = "lantern.png", parts=None) -> Design:
    return create_draft(
        owner=owner,
        title="Lantern",
        description="",
        tags=[],
        disclosure="not_ai",
        made_with=MadeWith(),
        master=ReceivedFile(io.BytesIO(content), name),
        parts=parts or [Part(owner, "designer", SHARE_UNITS)],
    )


def steps_of(design: Design) -> list[tuple[str, str]]:
    return list(ProcessingStep.objects.filter(version__design=design).order_by("position").values_list("name", "state"))


def test_an_image_becomes_a_draft_with_previews(creator, png) -> None:
    design = uploaded(creator, png)
    assert design.state == Design.State.PROCESSING

    process_version(version_id=design.versions.get().pk)

    design.refresh_from_db()
    version = design.versions.get()
    assert design.state == Design.State.DRAFT
    assert (version.facts["width"], version.facts["height"]) == (64, 48)
    kinds = set(version.previews.values_list("kind", "media_type"))
    assert {("image", "image/avif"), ("image", "image/webp"), ("image", "image/jpeg")} <= kinds
    for preview in version.previews.all():
        preview_store().verify(preview.sha256)
    assert version.master.sha256 not in set(version.previews.values_list("sha256", flat=True))


def test_running_a_version_again_changes_nothing(creator, png) -> None:
    design = uploaded(creator, png)
    version = design.versions.get()
    process_version(version_id=version.pk)
    before = list(Preview.objects.values_list("pk", flat=True))

    process_version(version_id=version.pk)

    assert list(Preview.objects.values_list("pk", flat=True)) == before
    assert set(version.steps.values_list("attempts", flat=True)) == {1}


def test_a_file_broken_inside_fails_with_a_reason_and_keeps_the_draft(creator, png) -> None:
    at = png.index(b"IDAT") + 8
    design = uploaded(creator, png[:at] + b"\x00" * 40 + png[at + 40 :])

    process_version(version_id=design.versions.get().pk)

    step = ProcessingStep.objects.get(version__design=design, name="inspect")
    assert (step.state, step.error_code) == ("failed", "unreadable")
    assert "Export it again" in step.message
    assert steps_of(design) == [("inspect", "failed"), ("derivatives", "waiting")]
    design.refresh_from_db()
    assert (design.state, design.title) == (Design.State.PROCESSING, "Lantern")


def test_a_failed_step_can_be_tried_again(creator, png) -> None:
    design = uploaded(creator, png)
    version = design.versions.get()
    version.steps.filter(name="inspect").update(state="failed", attempts=3, error_code="timeout")

    assert retry_processing(version=version) is True
    assert retry_processing(version=version) is False
    process_version(version_id=version.pk)

    assert [state for _name, state in steps_of(design)] == ["done", "done"]


def test_the_sweeper_revives_what_a_killed_worker_left(creator, png) -> None:
    design = uploaded(creator, png)
    version = design.versions.get()
    long_ago = timezone.now() - timedelta(minutes=5)
    version.steps.filter(name="inspect").update(state="running", attempts=1, beat_at=long_ago)

    assert sweep_processing() == 1

    assert version.steps.get(name="inspect").state == "waiting"
    process_version(version_id=version.pk)
    assert [state for _name, state in steps_of(design)] == ["done", "done"]


def test_a_step_that_still_beats_is_left_alone(creator, png) -> None:
    design = uploaded(creator, png)
    version = design.versions.get()
    version.steps.filter(name="inspect").update(state="running", attempts=1, beat_at=timezone.now())

    assert sweep_processing() == 0
    process_version(version_id=version.pk)

    assert steps_of(design) == [("inspect", "running"), ("derivatives", "waiting")]


def test_a_step_that_was_taken_over_writes_nothing(creator, png, monkeypatch) -> None:
    """A worker that was silent for long comes back while another runs the same step anew, for the first time again."""
    version = uploaded(creator, png).versions.get()
    whole = processing.WORK["inspect"]

    def overtaken(job):
        write = whole(job)
        version.steps.filter(name="inspect").update(started_at=timezone.now(), attempts=1)
        return write

    monkeypatch.setitem(processing.WORK, "inspect", overtaken)
    process_version(version_id=version.pk)

    version.refresh_from_db()
    assert version.facts == {}
    assert steps_of(version.design) == [("inspect", "running"), ("derivatives", "waiting")]


def test_a_child_that_was_killed_is_asked_again(creator, png, monkeypatch) -> None:
    version = uploaded(creator, png).versions.get()
    whole = processing.WORK["inspect"]
    attempts = []

    def killed_once(job):
        attempts.append(job)
        if len(attempts) == 1:
            raise InspectionError("killed")
        return whole(job)

    monkeypatch.setitem(processing.WORK, "inspect", killed_once)
    process_version(version_id=version.pk)

    assert [state for _name, state in steps_of(version.design)] == ["done", "done"]
    assert version.steps.get(name="inspect").attempts == 2


def test_a_step_interrupted_three_times_is_given_up_with_a_sentence(creator, png) -> None:
    design = uploaded(creator, png)
    version = design.versions.get()
    long_ago = timezone.now() - timedelta(minutes=5)
    version.steps.filter(name="inspect").update(state="running", attempts=3, beat_at=long_ago)

    sweep_processing()

    step = version.steps.get(name="inspect")
    assert (step.state, step.error_code) == ("failed", "worker_lost")
    assert "Try again" in step.message


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"solid nothing\nendsolid nothing\n", "nothing.stl", "no_triangles"),
        (b"\x89PNG\r\n\x1a\n", "short.png", "truncated"),
        (b"not an image", "lantern.png", "not_what_its_name_says"),
        (b"anything", "lantern.exe", "unknown_type"),
    ],
)
def test_a_bad_file_is_refused_before_anything_is_written(creator, content, name, code) -> None:
    with pytest.raises(InspectionError) as refusal:
        uploaded(creator, content, name=name)

    assert refusal.value.code == code
    assert not Design.objects.exists()
    assert not Asset.objects.exists()


def test_an_image_that_is_named_mesh_is_refused(creator, png) -> None:
    with pytest.raises(InspectionError) as refusal:
        uploaded(creator, png, name="lantern.glb")

    assert refusal.value.code == "not_what_its_name_says"
    assert "PNG" in str(refusal.value)


def test_empty_and_too_large_files_leave_nothing(settings, creator, png) -> None:
    with pytest.raises(EmptyFile):
        uploaded(creator, b"")
    settings.ASSET_MAX_BYTES = len(png) - 1
    with pytest.raises(FileTooLarge):
        uploaded(creator, png)

    assert list(master_store().names()) == []
    assert not Design.objects.exists()


@pytest.mark.parametrize(
    ("units", "code"),
    [
        ((999_999,), "shares_do_not_add_up"),
        ((600_000, 500_000), "shares_do_not_add_up"),
        ((1_000_000, 0), "empty_part"),
    ],
)
def test_shares_that_do_not_add_up_are_refused(creator, cocreator, png, units, code) -> None:
    parts = [Part(person, "designer", share) for person, share in zip((creator, cocreator), units, strict=False)]

    with pytest.raises(DesignError) as refusal:
        uploaded(creator, png, parts=parts)

    assert refusal.value.code == code
    assert not Design.objects.exists()


def test_the_owner_needs_a_share(creator, cocreator, png) -> None:
    with pytest.raises(DesignError) as refusal:
        uploaded(creator, png, parts=[Part(cocreator, "designer", SHARE_UNITS)])

    assert refusal.value.code == "owner_without_part"


def test_two_people_who_upload_the_same_bytes_share_one_asset(creator, cocreator, png) -> None:
    first, second = uploaded(creator, png), uploaded(cocreator, png)

    assert first.versions.get().master == second.versions.get().master
    assert Asset.objects.count() == 1
