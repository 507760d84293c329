"""A file that is lost or damaged is met, brought back at once where a good copy is, and never handed out otherwise."""

import hashlib
import io
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notification, User
from common.testing import PASSWORD, at_once
from contracts.chains import chain
from designs import audit
from designs.models import Asset, DesignVersion, ScrubCursor, ScrubFinding
from designs.services import repair, scrubbing
from designs.services.copying import work_on_copy
from designs.services.public_copies import make_copies
from designs.services.repair import look_at
from designs.services.scrubbing import scrub_slices
from designs.storage import BlobMissing, CorruptBlob, StoreUnavailable, master_replica, master_store, preview_replica
from designs.storage.configured import bare_store
from designs.tests.kubo_double import running_kubo
from designs.tests.published import published
from marketplace.tests import rows
from marketplace.tests.pages import signed_in
from studio.tests.pages import read

pytestmark = pytest.mark.django_db

CONTENT = b"a design\n" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
State, Source = ScrubFinding.State, ScrubFinding.Source


@pytest.fixture
def replica(settings, tmp_path):
    settings.ASSET_REPLICA = "local"
    settings.REPLICA_ROOT = tmp_path / "replica"
    return master_replica()


@pytest.fixture
def nudged(monkeypatch) -> list:
    """What a worker is told at once."""
    told = []
    monkeypatch.setattr(repair, "nudge_now", lambda _task, *args: told.append(args))
    return told


@pytest.fixture
def operator(db) -> User:
    return User.objects.create_superuser(email="operator@example.org", password=PASSWORD, display_name="Operator")


def kept(content: bytes = CONTENT) -> Asset:
    blob = master_store().put(io.BytesIO(content), max_bytes=len(content))
    return Asset.objects.create(sha256=blob.sha256, cid=blob.cid, size=blob.size, media_type="model/stl")


def replicate(content: bytes = CONTENT) -> None:
    master_replica().put(io.BytesIO(content), max_bytes=len(content))


def harm(sha256: str = SHA256, *, missing: bool = False) -> None:
    path = bare_store("masters")._path(sha256)
    path.unlink() if missing else path.write_bytes(b"rotten")


@pytest.mark.parametrize("missing", [True, False])
def test_a_read_goes_on_when_the_replica_has_it(replica, nudged, missing):
    kept()
    replicate()
    for read_it in (lambda: master_store().open(SHA256).read(), lambda: master_store().path(SHA256).read_bytes()):
        harm(missing=missing)
        assert read_it() == CONTENT
        bare_store("masters").verify(SHA256)
    code = "blob_missing" if missing else "blob_corrupt"
    found = ScrubFinding.objects.values_list("fault", "state", "source", "found_by")
    assert list(found) == [(code, State.RESTORED, Source.REPLICA, "read")] * 2


def test_without_a_good_copy_it_is_refused_reported_and_told_once(nudged):
    kept()
    harm()
    for _read in range(3):
        with pytest.raises(CorruptBlob):
            master_store().open(SHA256)
    finding = ScrubFinding.objects.get()
    assert (finding.state, finding.fault) == (State.FOUND, "blob_corrupt")
    assert nudged == [("masters", SHA256, "blob_corrupt")]
    assert [line.split(" since")[0] for line in audit.files(chain())] == [f"masters {SHA256}: blob_corrupt, found"]


def test_the_worker_who_is_told_finds_it_lost_and_alarms_the_operators_once(nudged, operator, creator):
    kept()
    harm(missing=True)
    with pytest.raises(BlobMissing):
        master_store().path(SHA256)
    for _look in range(2):
        assert look_at(store="masters", sha256=SHA256, seen="blob_missing").outcome == "lost"
    assert ScrubFinding.objects.get().state == State.LOST
    alarm = Notification.objects.get(kind="blob_lost")
    assert alarm.user == operator
    assert SHA256 in alarm.body
    # Put back from a backup, it is settled by the next look.
    master_store().put(io.BytesIO(CONTENT), max_bytes=len(CONTENT))
    assert look_at(store="masters", sha256=SHA256).outcome == "good"
    assert ScrubFinding.objects.get().state == State.RESTORED
    assert list(audit.files(chain())) == []


def test_a_finding_that_was_rolled_back_with_its_reader_is_kept_by_the_worker(replica, nudged):
    kept()
    replicate()
    harm()
    master_store().open(SHA256).close()
    assert nudged == [("masters", SHA256, "blob_corrupt")]
    ScrubFinding.objects.all().delete()
    look_at(store="masters", sha256=SHA256, seen="blob_corrupt")
    look_at(store="masters", sha256=SHA256, seen="blob_corrupt")
    assert ScrubFinding.objects.get().state == State.RESTORED


def test_a_damaged_replica_brings_nothing_back(replica, nudged):
    kept()
    replicate()
    harm()
    replica.path(SHA256).write_bytes(b"rotten too")
    with pytest.raises(CorruptBlob):
        master_store().open(SHA256)
    assert look_at(store="masters", sha256=SHA256).outcome == "lost"


def test_a_preview_is_repaired_as_a_master_is(creator, replica, nudged):
    preview = rows.draft(creator, "Shown").versions.get().previews.first()
    content = bare_store("previews").open(preview.sha256).read()
    preview_replica().put(io.BytesIO(content), max_bytes=len(content))
    bare_store("previews")._path(preview.sha256).write_bytes(b"rotten")
    rows.chain_read_to(100)
    rows.anchor(preview.version.design, block=20)
    from designs.templatetags.designs import preview_url

    answer = signed_in(None).get(preview_url(preview.version.design, preview))
    assert b"".join(answer.streaming_content) == content
    assert ScrubFinding.objects.get().store == "previews"


def test_a_download_goes_on_over_a_damaged_master(creator, buyer, replica, nudged):
    version = published(creator, CONTENT)
    replicate()
    license_id = rows.sale(version.design, buyer, block=50)
    harm()
    answer = signed_in(buyer).post(reverse("licensing:start_download", args=[license_id]), follow=True)
    assert b"".join(answer.streaming_content) == CONTENT


def test_a_download_that_cannot_be_repaired_says_so(creator, buyer, nudged):
    version = published(creator, CONTENT)
    license_id = rows.sale(version.design, buyer, block=50)
    harm()
    answer = signed_in(buyer).post(reverse("licensing:start_download", args=[license_id]), follow=True)
    assert "The stored file is damaged and is not handed out. It has been reported to the operator." in read(answer)
    assert nudged == [("masters", SHA256, "blob_corrupt")]


@pytest.mark.parametrize("with_key", [True, False])
def test_the_last_resort_is_the_encrypted_public_copy(creator, settings, nudged, with_key):
    settings.STORE_KEYS = {"first": "11" * 32}
    with running_kubo() as node:
        settings.IPFS_API_URL = node.url
        version: DesignVersion = published(creator, CONTENT)
        copy = make_copies(actor=creator, version=version, place="ipfs", understood=True)[0]
        work_on_copy(copy_id=copy.pk)
        harm(missing=True)
        if not with_key:
            settings.STORE_KEYS = {"other": "22" * 32}
        outcome = look_at(store="masters", sha256=SHA256).outcome
    assert outcome == ("restored" if with_key else "lost")
    if with_key:
        assert ScrubFinding.objects.get().source == Source.PUBLIC_COPY
        bare_store("masters").verify(SHA256)


@pytest.mark.django_db(transaction=True)
def test_readers_at_once_restore_it_once(replica, monkeypatch):
    kept()
    replicate()
    harm()
    copies = []
    copy_blob = repair.copy_blob

    def counted(*args):
        copies.append(1)
        time.sleep(0.05)
        copy_blob(*args)

    monkeypatch.setattr(repair, "copy_blob", counted)
    assert at_once(lambda _number: master_store().open(SHA256).read()) == [CONTENT] * 4
    assert len(copies) == 1
    assert ScrubFinding.objects.get().state == State.RESTORED


# The clock's slices


def next_round() -> None:
    ScrubCursor.objects.update(round_began_at=timezone.now() - timedelta(days=7))


def test_slices_look_at_everything_within_the_days_and_no_faster(settings, monkeypatch):
    settings.SCRUB_DAYS = 1
    assets = sorted(kept(b"file %d" % number).sha256 for number in range(12))
    seen = []
    monkeypatch.setattr(scrubbing, "look_at", lambda **what: seen.append(what["sha256"]) or repair.Look("good"))
    begun = timezone.now()
    monkeypatch.setattr(scrubbing.timezone, "now", lambda: begun + turns * timedelta(hours=1))
    monkeypatch.setattr(scrubbing, "SLICE_EVERY", timedelta(hours=1))
    counts = []
    for turns in range(24):
        counts.append(scrub_slices())
        if turns == 11:
            assert len(seen) == 6
    assert seen == assets
    assert max(counts) == 1
    cursor = ScrubCursor.objects.get(store="masters")
    assert cursor.after == assets[-1]
    assert cursor.last_round_ended_at is not None
    turns = 24
    assert scrub_slices() == 1
    assert seen[12:] == assets[:1]


def test_a_slice_catches_up_after_a_pause_and_goes_on_where_it_was(settings, monkeypatch):
    settings.SCRUB_DAYS = 1
    assets = sorted(kept(b"file %d" % number).sha256 for number in range(10))
    assert scrub_slices() == 1
    ScrubCursor.objects.filter(store="masters").update(round_began_at=timezone.now() - timedelta(hours=12))
    assert scrub_slices() == 5
    assert ScrubCursor.objects.get(store="masters").after == assets[5]


def test_a_slice_finds_and_repairs_and_fills_the_replica(replica, nudged):
    kept()
    scrub_slices()
    replica.verify(SHA256)
    harm()
    next_round()
    scrub_slices()
    finding = ScrubFinding.objects.get()
    assert (finding.found_by, finding.state, finding.source) == ("scrub", State.RESTORED, Source.REPLICA)


def test_one_slice_at_a_time_and_a_killed_one_frees_its_lease_by_time(monkeypatch):
    kept()
    scrub_slices()
    next_round()
    ScrubCursor.objects.update(leased_until=timezone.now() + timedelta(minutes=1))
    assert scrub_slices() == 0
    ScrubCursor.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert scrub_slices() == 1


def test_a_store_that_is_away_leaves_the_cursor_where_it_is(monkeypatch):
    kept()

    def away(**_what):
        raise StoreUnavailable

    monkeypatch.setattr(scrubbing, "look_at", away)
    assert scrub_slices() == 0
    cursor = ScrubCursor.objects.get(store="masters")
    assert (cursor.after, cursor.checked, cursor.leased_until) == ("", 0, None)


def test_audit_says_when_the_clock_stood_still(settings):
    scrub_slices()
    assert list(audit.files(chain())) == []
    long_ago = timezone.now() - timedelta(days=settings.SCRUB_DAYS + 2)
    ScrubCursor.objects.filter(store="masters").update(round_began_at=long_ago)
    (said,) = audit.files(chain())
    assert said == f"the scrub of masters goes on since {long_ago:%Y-%m-%d}: do beat and assets run?"


def test_the_command_keeps_its_findings_too(replica, capsys):
    kept()
    call_command("scrub")
    harm()
    call_command("scrub")
    assert ScrubFinding.objects.get().state == State.RESTORED


def test_an_operator_sees_findings_and_can_change_nothing(operator):
    ScrubFinding.objects.create(
        store="masters", sha256=SHA256, fault="blob_missing", found_by="read", looked_at=timezone.now()
    )
    client = signed_in(operator)
    listed = client.get("/admin/designs/scrubfinding/").content.decode()
    assert SHA256 in listed
    assert "Found, not yet repaired" in listed
    assert client.get("/admin/designs/scrubfinding/add/").status_code == 403
    assert client.get("/admin/designs/publiccopy/").status_code == 200
