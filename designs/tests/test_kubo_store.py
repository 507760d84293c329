"""Copies on a node of IPFS: against a double of one over a real socket (kubo_double)."""

import io
import os
import socket
import threading
import tracemalloc

import pytest

from designs.addresses import CidHasher, address_of
from designs.addresses.tree import text_of
from designs.public_stores import StoreRefused, WrongAddress, public_store
from designs.public_stores.http import Wire
from designs.public_stores.kubo import PROFILE_OPTIONS, KuboStore
from designs.storage import BlobMissing, CorruptBlob, StoreUnavailable
from designs.tests.kubo_double import running_kubo

MEBIBYTE = 1024 * 1024


@pytest.fixture
def node():
    with running_kubo() as node:
        yield node


@pytest.fixture
def store(node):
    return KuboStore(Wire(node.url))


@pytest.fixture
def content():
    return bytes(range(256)) * 10_000  # three chunks


@pytest.fixture
def path(tmp_path, content):
    path = tmp_path / "copy.age"
    path.write_bytes(content)
    return path


@pytest.fixture
def address(content):
    return address_of(io.BytesIO(content))


def quiet(_bytes: int) -> None:
    pass


def test_a_file_is_added_under_our_cid_pinned_and_read_back(node, store, path, address, content):
    sent = []
    store.publish(path, address=address, sent=sent.append)
    assert node.pins == node.files == {address.cid} == {store.name_of(path, address=address)}
    assert node.forms == [{"name": "file", "filename": "copy.age"}]
    assert sent == [MEBIBYTE, 2 * MEBIBYTE, len(content)]
    assert store.holds(address.cid)
    assert store.size_of(address.cid) == len(content)
    assert b"".join(store.read(address.cid, address=address)) == content


@pytest.mark.parametrize("size", [1, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 5 * MEBIBYTE + 3])
def test_the_nodes_cid_is_ours_around_the_boundaries(node, store, tmp_path, size):
    path = tmp_path / "copy"
    path.write_bytes(os.urandom(size))
    with path.open("rb") as stream:
        address = address_of(stream)
    store.publish(path, address=address, sent=quiet)
    assert node.pins == {address.cid}


def test_publishing_twice_leaves_one_copy(node, store, path, address):
    store.publish(path, address=address, sent=quiet)
    store.publish(path, address=address, sent=quiet)
    assert node.files == {address.cid}


def test_a_node_that_did_not_pin_is_asked_to(node, store, path, address):
    node.keeps_pins = False
    store.publish(path, address=address, sent=quiet)
    assert node.pins == {address.cid}
    assert node.calls == ["add", "pin/ls", "pin/add", "files/stat"]


def test_a_node_that_computes_another_cid_keeps_nothing(node, store, path, address, monkeypatch):
    """As an older Kubo does, that does not know the profile's option, with files of more than 174 MiB."""
    node.knows_max_file_links = False
    monkeypatch.setattr("designs.public_stores.kubo.PROFILE_OPTIONS", {**PROFILE_OPTIONS, "chunker": "size-4096"})
    hasher = CidHasher(chunk_bytes=4096)
    hasher.update(path.read_bytes())
    wanted = type(address)(address.sha256, hasher.digest(), address.size)
    with pytest.raises(WrongAddress) as refused:
        store.publish(path, address=wanted, sent=quiet)
    assert refused.value.wanted == wanted.cid != refused.value.found
    assert node.pins == node.files == set()


def test_removing_unpins_and_what_is_not_there_is_removed_already(node, store, path, address):
    store.publish(path, address=address, sent=quiet)
    store.remove(address.cid)
    assert node.pins == node.files == set()
    assert not store.holds(address.cid)
    store.remove(address.cid)
    with pytest.raises(BlobMissing):
        list(store.read(address.cid, address=address))


def test_what_is_damaged_cut_or_longer_is_found_while_it_streams(node, store, path, address, content):
    store.publish(path, address=address, sent=quiet)
    for bad in (content[:-1] + b"x", content[:-1], content + b"x", b""):
        node.path(address.cid).write_bytes(bad)
        with pytest.raises(CorruptBlob):
            list(store.read(address.cid, address=address))
    node.path(address.cid).write_bytes(content[:-1])
    # A node that says yes to what it has not got whole.
    node.instead["add"] = (200, b'{"Name":"copy.age","Hash":"%s","Size":"1"}\n' % address.cid.encode())
    with pytest.raises(StoreRefused) as refused:
        store.publish(path, address=address, sent=quiet)
    assert refused.value.detail == f"It says that {address.cid} has {len(content) - 1} bytes, not {len(content)}."


@pytest.mark.parametrize(
    ("status", "body", "detail"),
    [
        (403, b"403 - Forbidden", "It answered 403: look at IPFS_API_AUTHORIZATION."),
        (404, b"404 page not found", "It answered 404: no Kubo RPC API is at IPFS_API_URL."),
        (500, b'{"Message":"disk full","Code":0,"Type":"error"}', "It answered 500: disk full"),
        (200, b"", "add: the answer ended early"),
        (200, b'{"Message":"flatfs: no space","Code":0,"Type":"error"}\n', "add: flatfs: no space"),
        (200, b"<html>", "It answered what is no JSON: b'<html>'"),
        (200, b"[1]", "It answered what is no object: b'[1]'"),
    ],
)
def test_what_a_node_refuses_is_said(node, store, path, address, status, body, detail):
    node.instead["add"] = (status, body)
    with pytest.raises(StoreRefused) as refused:
        store.publish(path, address=address, sent=quiet)
    assert refused.value.detail == detail
    assert node.files == set()


def test_a_redirect_is_not_followed(node, store, path, address):
    with running_kubo() as other:

        def redirect(handler):
            handler._swallow()
            handler._answer(307, b"", Location=other.url + "/api/v0/add")

        node.instead["add"] = redirect
        with pytest.raises(StoreRefused) as refused:
            store.publish(path, address=address, sent=quiet)
        assert refused.value.detail == f"{node.url} redirects to elsewhere."
        assert other.calls == []


def test_a_node_that_is_away_or_hangs_up_is_unavailable(node, store, path, address):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        away = KuboStore(Wire(f"http://127.0.0.1:{probe.getsockname()[1]}"))
    with pytest.raises(StoreUnavailable):
        away.publish(path, address=address, sent=quiet)

    def hang_up(handler):
        handler.rfile.read(1000)
        handler.connection.shutdown(socket.SHUT_RDWR)

    node.instead["add"] = hang_up
    with pytest.raises(StoreUnavailable):
        store.publish(path, address=address, sent=quiet)
    assert node.calls == ["add"]  # what may have arrived is not sent again at once


def test_a_question_is_asked_again_where_the_connection_broke(node, store, path, address):
    store.publish(path, address=address, sent=quiet)
    asked = []

    def hang_up_once(handler):
        asked.append(1)
        if len(asked) == 1:
            handler.connection.shutdown(socket.SHUT_RDWR)
        else:
            handler._pin_ls()

    node.instead["pin/ls"] = hang_up_once
    assert store.holds(address.cid)
    assert len(asked) == 2


def test_a_node_that_stays_silent_is_given_up(node, store):
    done = threading.Event()
    node.instead["pin/ls"] = lambda handler: done.wait(5)
    with pytest.raises(StoreUnavailable), store._wire.answer("POST", "/api/v0/pin/ls", read_seconds=0.2):
        pass
    done.set()


def test_the_authorization_of_the_settings_is_sent(node, path, address, settings):
    node.authorization = "Bearer of news"
    settings.IPFS_API_URL, settings.IPFS_API_AUTHORIZATION = node.url, "Bearer of news"
    public_store("ipfs").publish(path, address=address, sent=quiet)
    assert node.files == {address.cid}
    settings.IPFS_API_AUTHORIZATION = ""
    with pytest.raises(StoreRefused):
        public_store("ipfs").publish(path, address=address, sent=quiet)


def test_the_environments_proxy_and_passwords_are_not_used(node, store, path, address, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    store.publish(path, address=address, sent=quiet)
    assert node.files == {address.cid}


@pytest.mark.parametrize("cid", ["", "../etc", "QmZ", "b" * 59 + "&arg=x", text_of(bytes(36)).upper()])
def test_only_a_cid_is_ever_asked_for(node, store, cid):
    for ask in (store.pinned, store.size_of, store.remove, lambda name: list(store.read(name, address=None))):
        with pytest.raises(ValueError, match="CID of ours"):
            ask(cid)
    assert node.calls == []


def test_a_file_passes_in_constant_memory(node, store, tmp_path):
    path = tmp_path / "large"
    with path.open("wb") as stream:
        stream.truncate(48 * MEBIBYTE)
    with path.open("rb") as stream:
        address = address_of(stream)
    tracemalloc.start()
    try:
        store.publish(path, address=address, sent=quiet)
        read = sum(len(piece) for piece in store.read(address.cid, address=address))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert read == 48 * MEBIBYTE
    assert peak < 12 * MEBIBYTE
