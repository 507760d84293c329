"""What an upload refuses before anything is written, and what two uploads share."""

import hashlib
import io
import os
import tempfile
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest

from common.testing import at_once
from designs.errors import DesignError
from designs.inspection import InspectionError
from designs.models import SHARE_UNITS, Asset, Design
from designs.services import upload
from designs.services.attachments import NewAttachment
from designs.services.received import ReceivedFile
from designs.services.upload import Part, receive_master
from designs.storage import FileTooLarge, master_store
from designs.tests.uploading import uploaded

pytestmark = pytest.mark.django_db


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
    assert list(master_store().names()) == []


def test_a_file_that_lies_on_disk_is_looked_at_where_it_lies(creator, png, tmp_path) -> None:
    """As the larger uploads do, in a file that may have no name."""
    with tempfile.TemporaryFile(dir=tmp_path) as received:
        received.write(png[:-20])
        received.seek(0)
        with pytest.raises(InspectionError):
            receive_master(ReceivedFile(received, "lantern.png"))
        assert list(master_store().names()) == []

        received.seek(0, os.SEEK_END)
        received.write(png[-20:])
        received.seek(0)
        blob, detected = receive_master(ReceivedFile(received, "lantern.png"))

    assert (blob.sha256, detected.format) == (hashlib.sha256(png).hexdigest(), "png")


def test_an_image_that_is_named_mesh_is_refused(creator, png) -> None:
    with pytest.raises(InspectionError) as refusal:
        uploaded(creator, png, name="lantern.glb")

    assert refusal.value.code == "not_what_its_name_says"
    assert "PNG" in str(refusal.value)


def test_empty_and_too_large_files_leave_nothing(settings, creator, png) -> None:
    with pytest.raises(InspectionError) as refusal:
        uploaded(creator, b"")
    assert refusal.value.code == "empty"
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


@pytest.mark.django_db(transaction=True)
def test_two_uploads_with_the_same_files_in_another_order_both_end(creator, cocreator, png, monkeypatch) -> None:
    contents = [b"a script", b"a recipe"]
    both_have_one = Barrier(2)
    attach = upload.attach

    def attach_and_meet(**what):
        attached = attach(**what)
        with suppress(BrokenBarrierError):
            both_have_one.wait(timeout=2)
        return attached

    monkeypatch.setattr(upload, "attach", attach_and_meet)

    def send(number: int) -> Design:
        files = [ReceivedFile(io.BytesIO(content), f"{content[2:].decode()}.txt") for content in contents]
        attachments = [NewAttachment(file) for file in (files if number else reversed(files))]
        return uploaded((creator, cocreator)[number], png + b"%d" % number, attachments=attachments)

    for design in at_once(send, 2):
        assert design.versions.get().attachments.count() == 2
    assert Asset.objects.count() == 4
