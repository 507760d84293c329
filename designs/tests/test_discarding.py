"""Files that nothing refers to go after a day; no other file ever does."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.models import F
from structlog.testing import capture_logs

from designs.models import Asset, Design, Fingerprint, PictureHash, Preview, RegistryEntry, Rendition, StoredFile
from designs.previews import PreviewFile
from designs.services import discarding, scrubbing
from designs.services.attachments import NewAttachment
from designs.services.discarding import discard_unreferenced
from designs.services.received import OPAQUE, ReceivedFile, asset_of
from designs.services.steps import Job, Write, keep
from designs.storage import LocalBlobStore, StoredBlob, StoreUnavailable, master_replica, master_store, preview_store
from designs.storage.configured import bare_store
from designs.tasks import tidy_copies
from designs.tests.published import published
from designs.tests.uploading import uploaded
from studio.services import drafts

pytestmark = pytest.mark.django_db


def a_day_passes() -> None:
    """The rounds of the clock, each hour, and then more than a day in which nothing happened."""
    discard_unreferenced()
    StoredFile.objects.exclude(left_at=None).update(left_at=F("left_at") - timedelta(hours=25))


def put(content: bytes) -> StoredBlob:
    return master_store().put(io.BytesIO(content), max_bytes=len(content))


def stored() -> set[str]:
    return set(master_store().names())


def shown() -> set[str]:
    return set(preview_store().names())


def written_down() -> set[tuple[str, str]]:
    return set(StoredFile.objects.values_list("store", "sha256"))


def picture(design: Design, content: bytes, *, width: int = 640) -> Preview:
    """A picture as a step keeps it."""
    version = design.versions.get()
    blob = preview_store().put(io.BytesIO(content), max_bytes=len(content))
    return Preview.objects.create(
        version=version, kind="image", sha256=blob.sha256, media_type="image/webp", width=width, size=blob.size
    )


def end_step(write: Write) -> None:
    with transaction.atomic():
        write()


def keep_one(design: Design, path: Path) -> Write:
    """The end of a step that made one picture: its file is stored, its row is still to be written."""
    file = PreviewFile(kind=Preview.Kind.IMAGE, path=path, media_type="image/webp", width=640, height=480)
    return keep(Job(design.versions.get(), path.parent, lambda *_: None), [file], replacing=[Preview.Kind.IMAGE])


@contextmanager
def discarding_held_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[int]]]:
    """A collector in a process of its own that has struck a file out of the book and not yet removed it. What is
    yielded lets it go on, and says how many went."""
    there, on, gone = threading.Event(), threading.Event(), []

    class Slow(LocalBlobStore):
        def discard(self, sha256: str) -> None:
            there.set()
            assert on.wait(20)
            super().discard(sha256)

    monkeypatch.setattr(discarding, "bare_store", lambda name: Slow(bare_store(name).root))

    def discard() -> None:
        try:
            gone.append(discard_unreferenced())
        finally:
            connection.close()

    def go_on() -> list[int]:
        on.set()
        collector.join(20)
        return gone

    collector = threading.Thread(target=discard)
    collector.start()
    try:
        assert there.wait(20)
        yield go_on
    finally:
        go_on()


def test_the_file_of_a_discarded_draft_goes_after_a_day_with_its_fingerprint(creator, png) -> None:
    design = uploaded(creator, png)
    master = design.versions.get().master
    fingerprint = Fingerprint.objects.create(asset=master, algorithm=1, content="0x" + "11" * 32)
    PictureHash.objects.create(fingerprint=fingerprint, bits="0" * 256, whole=True)
    drafts.discard(actor=creator, design=design)

    assert discard_unreferenced() == 0
    assert discard_unreferenced() == 0
    assert stored() == {master.sha256}
    a_day_passes()
    with capture_logs() as logs:
        assert discard_unreferenced() == 1

    assert stored() == set()
    assert not Asset.objects.exists()
    assert not Fingerprint.objects.exists()
    assert written_down() == set()
    assert [log for log in logs if log["event"] == "unreferenced_discarded"] == [
        {"event": "unreferenced_discarded", "log_level": "info", "store": "masters", "found": 1, "gone": 1}
    ]


def test_files_that_were_replaced_and_removed_go_and_those_in_their_place_stay(creator, png) -> None:
    attached = NewAttachment(ReceivedFile(io.BytesIO(b"a script"), "make.py"))
    design = uploaded(creator, png, attachments=[attached])
    design.versions.get().attachments.all().delete()
    drafts.replace_master(actor=creator, design=design, master=ReceivedFile(io.BytesIO(png + b"other"), "b.png"))
    assert len(stored()) == 3
    a_day_passes()

    tidy_copies()

    assert stored() == {design.versions.get().master.sha256}


def test_what_another_draft_has_too_stays(creator, cocreator, png) -> None:
    design = uploaded(creator, png)
    uploaded(cocreator, png)
    drafts.discard(actor=creator, design=design)
    a_day_passes()

    assert discard_unreferenced() == 0
    assert len(stored()) == 1


def test_what_is_attached_made_of_a_design_or_on_the_chain_stays(creator) -> None:
    version = published(creator, b"a master")
    blobs = [put(content) for content in (b"attached", b"made", b"manifest", b"instead")]
    with transaction.atomic():
        attached, made, manifest, instead = (asset_of(blob, media_type=OPAQUE) for blob in blobs)
        version.attachments.create(asset=attached, name="a.txt")
        common = {"version": version, "master_sha256": version.master.sha256, "chain_id": 31337, "entry_id": "0x1"}
        Rendition.objects.create(form="3mf", state="running", asset=made, manifest=manifest, registry="0x", **common)
        RegistryEntry.objects.update(output_hash=version.master.output_hash)
        version.master = instead
        version.save(update_fields=["master"])
    a_day_passes()

    assert discard_unreferenced() == 0
    assert len(stored()) == 5


def test_the_day_begins_when_a_file_is_left_and_not_when_it_came(creator, png) -> None:
    design = uploaded(creator, png)
    a_day_passes()
    drafts.discard(actor=creator, design=design)

    assert (discard_unreferenced(), len(stored())) == (0, 1)
    a_day_passes()
    assert (discard_unreferenced(), stored()) == (1, set())


def test_a_file_that_is_referred_to_again_within_the_day_begins_anew(creator, cocreator, png) -> None:
    design = uploaded(creator, png)
    drafts.discard(actor=creator, design=design)
    a_day_passes()
    again = uploaded(cocreator, png)

    assert (discard_unreferenced(), len(stored())) == (0, 1)
    drafts.discard(actor=cocreator, design=again)
    assert (discard_unreferenced(), len(stored())) == (0, 1)


def test_pictures_that_better_ones_replaced_go_after_a_day(creator, png, tmp_path) -> None:
    design = uploaded(creator, png)
    former = picture(design, b"a first picture")
    (tmp_path / "cover").write_bytes(b"a better one")
    end_step(keep_one(design, tmp_path / "cover"))
    assert len(shown()) == 2

    a_day_passes()
    assert discard_unreferenced() == 1

    better = Preview.objects.get()
    assert shown() == {better.sha256} != {former.sha256}
    assert written_down() == {("previews", better.sha256), ("masters", design.versions.get().master.sha256)}


def test_a_picture_that_another_design_shows_too_stays(creator, cocreator, png) -> None:
    mine, theirs = (picture(uploaded(one, png), b"the same picture") for one in (creator, cocreator))
    mine.delete()
    a_day_passes()

    assert discard_unreferenced() == 0
    assert shown() == {theirs.sha256}


def test_a_master_and_a_picture_of_the_same_bytes_are_two_files(creator, png) -> None:
    """A name says nothing of the store that it is in."""
    design = uploaded(creator, png)
    picture(design, png).delete()
    a_day_passes()

    assert discard_unreferenced() == 1
    assert (stored(), shown()) == ({design.versions.get().master.sha256}, set())


@pytest.mark.parametrize("store", [master_store, preview_store])
def test_what_a_killed_process_left_without_a_row_goes_after_a_day(store, db) -> None:
    blob = store().put(io.BytesIO(b"half an upload"), max_bytes=100)

    assert discard_unreferenced() == 0
    assert set(store().names()) == {blob.sha256}
    a_day_passes()
    assert discard_unreferenced() == 1
    assert (set(store().names()), written_down()) == (set(), set())


@pytest.mark.django_db(transaction=True)
def test_a_file_is_written_down_before_it_is_there(monkeypatch) -> None:
    """A process that dies in between leaves a line in the book, and no file without one."""

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LocalBlobStore, "_place", die)
        with pytest.raises(KeyboardInterrupt):
            put(b"never placed")
    assert (len(written_down()), stored()) == (1, set())

    a_day_passes()
    assert (discard_unreferenced(), written_down()) == (1, set())


def test_no_file_is_put_within_a_transaction_that_could_forget_it(creator) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        put(b"a file")

    assert (stored(), written_down()) == (set(), set())


def test_what_the_database_knows_nothing_of_stays(creator, png) -> None:
    """A store that serves another database too, or a database of yesterday."""
    blob = put(b"another's")
    StoredFile.objects.all().delete()
    a_day_passes()

    assert discard_unreferenced() == 0
    assert stored() == {blob.sha256}


@pytest.mark.django_db(transaction=True)
def test_a_file_that_comes_again_while_it_is_discarded_stays(creator, png) -> None:
    """It was found, and before it went somebody came with the same bytes."""
    drafts.discard(actor=creator, design=uploaded(creator, png))
    blob = put(png)
    a_day_passes()
    gone: list[int] = []

    def discard() -> None:
        gone.append(discard_unreferenced())
        connection.close()

    with transaction.atomic():
        asset_of(blob, media_type="image/png")
        discarding_it = threading.Thread(target=discard)
        discarding_it.start()
        discarding_it.join(0.5)
        assert discarding_it.is_alive()
    discarding_it.join()

    assert gone == [0]
    assert stored() == {blob.sha256}
    assert StoredFile.objects.get().left_at is None


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_put_again_while_it_is_discarded_is_there_afterwards(creator, png, monkeypatch) -> None:
    """The other order: it is struck out, and waits to be removed, when somebody brings it."""
    drafts.discard(actor=creator, design=uploaded(creator, png))
    a_day_passes()

    with discarding_held_up(monkeypatch) as go_on:
        uploading = threading.Thread(target=lambda: (uploaded(creator, png), connection.close()))
        uploading.start()
        uploading.join(0.5)
        assert uploading.is_alive()
        assert go_on() == [1]
        uploading.join(20)

    master = Design.objects.get().versions.get().master
    assert stored() == {master.sha256}
    assert written_down() == {("masters", master.sha256)}
    master_store().verify(master.sha256)


@pytest.mark.django_db(transaction=True)
def test_a_picture_that_went_before_its_row_was_written_is_made_again(creator, png, tmp_path, monkeypatch) -> None:
    """A machine that slept for a day between the file and its row."""
    design = uploaded(creator, png)
    (tmp_path / "picture").write_bytes(b"a picture")
    write = keep_one(design, tmp_path / "picture")
    a_day_passes()

    with discarding_held_up(monkeypatch) as go_on:
        refused: list[type] = []

        def end_late() -> None:
            try:
                end_step(write)
            except StoreUnavailable as error:
                refused.append(type(error))
            connection.close()

        ending = threading.Thread(target=end_late)
        ending.start()
        ending.join(0.5)
        assert ending.is_alive()
        assert go_on() == [1]
        ending.join(20)

    assert refused == [StoreUnavailable]
    assert not Preview.objects.exists()
    end_step(keep_one(design, tmp_path / "picture"))
    assert shown() == {Preview.objects.get().sha256}


@pytest.mark.django_db(transaction=True)
def test_two_collectors_at_once_remove_each_file_once(creator) -> None:
    for number in range(40):
        put(b"left %d" % number)
    a_day_passes()
    begin, gone = threading.Barrier(2), []

    def discard() -> None:
        begin.wait(20)
        gone.append(discard_unreferenced())
        connection.close()

    both = [threading.Thread(target=discard) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)

    assert sum(gone) == 40
    assert (len(gone), stored(), written_down()) == (2, set(), set())


def test_a_file_that_went_before_its_row_was_written_is_asked_for_again(creator, png) -> None:
    kept = put(png)
    a_day_passes()
    assert discard_unreferenced() == 1

    with pytest.raises(StoreUnavailable), transaction.atomic():
        asset_of(kept, media_type="image/png")

    assert not Asset.objects.exists()
    uploaded(creator, png)
    assert stored() == {kept.sha256}


def test_a_file_that_is_brought_again_waits_another_day(creator, png) -> None:
    drafts.discard(actor=creator, design=uploaded(creator, png))
    a_day_passes()
    put(png)

    assert discard_unreferenced() == 0
    assert len(stored()) == 1


def test_the_second_place_forgets_too_and_nothing_is_reported_lost(
    creator, png, settings, tmp_path, monkeypatch
) -> None:
    settings.ASSET_REPLICA, settings.REPLICA_ROOT = "local", tmp_path / "replica"
    design = uploaded(creator, png)
    scrubbing.scrub(say=pytest.fail)
    assert len(list(master_replica().names())) == 1
    drafts.discard(actor=creator, design=design)
    a_day_passes()
    listed = list(scrubbing.recorded("masters"))

    assert discard_unreferenced() == 1

    assert (stored(), list(master_replica().names())) == (set(), [])
    assert scrubbing._scrub("masters", listed, pytest.fail) == scrubbing.Scrubbed()
