"""A double of a Kubo node: its RPC API as far as we use it, over a real socket, keeping files in memory or on disk.

Written from the documentation of the API, apart from the client. It parses the form as it streams in, builds CIDs by
the options that it is sent (as a Kubo that knows `max-file-links`; without that option nodes have 174 links) and by
other code than ours, and says no in a node's words: status 500 with Message, Code and Type.
"""

import json
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mmap import ACCESS_READ, mmap
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from designs.tests.cars import naive_cid


class KuboNode:
    """What the node has and how it behaves. `calls` are the commands that were asked, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pins: set[str] = set()
        self.calls: list[str] = []
        self.forms: list[dict[str, str]] = []
        self.authorization = ""
        self.knows_max_file_links = True
        self.keeps_pins = True
        # By command: (status, body) in place of an answer, or a function of the handler that does worse.
        self.instead: dict[str, object] = {}
        self.url = ""

    @property
    def files(self) -> set[str]:
        return {path.name for path in self.folder.iterdir() if path.name.startswith("b")}

    def path(self, cid: str) -> Path:
        return self.folder / cid


@contextmanager
def running_kubo() -> Iterator[KuboNode]:
    with tempfile.TemporaryDirectory() as folder:
        node = KuboNode(Path(folder))
        handler = type("Handler", (_Handler,), {"node": node})
        server = _Server(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        node.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield node
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_args) -> None:
        """Tests hang up on purpose."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    node: KuboNode

    def log_message(self, *_args) -> None:
        pass

    def do_GET(self) -> None:
        self._answer(405, b"")

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        command = parts.path.removeprefix("/api/v0/")
        self.query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.node.calls.append(command)
        if self.node.authorization and self.headers.get("Authorization") != self.node.authorization:
            self._answer(403, b"403 - Forbidden")
            return
        instead = self.node.instead.get(command)
        if callable(instead):
            instead(self)
        elif instead is not None:
            self._swallow()
            self._answer(*instead)
        else:
            getattr(self, "_" + command.replace("/", "_"))()

    def _add(self) -> None:
        assert self.query["hash"] == "sha2-256"
        assert self.query["trickle"] == "false"
        assert self.query["cid-version"] == "1"
        assert self.query["raw-leaves"] == "true"
        links = int(self.query.get("max-file-links", "174")) if self.node.knows_max_file_links else 174
        chunk_bytes = int(self.query["chunker"].removeprefix("size-"))
        temporary = self.node.folder / f"incoming-{threading.get_ident()}"
        size = 0
        with temporary.open("wb") as target:
            for piece in self._form_file():
                target.write(piece)
                size += len(piece)
        with temporary.open("rb") as added:
            data = mmap(added.fileno(), 0, access=ACCESS_READ) if size else b""
            cid = naive_cid(data, chunk_bytes=chunk_bytes, max_links=links)
        temporary.replace(self.node.path(cid))
        if self.query.get("pin", "true") == "true" and self.node.keeps_pins:
            self.node.pins.add(cid)
        self._lines({"Name": self.form["filename"], "Hash": cid, "Size": str(size + 14)})

    def _pin_ls(self) -> None:
        cid = self.query["arg"]
        if cid not in self.node.pins:
            self._error(f"path '{cid}' is not pinned")
        else:
            self._lines({"Keys": {cid: {"Type": "recursive", "Name": ""}}})

    def _pin_add(self) -> None:
        if self.query["arg"] not in self.node.files:
            self._error(f"pin: block was not found locally (offline): ipld: could not find {self.query['arg']}")
            return
        self.node.pins.add(self.query["arg"])
        self._lines({"Pins": [self.query["arg"]]})

    def _pin_rm(self) -> None:
        if self.query["arg"] not in self.node.pins:
            self._error("not pinned or pinned indirectly")
            return
        self.node.pins.remove(self.query["arg"])
        self._lines({"Pins": [self.query["arg"]]})

    def _block_rm(self) -> None:
        cid = self.query["arg"]
        if cid in self.node.pins:
            self._lines({"Hash": cid, "Error": "pinned: recursive"})
            return
        self.node.path(cid).unlink(missing_ok=True)
        self._lines({"Hash": cid})

    def _files_stat(self) -> None:
        cid = self.query["arg"].removeprefix("/ipfs/")
        if cid not in self.node.files:
            self._error(f"block was not found locally (offline): ipld: could not find {cid}")
            return
        size = self.node.path(cid).stat().st_size
        self._lines({"Hash": cid, "Size": size, "CumulativeSize": size + 14, "Blocks": 1, "Type": "file"})

    def _cat(self) -> None:
        cid = self.query["arg"]
        if cid not in self.node.files:
            self._error(f"block was not found locally (offline): ipld: could not find {cid}")
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("X-Stream-Output", "1")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        with self.node.path(cid).open("rb") as stream:
            while block := stream.read(65536):
                self.wfile.write(f"{len(block):x}\r\n".encode() + block + b"\r\n")
        self.wfile.write(b"0\r\n\r\n")

    # The form, as RFC 7578 has it: one part, read piece by piece.

    def _form_file(self) -> Iterator[bytes]:
        kind, _, rest = self.headers["Content-Type"].partition(";")
        assert kind == "multipart/form-data"
        boundary = rest.strip().removeprefix("boundary=").encode()
        left = int(self.headers["Content-Length"])

        def take(size: int) -> bytes:
            nonlocal left
            piece = self.rfile.read(min(size, left))
            left -= len(piece)
            return piece

        def take_line() -> bytes:
            nonlocal left
            line = self.rfile.readline()
            left -= len(line)
            return line

        assert take_line() == b"--" + boundary + b"\r\n"
        headers = {}
        while (line := take_line()) != b"\r\n":
            name, _, value = line.decode().strip().partition(": ")
            headers[name.lower()] = value
        kind, _, parameters = headers["content-disposition"].partition("; ")
        assert kind == "form-data"
        self.form = dict(one.replace('"', "").split("=") for one in parameters.split("; "))
        assert headers["content-type"] == "application/octet-stream"
        self.node.forms.append(self.form)
        end = b"\r\n--" + boundary + b"--\r\n"
        held = b""
        while left:
            held += take(262144)
            if len(held) > len(end):
                yield held[: -len(end)]
                held = held[-len(end) :]
        assert held == end

    def _swallow(self) -> None:
        left = int(self.headers.get("Content-Length") or 0)
        while left:
            left -= len(self.rfile.read(min(left, 65536)))

    def _lines(self, *objects: dict[str, object]) -> None:
        self._answer(200, b"".join(json.dumps(one).encode() + b"\n" for one in objects))

    def _error(self, message: str) -> None:
        self._answer(500, json.dumps({"Message": message, "Code": 0, "Type": "error"}).encode())

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
