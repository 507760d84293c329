"""Copies on Arweave: against a double of a bundler with a gateway, and items equal to arbundles' byte for byte."""

import hashlib
import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from contracts.chains import chain
from designs import audit
from designs.addresses import address_of
from designs.errors import DesignError
from designs.models import PublicCopy
from designs.public_stores import StoreRefused, WrongAddress, public_store
from designs.public_stores.data_item import sign_data_item
from designs.services.copying import work_on_copy
from designs.services.public_copies import make_copies, remove_copy
from designs.storage import BlobMissing, CorruptBlob, StoreUnavailable, outgoing_store
from designs.tests.arweave_double import running_arweave
from designs.tests.published import published

VECTORS = json.loads((Path(__file__).parent / "data" / "data_items.json").read_text())
KEY = "11" * 32


@pytest.fixture
def there(settings):
    with running_arweave() as there:
        settings.ARWEAVE_UPLOAD_URL = there.url + "/v1/tx"
        settings.ARWEAVE_GATEWAY_URL = there.url + "/raw"
        settings.ARWEAVE_KEY = KEY
        yield there


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "copy.age"
    path.write_bytes(bytes(range(256)) * 500)
    return path


@pytest.fixture
def address(path):
    return address_of(io.BytesIO(path.read_bytes()))


def quiet(_bytes: int) -> None:
    pass


@pytest.mark.parametrize("vector", VECTORS["items"], ids=lambda vector: str(vector["size"]))
def test_an_item_is_the_one_that_arbundles_makes(vector):
    data = bytes((i * 131 + 7) & 255 for i in range(vector["size"]))
    tags = [tuple(tag) for tag in VECTORS["tags"]]
    signed = sign_data_item(io.BytesIO(data), size=len(data), tags=tags, key=VECTORS["key"])
    assert signed.id == vector["id"]
    assert hashlib.sha256(signed.header + data).hexdigest() == vector["sha256"]


def test_a_file_goes_up_signed_under_the_id_that_we_computed_and_comes_back(there, path, address):
    store = public_store("arweave")
    name = store.name_of(path, address=address)
    sent = []
    store.publish(path, address=address, sent=sent.append)
    assert sent == [address.size]
    assert list(there.items) == [name]
    assert there.tags[name] == {
        "Content-Type": "application/octet-stream",
        "App-Name": "Loomprint",
        "File-SHA-256": address.sha256,
        "IPFS-CID": address.cid,
    }
    assert store.holds(name)
    assert b"".join(store.read(name, address=address)) == path.read_bytes()


def test_sent_again_it_is_the_same_item(there, path, address):
    for _time in range(2):
        public_store("arweave").publish(path, address=address, sent=quiet)
    assert len(there.items) == 1


def test_what_is_missing_or_damaged_is_found(there, path, address):
    store = public_store("arweave")
    name = store.name_of(path, address=address)
    assert not store.holds(name)
    with pytest.raises(BlobMissing):
        list(store.read(name, address=address))
    there.items[name] = path.read_bytes()[:-1] + b"x"
    with pytest.raises(CorruptBlob):
        list(store.read(name, address=address))


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        (402, "It answered 402: the key of ARWEAVE_KEY has no credit there."),
        (413, "It answered 413: the file is larger than it takes."),
        (400, "It answered 400: Invalid Data Item!"),
    ],
)
def test_what_a_bundler_refuses_is_said(there, path, address, status, detail):
    there.instead = (status, b"Invalid Data Item!")
    with pytest.raises(StoreRefused) as refused:
        public_store("arweave").publish(path, address=address, sent=quiet)
    assert refused.value.detail == detail
    there.instead = (503, b"")
    with pytest.raises(StoreUnavailable):
        public_store("arweave").publish(path, address=address, sent=quiet)


def test_another_id_than_ours_is_refused(there, path, address):
    there.says = "A" * 43
    with pytest.raises(WrongAddress):
        public_store("arweave").publish(path, address=address, sent=quiet)


@pytest.mark.parametrize("name", ["", "../x", "A" * 42, "A" * 43 + "/.."])
def test_only_an_id_is_ever_asked_for(there, name):
    with pytest.raises(ValueError, match="an id is 43"):
        public_store("arweave").holds(name)
    assert there.calls == []


@pytest.mark.django_db
def test_a_copy_stands_and_nobody_can_remove_it(there, creator, settings):
    settings.STORE_KEYS = {"first": "11" * 32}
    version = published(creator, b"a lantern\n" * 1000)
    copy = make_copies(actor=creator, version=version, place="arweave", understood=True)[0]
    work_on_copy(copy_id=copy.pk)
    copy.refresh_from_db()
    assert copy.state == PublicCopy.State.STANDING
    assert there.tags[copy.name]["File-SHA-256"] == copy.sha256
    with pytest.raises(DesignError, match=r"What is on Arweave stays there: nobody can remove it\."):
        remove_copy(actor=creator, copy=copy)
    copy.refresh_from_db()
    assert copy.state == PublicCopy.State.STANDING


@pytest.mark.django_db
def test_what_may_be_on_its_way_and_was_lost_here_is_not_sent_as_a_second_copy(there, creator, settings):
    settings.STORE_KEYS = {"first": "11" * 32}
    there.instead = (503, b"")
    copy = make_copies(actor=creator, version=published(creator, b"a lantern\n"), place="arweave", understood=True)[0]
    work_on_copy(copy_id=copy.pk)
    copy.refresh_from_db()
    outgoing_store().discard(copy.sha256)
    there.instead = None
    PublicCopy.objects.update(not_before=None)
    work_on_copy(copy_id=copy.pk)
    copy.refresh_from_db()
    assert (copy.state, copy.error_code) == (PublicCopy.State.FAILED, "copy_lost")
    assert there.items == {}


@pytest.mark.django_db
def test_a_gateway_may_take_an_hour_before_audit_says_that_a_copy_is_missing(there, creator, settings):
    settings.STORE_KEYS = {"first": "11" * 32}
    copy = make_copies(actor=creator, version=published(creator, b"a lantern\n"), place="arweave", understood=True)[0]
    work_on_copy(copy_id=copy.pk)
    there.items.clear()
    assert list(audit.copies(chain())) == []
    PublicCopy.objects.update(standing_at=timezone.now() - timedelta(hours=2))
    (said,) = audit.copies(chain())
    assert said.endswith("on arweave: the store has it is False, the row says standing")
