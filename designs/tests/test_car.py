"""A CAR holds the file under the CID that is recorded for it, block by block."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from designs.addresses import WrongRoot, cid_of, write_car
from designs.models import Asset
from designs.storage import master_store
from designs.tests.cars import file_in, naive_cid, read_car

MEBIBYTE = 1024 * 1024


class Trickling(io.BytesIO):
    """Gives less than it is asked for, as a socket does."""

    def read(self, size=-1):
        return super().read(min(size, 3) if size > 0 else size)


def exported(data: bytes, cid: str, **profile: int) -> bytes:
    target = io.BytesIO()
    write_car(Trickling(data), target, cid=cid, **profile)
    return target.getvalue()


@given(data=st.binary(max_size=400))
def test_a_car_gives_the_file_back_and_every_block_has_its_hash(data):
    cid = naive_cid(data, chunk_bytes=4, max_links=3)
    car = read_car(exported(data, cid, chunk_bytes=4, max_links=3))
    assert car.root == cid
    assert file_in(car) == data


def test_a_file_of_one_chunk_is_one_block():
    data = b"solid"
    cid = cid_of(io.BytesIO(data))
    target = io.BytesIO()
    assert write_car(io.BytesIO(data), target, cid=cid) == 1
    header = bytes.fromhex("3aa265726f6f747381d82a58250001551220")
    assert target.getvalue()[: len(header)] == header
    assert list(read_car(target.getvalue()).blocks.values()) == [data]


def test_bytes_that_are_not_the_roots_are_refused():
    wanted = cid_of(io.BytesIO(b"one"))
    with pytest.raises(WrongRoot) as refusal:
        write_car(io.BytesIO(b"two"), io.BytesIO(), cid=wanted)
    assert refusal.value.found == cid_of(io.BytesIO(b"two"))


@pytest.fixture
def asset(db: None) -> Asset:
    data = bytes(2 * MEBIBYTE + 5)
    blob = master_store().put(io.BytesIO(data), max_bytes=len(data))
    return Asset.objects.create(sha256=blob.sha256, cid=blob.cid, size=blob.size, media_type="model/stl")


def test_the_command_writes_a_car_whose_root_is_the_assets_cid(asset, tmp_path, capsys):
    target = tmp_path / "design.car"
    call_command("export_car", asset.sha256, str(target))
    car = read_car(target.read_bytes())
    assert car.root == asset.cid
    assert file_in(car) == bytes(2 * MEBIBYTE + 5)
    # Two equal chunks, the rest, and the root.
    assert car.written == 4
    assert capsys.readouterr().out == f"{asset.cid} in 4 blocks\n"


def test_a_damaged_file_is_not_exported_and_an_older_car_stays(asset, tmp_path):
    target = tmp_path / "design.car"
    target.write_bytes(b"older")
    path: Path = master_store().path(asset.sha256)
    path.write_bytes(b"x" + path.read_bytes()[1:])
    with pytest.raises(CommandError, match="damaged"):
        call_command("export_car", asset.sha256, str(target))
    assert target.read_bytes() == b"older"
    assert [file.name for file in tmp_path.glob("design*")] == ["design.car"]


@pytest.mark.django_db
def test_an_unknown_file_is_said_and_nothing_is_written(tmp_path):
    with pytest.raises(CommandError, match="No file with the SHA-256 00"):
        call_command("export_car", "00" * 32, str(tmp_path / "design.car"))
    assert not (tmp_path / "design.car").exists()
