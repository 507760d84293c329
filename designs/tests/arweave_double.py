"""A double of a bundler with a gateway, over a real socket: takes signed data items (ANS-104) and gives their data.

It reads an item apart from the code that makes one: every field by its place, the deep hash by its definition, the
signature by recovering its signer. An item that it has is answered with 202, one whose signer has no credit with 402.
"""

import hashlib
import io
import json
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_utils.crypto import keccak


@dataclass
class Arweave:
    items: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    instead: tuple[int, bytes] | None = None
    says: str = ""
    url: str = ""


@contextmanager
def running_arweave() -> Iterator[Arweave]:
    there = Arweave()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"there": there}))
    server.daemon_threads = True
    there.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def deep_hash(value: bytes | list) -> bytes:
    if isinstance(value, bytes):
        tag = hashlib.sha384(b"blob" + str(len(value)).encode()).digest()
        return hashlib.sha384(tag + hashlib.sha384(value).digest()).digest()
    found = hashlib.sha384(b"list" + str(len(value)).encode()).digest()
    for one in value:
        found = hashlib.sha384(found + deep_hash(one)).digest()
    return found


def read_item(raw: bytes) -> tuple[str, dict[str, str], bytes]:
    """Id, tags and data of an item; an AssertionError where it is not signed by its owner."""
    stream = io.BytesIO(raw)
    kind = int.from_bytes(stream.read(2), "little")
    assert kind == 3
    signature, owner = stream.read(65), stream.read(65)
    assert stream.read(2) == b"\x00\x00"
    count, size = (int.from_bytes(stream.read(8), "little") for _ in range(2))
    encoded = stream.read(size)
    data = stream.read()
    message = deep_hash([b"dataitem", b"1", b"3", owner, b"", b"", encoded, data])
    signer = Account.recover_message(encode_defunct(message), signature=signature)
    assert bytes.fromhex(signer[2:]) == keccak(owner[1:])[-20:]
    tags = read_tags(encoded)
    assert len(tags) == count
    return urlsafe_b64encode(hashlib.sha256(signature).digest()).rstrip(b"=").decode(), tags, data


def read_tags(encoded: bytes) -> dict[str, str]:
    stream = io.BytesIO(encoded)

    def long() -> int:
        number = shift = 0
        while True:
            byte = stream.read(1)[0]
            number |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80:
                return number >> 1 ^ -(number & 1)

    tags = {}
    while count := long():
        for _ in range(count):
            name = stream.read(long()).decode()
            tags[name] = stream.read(long()).decode()
    assert stream.read() == b""
    return tags


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    there: Arweave

    def log_message(self, *_args) -> None:
        pass

    def do_POST(self) -> None:
        self.there.calls.append(f"POST {self.path}")
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        if self.there.instead is not None:
            self._answer(*self.there.instead)
            return
        assert self.path == "/v1/tx"
        assert self.headers["Content-Type"] == "application/octet-stream"
        try:
            name, tags, data = read_item(raw)
        except AssertionError:
            self._answer(400, b"Invalid Data Item!")
            return
        status = 202 if name in self.there.items else 200
        self.there.items[name], self.there.tags[name] = data, tags
        self._answer(status, json.dumps({"id": self.there.says or name, "owner": "…"}, indent=1).encode())

    def do_GET(self) -> None:
        self.there.calls.append(f"{self.command} {self.path}")
        data = self.there.items.get(self.path.removeprefix("/raw/"))
        self._answer(*((404, b"Not Found") if data is None else (200, data)))

    do_HEAD = do_GET

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
