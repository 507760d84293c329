"""Further files lie with the masters: scrubbed, repaired, and copied encrypted to public stores like them."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import User
from common.hashing import sha256_of
from designs.encryption import decrypt
from designs.errors import DesignError
from designs.file_names import safe_file_name
from designs.models import Attachment, DesignVersion, PublicCopy, ScrubFinding
from designs.services.attachments import NewAttachment, attach, keep_file
from designs.services.copying import work_on_copy
from designs.services.public_copies import make_copies
from designs.services.received import ReceivedFile
from designs.services.scrubbing import scrub
from designs.services.version_keys import release_identity
from designs.storage import master_store
from designs.storage.configured import MASTERS, bare_store
from designs.tests.kubo_double import running_kubo
from designs.tests.published import published

pytestmark = pytest.mark.django_db

NOTES = b"print it standing\n" * 5_000


def attached(version: DesignVersion, content: bytes, name: str, release: str) -> Attachment:
    new = NewAttachment(ReceivedFile(io.BytesIO(content), name), "documentation", release)
    return attach(version=version, new=new, blob=keep_file(new.file))


@pytest.fixture
def node(settings):
    with running_kubo() as node:
        settings.IPFS_API_URL = node.url
        settings.STORE_KEYS = {"first": "11" * 32}
        yield node


@pytest.fixture
def version(creator: User) -> DesignVersion:
    return published(creator, b"a lantern\n")


@pytest.fixture
def notes(version: DesignVersion) -> Attachment:
    return attached(version, NOTES, "notes.md", "with_license")


def test_copies_are_made_of_what_comes_with_a_license_and_of_nothing_private(node, version, notes, creator) -> None:
    attached(version, b"a secret", "secret.json", "private")

    copies = make_copies(actor=creator, version=version, place="ipfs", understood=True)
    assert [copy.file_name for copy in copies] == [version.file_name, "notes.md"]
    for copy in copies:
        work_on_copy(copy_id=copy.pk)

    for copy, content in zip(PublicCopy.objects.order_by("pk"), (b"a lantern\n", NOTES), strict=True):
        assert copy.state == "standing"
        opened = io.BytesIO()
        decrypt(io.BytesIO(node.path(copy.cid).read_bytes()), opened, identity=release_identity(version=version))
        assert opened.getvalue() == content
    with pytest.raises(DesignError) as error:
        make_copies(actor=creator, version=version, place="ipfs", understood=True)
    assert error.value.code == "copy_exists"


def test_a_copy_that_was_given_up_can_be_made_alone(node, version, notes, creator) -> None:
    make_copies(actor=creator, version=version, place="ipfs", understood=True)
    PublicCopy.objects.filter(attachment=notes).update(state="removed")
    again = make_copies(actor=creator, version=version, place="ipfs", understood=True)
    assert [copy.attachment for copy in again] == [notes]


def test_a_lost_file_comes_back_from_its_own_public_copy(node, version, notes, creator) -> None:
    for copy in make_copies(actor=creator, version=version, place="ipfs", understood=True):
        work_on_copy(copy_id=copy.pk)
    bare_store(MASTERS).discard(notes.asset.sha256)

    found = scrub(say=lambda _sentence: None)

    assert (found[MASTERS].checked, found[MASTERS].restored, found[MASTERS].lost) == (2, 1, 0)
    with master_store().open(notes.asset.sha256) as stream:
        assert sha256_of(stream) == notes.asset.sha256
    finding = ScrubFinding.objects.get()
    assert (finding.sha256, finding.state, finding.source) == (
        notes.asset.sha256,
        "restored",
        ScrubFinding.Source.PUBLIC_COPY,
    )


def test_a_file_that_a_removed_draft_left_is_still_looked_at(version, notes) -> None:
    sha256 = notes.asset.sha256
    notes.delete()
    assert scrub(say=lambda _sentence: None)[MASTERS].checked == 2
    assert bare_store(MASTERS).exists(sha256)


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("notes.md", "notes.md"),
        ("../../etc/passwd", "passwd"),
        ("C:\\work\\lamp.blend", "lamp.blend"),
        ("lamp\u202egnp.exe", "lampgnp.exe"),
        ("a\x00b\r\nc.txt", "ab c.txt"),
        (".htaccess", "htaccess"),
        ("con.txt", "_con.txt"),
        ('what? "this" <one>|.py', "what_ _this_ _one__.py"),
        ("…", "…"),
        (" . ", ""),
        ("größe.step", "größe.step"),
        ("x" * 300 + ".json", "x" * 115 + ".json"),
    ],
)
def test_names_are_made_safe(given: str, safe: str) -> None:
    assert safe_file_name(given) == safe


@given(st.text(max_size=400))
def test_a_safe_name_is_one_name_and_stays_as_it_is(text: str) -> None:
    name = safe_file_name(text)
    assert len(name) <= 120
    assert safe_file_name(name) == name
    assert not name or Path(name).name == name
    assert not set(name) & set('<>:"/\\|?*\r\n\x00')
