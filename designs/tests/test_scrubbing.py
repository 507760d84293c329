"""A lost or damaged file is found, said, and brought back when the replica has it."""

import hashlib
import io

import pytest
from django.core.management import CommandError, call_command

from designs.models import Asset
from designs.storage import BlobMissing, CorruptBlob, master_replica, master_store

pytestmark = pytest.mark.django_db
CONTENT = b"a design\n" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def replica(settings, tmp_path):
    settings.ASSET_REPLICA = "local"
    settings.REPLICA_ROOT = tmp_path / "replica"
    return master_replica()


@pytest.fixture
def master() -> Asset:
    blob = master_store().put(io.BytesIO(CONTENT), max_bytes=len(CONTENT))
    return Asset.objects.create(sha256=blob.sha256, cid=blob.cid, size=blob.size, media_type="model/stl")


def said(capsys) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_scrub_fills_the_replica_once(master, replica, capsys):
    call_command("scrub")
    replica.verify(SHA256)
    assert said(capsys)[0] == "masters: 1 checked, 0 restored, 0 lost, 1 copied to the replica"
    call_command("scrub")
    assert said(capsys)[0] == "masters: 1 checked, 0 restored, 0 lost, 0 copied to the replica"


@pytest.mark.parametrize("code", ["blob_missing", "blob_corrupt"])
def test_what_the_replica_has_is_brought_back(master, replica, capsys, code):
    call_command("scrub")
    capsys.readouterr()
    path = master_store().path(SHA256)
    path.unlink() if code == "blob_missing" else path.write_bytes(b"rotten")
    call_command("scrub")
    master_store().verify(SHA256)
    assert said(capsys)[:2] == [
        f"masters {SHA256}: {code}, restored",
        "masters: 1 checked, 1 restored, 0 lost, 0 copied to the replica",
    ]


def test_a_damaged_replica_restores_nothing_and_is_healed_from_a_good_store(master, replica):
    call_command("scrub")
    replica.path(SHA256).write_bytes(b"rotten")
    master_store().path(SHA256).write_bytes(b"rotten too")
    with pytest.raises(CommandError, match="could not be brought back: 1"):
        call_command("scrub")
    with pytest.raises(CorruptBlob):
        master_store().verify(SHA256)
    master_store().put(io.BytesIO(CONTENT), max_bytes=len(CONTENT))
    call_command("scrub")
    replica.verify(SHA256)


def test_a_file_that_only_its_row_remembers_is_said_without_a_replica(master, capsys):
    master_store().path(SHA256).unlink()
    with pytest.raises(CommandError):
        call_command("scrub")
    assert said(capsys)[0] == f"masters {SHA256}: blob_missing, lost"
    with pytest.raises(BlobMissing):
        master_store().verify(SHA256)
