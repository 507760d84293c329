"""Files that nothing refers to go after a day; no other file ever does."""

import io
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone
from structlog.testing import capture_logs

from designs.models import Asset, Design, Fingerprint, PictureHash, RegistryEntry, Rendition
from designs.services import discarding, scrubbing
from designs.services.attachments import NewAttachment
from designs.services.discarding import discard_unreferenced
from designs.services.received import OPAQUE, ReceivedFile, asset_of
from designs.storage import StoredBlob, StoreUnavailable, master_replica, master_store
from designs.tasks import tidy_copies
from designs.tests.published import published
from designs.tests.uploading import uploaded
from studio.services import drafts

pytestmark = pytest.mark.django_db


def a_day_passes() -> None:
    Asset.objects.update(created_at=timezone.now() - timedelta(hours=25))


def put(content: bytes) -> StoredBlob:
    return master_store().put(io.BytesIO(content), max_bytes=len(content))


def stored() -> set[str]:
    return set(master_store().names())


def test_the_file_of_a_discarded_draft_goes_after_a_day_with_its_fingerprint(creator, png) -> None:
    design = uploaded(creator, png)
    master = design.versions.get().master
    fingerprint = Fingerprint.objects.create(asset=master, algorithm=1, content="0x" + "11" * 32)
    PictureHash.objects.create(fingerprint=fingerprint, bits="0" * 256, whole=True)
    drafts.discard(actor=creator, design=design)

    assert discard_unreferenced() == 0
    assert stored() == {master.sha256}
    a_day_passes()
    with capture_logs() as logs:
        assert discard_unreferenced() == 1

    assert stored() == set()
    assert not Asset.objects.exists()
    assert not Fingerprint.objects.exists()
    assert [log for log in logs if log["event"] == "unreferenced_discarded"] == [
        {"event": "unreferenced_discarded", "log_level": "info", "found": 1, "gone": 1}
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
    with transaction.atomic():
        attached, made, manifest, instead = (
            asset_of(put(content), media_type=OPAQUE) for content in (b"attached", b"made", b"manifest", b"instead")
        )
        version.attachments.create(asset=attached, name="a.txt")
        common = {"version": version, "master_sha256": version.master.sha256, "chain_id": 31337, "entry_id": "0x1"}
        Rendition.objects.create(form="3mf", state="running", asset=made, manifest=manifest, registry="0x", **common)
        RegistryEntry.objects.update(output_hash=version.master.output_hash)
        version.master = instead
        version.save(update_fields=["master"])
    a_day_passes()

    assert discard_unreferenced() == 0
    assert len(stored()) == 5


def test_what_the_database_knows_nothing_of_stays(creator, png) -> None:
    """A store that serves another database too, or a database of yesterday."""
    blob = put(b"another's")
    a_day_passes()

    assert discard_unreferenced() == 0
    assert stored() == {blob.sha256}


def test_a_reference_that_is_forgotten_here_keeps_the_file(creator, png, monkeypatch) -> None:
    design = uploaded(creator, png)
    a_day_passes()
    monkeypatch.setattr(discarding, "unreferenced", Asset.objects.all)

    with pytest.raises(ProtectedError):
        discard_unreferenced()

    assert stored() == {design.versions.get().master.sha256}


@pytest.mark.django_db(transaction=True)
def test_a_file_that_comes_again_while_it_is_discarded_stays(creator, png) -> None:
    """It was found, and before it went somebody came with the same bytes."""
    drafts.discard(actor=creator, design=uploaded(creator, png))
    a_day_passes()
    gone: list[int] = []

    def discard() -> None:
        gone.append(discard_unreferenced())
        connection.close()

    with transaction.atomic():
        blob = put(png)
        asset_of(blob, media_type="image/png")
        discarding_it = threading.Thread(target=discard)
        discarding_it.start()
        discarding_it.join(0.5)
        assert discarding_it.is_alive()
        uploaded(creator, png)
    discarding_it.join()

    assert gone == [0]
    assert stored() == {blob.sha256} == {Design.objects.get().versions.get().master.sha256}


def test_a_file_that_went_before_its_row_was_written_is_asked_for_again(creator, png, monkeypatch) -> None:
    """The other order: it went between the bytes' arrival and the row."""
    drafts.discard(actor=creator, design=uploaded(creator, png))
    a_day_passes()
    kept = put(png)
    assert discard_unreferenced() == 1

    with pytest.raises(StoreUnavailable), transaction.atomic():
        asset_of(kept, media_type="image/png")

    assert not Asset.objects.exists()
    uploaded(creator, png)
    assert stored() == {kept.sha256}


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
