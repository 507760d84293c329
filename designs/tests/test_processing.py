"""From upload to a complete draft, with real children, lost messages and killed workers."""

import errno
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from designs.errors import DesignError
from designs.inspection import InspectionError
from designs.models import Design, Preview, ProcessingStep
from designs.previews import PreviewError
from designs.selectors import progress_of
from designs.services import processing, steps
from designs.services.processing import process_version, retry_processing, set_watermark, sweep_processing
from designs.storage import master_store, preview_store
from designs.templatetags.designs import preview_url
from designs.tests.samples import binary_stl
from designs.tests.uploading import uploaded

pytestmark = pytest.mark.django_db
FRONT, BACK = processing.Lane.FRONT, processing.Lane.BACK


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
    assert steps_of(design) == [("inspect", "failed"), ("derivatives", "waiting"), ("fingerprint", "waiting")]
    design.refresh_from_db()
    assert (design.state, design.title) == (Design.State.PROCESSING, "Lantern")


def test_a_store_that_is_away_costs_no_attempt(creator, png, settings) -> None:
    design = uploaded(creator, png)
    version = design.versions.get()
    settings.ASSET_STORE, settings.S3_ENDPOINT_URL = "s3", "http://127.0.0.1:9"

    process_version(version_id=version.pk)

    step = version.steps.get(name="inspect")
    assert (step.state, step.attempts, step.error_code) == ("waiting", 0, "store_unavailable")
    settings.ASSET_STORE = "local"
    process_version(version_id=version.pk)
    assert {state for _name, state in steps_of(design)} == {"done"}


def test_a_failed_step_can_be_tried_again(creator, png) -> None:
    design = uploaded(creator, png)
    version = design.versions.get()
    version.steps.filter(name="inspect").update(state="failed", attempts=3, error_code="timeout")

    assert retry_processing(version=version) is True
    assert retry_processing(version=version) is False
    process_version(version_id=version.pk)

    assert [state for _name, state in steps_of(design)] == ["done", "done", "done"]


def test_the_sweeper_revives_what_a_killed_worker_left(creator, png) -> None:
    design = uploaded(creator, png)
    version = design.versions.get()
    long_ago = timezone.now() - timedelta(minutes=5)
    version.steps.filter(name="inspect").update(state="running", attempts=1, beat_at=long_ago)

    assert sweep_processing() == 1

    assert version.steps.get(name="inspect").state == "waiting"
    process_version(version_id=version.pk)
    assert [state for _name, state in steps_of(design)] == ["done", "done", "done"]


def test_a_step_that_still_beats_is_left_alone(creator, png) -> None:
    design = uploaded(creator, png)
    version = design.versions.get()
    version.steps.filter(name="inspect").update(state="running", attempts=1, beat_at=timezone.now())

    assert sweep_processing() == 0
    process_version(version_id=version.pk)

    assert steps_of(design) == [("inspect", "running"), ("derivatives", "waiting"), ("fingerprint", "waiting")]


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
    assert steps_of(version.design) == [("inspect", "running"), ("derivatives", "waiting"), ("fingerprint", "waiting")]


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

    assert [state for _name, state in steps_of(version.design)] == ["done", "done", "done"]
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


def test_a_watermark_remakes_the_previews_and_leaves_the_master(creator, png) -> None:
    design = uploaded(creator, png)
    version = design.versions.get()
    process_version(version_id=version.pk)
    plain = set(version.previews.values_list("kind", "sha256"))

    assert set_watermark(design=design, wanted=True) is True
    assert set_watermark(design=design, wanted=True) is False
    # Until the marked ones are there, the plain ones are shown.
    assert set(version.previews.values_list("kind", "sha256")) == plain
    assert ("derivatives", "waiting") in steps_of(design)
    process_version(version_id=version.pk)

    marked = set(version.previews.values_list("kind", "sha256"))
    assert {one for one in marked & plain if one[0] == "image"} == set()
    master_store().verify(version.master.sha256)
    assert set_watermark(design=design, wanted=False) is True
    process_version(version_id=version.pk)
    assert set(version.previews.values_list("kind", "sha256")) == plain


def test_a_watermark_chosen_while_previews_are_made_is_not_lost(creator, png, monkeypatch) -> None:
    """What a run began without the mark is not written after the choice."""
    design = uploaded(creator, png)
    version = design.versions.get()
    whole = processing.WORK["derivatives"]
    seen = []

    def chosen_meanwhile(job):
        write = whole(job)
        seen.append(job.version.design.watermark)
        if len(seen) == 1:
            set_watermark(design=design, wanted=True)
        return write

    monkeypatch.setitem(processing.WORK, "derivatives", chosen_meanwhile)
    process_version(version_id=version.pk)
    assert not version.previews.exists()
    process_version(version_id=version.pk)

    assert seen == [False, True]
    assert {state for _name, state in steps_of(design)} == {"done"}


def test_meshes_carry_no_mark(creator) -> None:
    design = uploaded(creator, binary_stl(), name="box.stl")
    with pytest.raises(DesignError) as refusal:
        set_watermark(design=design, wanted=True)
    assert refusal.value.code == "no_image"
    design.refresh_from_db()
    assert design.watermark is False


# --- meshes: what comes first, and what nobody waits for ------------------------------------------


@pytest.fixture
def small_pictures(monkeypatch) -> None:
    """The same renders in fewer pixels: what is looked at here is when they come, not how they look."""
    for name, width in (("FIRST_WIDTH", 32), ("COVER_WIDTH", 64), ("LARGE_COVER_WIDTH", 96)):
        monkeypatch.setattr(f"designs.previews.render.{name}", width)


def step_by_step(version, lane, monkeypatch) -> list[tuple[str, str, set[str]]]:
    """Run one lane; after each step its name, the design's state and the kinds of previews that there are."""
    seen = []
    end = processing._done

    def look(step, write):
        done = end(step, write)
        version.design.refresh_from_db()
        seen.append((step.name, version.design.state, set(version.previews.values_list("kind", flat=True))))
        return done

    monkeypatch.setattr(processing, "_done", look)
    process_version(version_id=version.pk, lane=lane)
    monkeypatch.setattr(processing, "_done", end)
    return seen


def test_what_is_refused_ends_the_picture_that_was_drawn_beside(creator, monkeypatch, tmp_path) -> None:
    """Its child is stopped and not waited for, and nothing is shown of the file."""
    told = []
    monkeypatch.setattr(steps, "render_first", lambda *_file: told.append(_until_stopped(_file[-1])))
    monkeypatch.setattr(steps, "inspect", _refuse)
    version = uploaded(creator, binary_stl(), name="box.stl").versions.get()

    process_version(version_id=version.pk, lane=FRONT)

    assert told == ["stopped"]
    assert version.steps.get(name="inspect").error_code == "no_triangles"
    assert not version.previews.exists()


def _until_stopped(progress) -> str:
    """As a child that goes on for a long time: its progress is told again and again."""
    try:
        for _second in range(1000):
            progress("arrange", 0.1)
            time.sleep(0.01)
    except PreviewError as ended:
        return ended.code
    return "went on"


def _refuse(*_file) -> None:
    raise InspectionError("no_triangles")


def test_a_mesh_is_shown_roughly_then_well_then_large(creator, monkeypatch, small_pictures) -> None:
    design = uploaded(creator, binary_stl(), name="box.stl")
    version = design.versions.get()

    seen = step_by_step(version, FRONT, monkeypatch)

    assert seen == [
        ("inspect", "processing", {"first"}),
        ("first", "processing", {"first"}),
        ("cover", "processing", {"first", "cover"}),
        ("derivatives", "processing", {"cover", "image", "blur"}),
        ("fingerprint", "draft", {"cover", "image", "blur"}),
        ("viewer", "draft", {"cover", "image", "blur", "viewer"}),
        ("measure", "draft", {"cover", "image", "blur", "viewer"}),
    ]
    small = version.previews.filter(kind__in=["cover", "image", "blur"])
    before = set(small.values_list("sha256", flat=True))
    assert set(version.previews.filter(kind="cover").values_list("width", "height")) == {(64, 48)}
    progress = progress_of(version)
    following = [step.name for step in progress.following]
    assert (progress.done, progress.moving, following) == (True, True, ["views", "wall_map", "large_cover"])

    # A step at a time, and the nudge to the next one.
    in_background = [step_by_step(version, BACK, monkeypatch) for _step in following]
    stills = {"clay", "wireframe"}
    assert in_background == [
        [("views", "draft", {"cover", "image", "blur", "viewer", *stills})],
        [("wall_map", "draft", {"cover", "image", "blur", "viewer", *stills, "walls"})],
        [("large_cover", "draft", {"cover", "image", "blur", "viewer", *stills, "walls"})],
    ]

    assert set(version.previews.filter(kind="cover").values_list("width", "height")) == {(96, 72)}
    assert not before & set(small.values_list("sha256", flat=True))
    assert progress_of(version).moving is False


def test_a_large_cover_that_fails_leaves_what_is_there_and_stops_nobody(creator, monkeypatch, small_pictures) -> None:
    design = uploaded(creator, binary_stl(), name="box.stl")
    version = design.versions.get()
    process_version(version_id=version.pk, lane=FRONT)
    before = set(version.previews.values_list("pk", flat=True))

    def fail(job):
        raise PreviewError("out_of_memory", "Too much memory.", retryable=False)

    for name in ("views", "wall_map"):
        monkeypatch.setitem(processing.WORK, name, lambda job: lambda: None)
    monkeypatch.setitem(processing.WORK, "large_cover", fail)
    process_version(version_id=version.pk)

    design.refresh_from_db()
    progress = progress_of(version)
    assert (design.state, progress.done, progress.failed, progress.stuck) == ("draft", True, None, True)
    assert set(version.previews.values_list("pk", flat=True)) == before
    assert sweep_processing() == 0


def test_what_breaks_on_our_side_is_told_at_once_and_may_be_tried_again(creator, png, monkeypatch) -> None:
    design = uploaded(creator, png)
    version = design.versions.get()

    def full(job):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setitem(processing.WORK, "inspect", full)
        process_version(version_id=version.pk)

    step = version.steps.get(name="inspect")
    assert (step.state, step.attempts, step.error_code) == ("failed", 3, "internal_error")
    assert step.message.startswith("Something broke on our side.")
    assert retry_processing(version=version)
    process_version(version_id=version.pk)
    design.refresh_from_db()
    assert design.state == "draft"


def test_a_preview_that_was_replaced_leads_to_what_is_there_now(client, creator, monkeypatch, small_pictures) -> None:
    """A page that was sent before the large cover came still names the small one's pictures."""
    design = uploaded(creator, binary_stl(), name="box.stl")
    version = design.versions.get()
    process_version(version_id=version.pk, lane=FRONT)
    old = version.previews.get(kind="image", media_type="image/avif")
    for name in ("views", "wall_map"):
        monkeypatch.setitem(processing.WORK, name, lambda job: lambda: None)
    process_version(version_id=version.pk)
    new = version.previews.filter(kind="image", media_type="image/avif").latest("width")
    client.force_login(creator)

    answer = client.get(f"/designs/{design.public_id}/previews/{old.pk}/cover.avif")

    assert answer.status_code == 302
    assert answer.url == preview_url(design, new)
    assert client.get(answer.url).status_code == 200
    assert client.get(preview_url(design, new).replace("/cover.", "/viewer.")).status_code == 200
    gone = preview_url(design, new).replace(f"/{new.pk}/", "/0/")
    assert client.get(gone.replace("/cover.", "/clay.")).status_code == 404
    client.logout()
    assert client.get(gone).status_code == 404
