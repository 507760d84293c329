"""Encrypted copies in public stores: a creator's choice, made once whatever is killed, and taken away again."""

import io
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Notification
from common.testing import at_once
from contracts.chains import chain
from designs import audit
from designs.addresses import address_of
from designs.encryption import decrypt
from designs.errors import DesignError
from designs.models import Design, DesignVersion, EntryStatus, PublicCopy, VersionKey
from designs.public_stores.kubo import KuboStore
from designs.services import copying
from designs.services.copying import discard_orphans, sweep_copies, work_on_copy
from designs.services.public_copies import make_copies, remove_copy, retry_copy
from designs.services.version_keys import release_identity
from designs.storage import master_store, outgoing_store
from designs.tests.kubo_double import running_kubo
from designs.tests.published import published
from marketplace.tests import rows

pytestmark = pytest.mark.django_db

CONTENT = b"a lantern\n" * 20_000
State = PublicCopy.State


@pytest.fixture
def node(settings):
    with running_kubo() as node:
        settings.IPFS_API_URL = node.url
        yield node


@pytest.fixture
def version(creator, settings, node) -> DesignVersion:
    settings.STORE_KEYS = {"first": "11" * 32}
    return published(creator, CONTENT)


@pytest.fixture
def copy(version, creator) -> PublicCopy:
    return make_copies(actor=creator, version=version, place="ipfs", understood=True)[0]


def now(copy: PublicCopy) -> PublicCopy:
    return PublicCopy.objects.get(pk=copy.pk)


def outgoing() -> list[str]:
    return list(outgoing_store().names())


def refused(code: str, **changes) -> str:
    with pytest.raises(DesignError) as error:
        make_copies(**{"place": "ipfs", "understood": True, **changes})
    assert error.value.code == code
    return str(error.value)


# The choice


def test_a_copy_stands_encrypted_and_opens_with_the_versions_key(copy, version, node):
    assert (copy.state, copy.chosen_by, node.calls) == (State.WAITING, version.design.owner, [])
    work_on_copy(copy_id=copy.pk)
    copy = now(copy)
    assert copy.state == State.STANDING
    assert copy.percent == 100
    assert node.pins == {copy.name} == {copy.cid}
    ciphertext = node.path(copy.cid).read_bytes()
    assert ciphertext.startswith(b"age-encryption.org/v1\n")
    found = address_of(io.BytesIO(ciphertext))
    assert (copy.sha256, copy.cid, copy.size) == (found.sha256, found.cid, found.size)
    opened = io.BytesIO()
    decrypt(io.BytesIO(ciphertext), opened, identity=release_identity(version=version))
    assert opened.getvalue() == CONTENT
    assert outgoing() == []
    assert list(audit.copies(chain())) == []


def test_nobody_but_the_creator_chooses(version, cocreator, stranger, moderator):
    for person in (cocreator, stranger, moderator):
        refused("not_yours", actor=person, version=version)
    assert not PublicCopy.objects.exists()


def test_it_must_be_understood_and_the_store_there(version, creator, settings):
    refused("not_understood", actor=creator, version=version, understood=False)
    refused("no_such_place", actor=creator, version=version, place="arweave")
    settings.IPFS_API_URL = ""
    refused("no_such_place", actor=creator, version=version)
    assert not PublicCopy.objects.exists()


def test_without_a_store_key_nothing_is_made(version, creator, settings):
    settings.STORE_KEYS = {}
    refused("no_store_key", actor=creator, version=version)
    assert not PublicCopy.objects.exists()
    assert not VersionKey.objects.exists()


def test_never_before_publication(creator, settings, node):
    settings.STORE_KEYS = {"first": "11" * 32}
    rows.chain_read_to(100)
    design = rows.draft(creator, "Unseen")
    for state in ("processing", "draft", "in_review", "anchoring", "rejected"):
        Design.objects.update(state=state)
        refused("not_published", actor=creator, version=design.versions.get())
    assert not PublicCopy.objects.exists()
    assert not VersionKey.objects.exists()


def test_not_before_the_registration_is_final(version, creator):
    rows.chain_read_to(21, final=19)
    said = refused("not_published", actor=creator, version=version)
    assert said == "A public copy can be made once the design is published and its registration is final."


def test_a_file_that_was_not_registered_gets_no_copy(version, creator):
    other = DesignVersion.objects.create(design=version.design, number=2, master=version.master, file_name="b.png")
    keep_master_of(other, b"never reviewed")
    refused("not_published", actor=creator, version=other)


def keep_master_of(version: DesignVersion, content: bytes) -> None:
    from designs.services.received import asset_of

    blob = master_store().put(io.BytesIO(content), max_bytes=len(content))
    version.master = asset_of(blob, media_type="image/png")
    version.save()


@pytest.mark.parametrize("state", ["rejected", "withdrawn", "taken_down"])
def test_what_is_hidden_gets_no_copy_and_one_on_its_way_stops(version, creator, node, copy, state):
    Design.objects.update(state=state)
    work_on_copy(copy_id=copy.pk)
    assert (now(copy).state, now(copy).error_code) == (State.FAILED, "not_published")
    assert node.calls == []
    PublicCopy.objects.update(state=State.REMOVED)
    refused("not_published", actor=creator, version=version)


@pytest.mark.parametrize("status", [EntryStatus.Status.SUSPENDED, EntryStatus.Status.WITHDRAWN])
def test_what_is_suspended_on_chain_gets_no_copy(version, creator, status):
    EntryStatus.objects.create(
        event=rows._event("DesignRegistry", "StatusChanged", 30),
        chain_id=version.design.chain_id,
        entry_id=version.design.entry_id,
        status=status,
    )
    refused("not_published", actor=creator, version=version)


def test_there_is_one_copy_in_a_place_until_it_is_removed(copy, version, creator):
    refused("copy_exists", actor=creator, version=version)
    work_on_copy(copy_id=copy.pk)
    refused("copy_exists", actor=creator, version=version)
    assert remove_copy(actor=creator, copy=now(copy))
    work_on_copy(copy_id=copy.pk)
    again = make_copies(actor=creator, version=version, place="ipfs", understood=True)[0]
    work_on_copy(copy_id=again.pk)
    assert now(again).state == State.STANDING
    assert now(again).cid != now(copy).cid
    assert VersionKey.objects.count() == 1


# Failure and trying again


def test_a_store_that_is_away_is_tried_again_later_with_the_same_bytes(copy, node, creator, settings):
    settings.IPFS_API_URL = "http://127.0.0.1:9"
    waits = []
    for attempt in range(1, copying.ATTEMPTS + 1):
        before = timezone.now()
        work_on_copy(copy_id=copy.pk)
        row = now(copy)
        assert row.attempts == attempt
        assert row.error_code == "store_unavailable"
        if attempt < copying.ATTEMPTS:
            assert row.state == State.WAITING
            waits.append(round((row.not_before - before).total_seconds()))
            work_on_copy(copy_id=copy.pk)
            assert now(copy).attempts == attempt, "it was not due"
            assert sweep_copies() == 0
            PublicCopy.objects.update(not_before=timezone.now())
            assert sweep_copies() == 1
    assert waits == [10, 60, 360, 2160]
    row = now(copy)
    assert row.state == State.FAILED
    assert row.message == "The file store does not answer. Try again in a minute."
    told = Notification.objects.get(kind="copy_failed")
    assert told.user == creator
    assert told.subject == "The copy of Gyroid Lantern on IPFS was not made"
    assert outgoing() == [row.sha256]

    settings.IPFS_API_URL = node.url
    assert retry_copy(actor=creator, copy=row)
    assert not retry_copy(actor=creator, copy=row)
    work_on_copy(copy_id=copy.pk)
    done = now(copy)
    assert (done.state, done.sha256, done.error_code, done.message) == (State.STANDING, row.sha256, "", "")
    assert outgoing() == []


def test_what_a_store_refuses_fails_at_once_and_says_why_to_the_operator(copy, node, stranger):
    node.instead["add"] = (500, b'{"Message":"disk full","Code":0,"Type":"error"}')
    work_on_copy(copy_id=copy.pk)
    row = now(copy)
    assert (row.state, row.attempts, row.error_code) == (State.FAILED, 1, "store_refused")
    assert row.detail == "It answered 500: disk full"
    assert "disk full" not in row.message
    with pytest.raises(DesignError):
        retry_copy(actor=stranger, copy=row)
    assert now(copy).state == State.FAILED


def test_a_damaged_master_gives_no_copy(copy, version, node):
    master_store().path(version.master.sha256).write_bytes(b"rotten")
    work_on_copy(copy_id=copy.pk)
    assert (now(copy).state, now(copy).error_code) == (State.FAILED, "blob_corrupt")
    assert node.calls == []
    assert outgoing() == []


# Killed


class Killed(BaseException):
    """As SIGKILL: no handler of ours runs."""


def die(*_args, **_more):
    raise Killed


def _before(owner, name):
    return lambda patch: patch.setattr(owner, name, die)


def _after(owner, name):
    act = getattr(owner, name)

    def act_and_die(*args, **more):
        act(*args, **more)
        raise Killed

    return lambda patch: patch.setattr(owner, name, act_and_die)


KILLS = {
    "claimed": _before(copying, "why_not_public"),
    "encrypted": _after(copying, "encrypt"),
    "stored": _after(copying, "_kept"),
    "written down": _after(copying, "_sealed"),
    "named": _before(copying, "_beat"),
    "sent": _after(KuboStore, "publish"),
    "standing": _before(copying, "_forget"),
}


@pytest.mark.parametrize("point", KILLS)
def test_killed_anywhere_it_is_made_again_and_there_is_one_copy(copy, node, monkeypatch, point):
    with monkeypatch.context() as patch:
        KILLS[point](patch)
        with pytest.raises(Killed):
            work_on_copy(copy_id=copy.pk)
    first = now(copy)
    work_on_copy(copy_id=copy.pk)
    assert now(copy).state == first.state, "while it may still run nobody else takes it"
    PublicCopy.objects.update(beat_at=timezone.now() - copying.SILENT_AFTER - timedelta(seconds=1))
    assert sweep_copies() == (0 if point == "standing" else 1)
    work_on_copy(copy_id=copy.pk)
    row = now(copy)
    assert row.state == State.STANDING
    assert node.pins == node.files == {row.cid}
    assert first.sha256 in ("", row.sha256)
    discard_orphans()
    assert outgoing() == []


def test_one_that_is_killed_every_time_is_given_up_with_a_reason(copy, monkeypatch):
    monkeypatch.setattr(copying, "why_not_public", die)
    for _attempt in range(copying.ATTEMPTS):
        with pytest.raises(Killed):
            work_on_copy(copy_id=copy.pk)
        PublicCopy.objects.update(beat_at=timezone.now() - copying.SILENT_AFTER - timedelta(seconds=1))
        sweep_copies()
    assert (now(copy).state, now(copy).error_code) == (State.FAILED, "worker_lost")
    assert Notification.objects.filter(kind="copy_failed").count() == 1


def test_an_attempt_that_lost_its_row_writes_nothing_more(copy, node, monkeypatch):
    publish = KuboStore.publish

    def slow(self, path, *, address, sent):
        publish(self, path, address=address, sent=sent)
        PublicCopy.objects.update(state=State.WAITING)  # the sweeper took it for dead

    with monkeypatch.context() as patch:
        patch.setattr(KuboStore, "publish", slow)
        work_on_copy(copy_id=copy.pk)
    assert now(copy).state == State.WAITING
    work_on_copy(copy_id=copy.pk)
    assert (now(copy).state, now(copy).attempts) == (State.STANDING, 2)
    assert node.files == {now(copy).cid}


@pytest.mark.parametrize("arrived", [True, False])
def test_a_ciphertext_that_was_lost_on_its_way_gives_no_second_copy(copy, node, monkeypatch, arrived):
    kill = KILLS["sent" if arrived else "named"]
    with monkeypatch.context() as patch:
        kill(patch)
        with pytest.raises(Killed):
            work_on_copy(copy_id=copy.pk)
    first = now(copy)
    outgoing_store().discard(first.sha256)
    PublicCopy.objects.update(state=State.WAITING)
    work_on_copy(copy_id=copy.pk)
    row = now(copy)
    assert row.state == State.STANDING
    assert node.files == {row.cid}
    assert (row.cid == first.cid) is arrived


def test_orphans_stay_while_something_is_being_encrypted(copy):
    outgoing_store().put(io.BytesIO(b"unknown"), max_bytes=7)
    PublicCopy.objects.update(state=State.SENDING)
    assert discard_orphans() == 0
    PublicCopy.objects.update(state=State.WAITING)
    assert discard_orphans() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_copy(copy, node):
    at_once(lambda _number: work_on_copy(copy_id=copy.pk))
    assert now(copy).state == State.STANDING
    assert now(copy).attempts == 1
    assert Counter(node.calls)["add"] == 1


# Removal


def test_a_copy_is_removed_and_its_row_stays(copy, node, creator, stranger):
    work_on_copy(copy_id=copy.pk)
    with pytest.raises(DesignError):
        remove_copy(actor=stranger, copy=now(copy))
    assert remove_copy(actor=creator, copy=now(copy))
    assert not remove_copy(actor=creator, copy=now(copy))
    assert now(copy).state == State.LEAVING
    work_on_copy(copy_id=copy.pk)
    assert now(copy).state == State.REMOVED
    assert node.pins == node.files == set()
    assert list(audit.copies(chain())) == []


def test_what_was_not_begun_is_removed_at_once(copy, creator, node):
    assert remove_copy(actor=creator, copy=copy)
    assert now(copy).state == State.REMOVED
    work_on_copy(copy_id=copy.pk)
    assert now(copy).state == State.REMOVED
    assert node.calls == []


def test_a_copy_that_cannot_be_removed_still_stands_and_its_creator_is_told(copy, node, creator):
    work_on_copy(copy_id=copy.pk)
    remove_copy(actor=creator, copy=now(copy))
    node.instead["pin/rm"] = (403, b"")
    work_on_copy(copy_id=copy.pk)
    row = now(copy)
    assert (row.state, row.error_code) == (State.STANDING, "store_refused")
    told = Notification.objects.get(kind="copy_failed")
    assert told.subject == "The copy of Gyroid Lantern on IPFS could not be removed"
    node.instead.clear()
    remove_copy(actor=creator, copy=row)
    work_on_copy(copy_id=copy.pk)
    assert node.files == set()


def test_a_removal_that_was_killed_is_finished(copy, node, creator, monkeypatch):
    work_on_copy(copy_id=copy.pk)
    remove_copy(actor=creator, copy=now(copy))
    with monkeypatch.context() as patch:
        _after(KuboStore, "remove")(patch)
        with pytest.raises(Killed):
            work_on_copy(copy_id=copy.pk)
    PublicCopy.objects.update(beat_at=timezone.now() - copying.SILENT_AFTER - timedelta(seconds=1))
    assert sweep_copies() == 1
    work_on_copy(copy_id=copy.pk)
    assert now(copy).state == State.REMOVED


# Audit


def test_audit_says_what_is_not_where_its_row_says(copy, node, settings):
    work_on_copy(copy_id=copy.pk)
    name = now(copy).cid
    node.path(name).unlink()
    assert list(audit.copies(chain())) == [f"copy {name} on ipfs: the store has it is False, the row says standing"]
    settings.IPFS_API_URL = ""
    assert list(audit.copies(chain())) == [f"copy {name} on ipfs: No ipfs store is set."]
