"""A pytest plugin: a node that fails as it is told to, between the application and a real one.

`failing_node` is a JSON-RPC proxy on loopback with kept connections and batches. It hands everything to the test's
own chain and gives back what that says, until `fail` names a fault of FAULTS; `heal` ends it. What is random comes
from a seed.
"""

import json
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

import pytest

from contracts.testing import LiveChain

Json = dict[str, Any]
LOGS, BLOCK, RECEIPTS = "eth_getLogs", "eth_getBlockByNumber", "eth_getBlockReceipts"


class Line:
    """What a fault has in its hands: one request of a client, the node behind, and the connection to answer on."""

    def __init__(self, handler: "_Handler", node: "FailingNode", body: Any) -> None:
        self.handler = handler
        self.node = node
        self.body = body
        self.random = node.random

    def ask(self, body: Any = None) -> Any:
        """The node's own answer to the client's request, or to another one. Raises OSError when it is away."""
        return self.handler.ask(self.body if body is None else body)

    def result(self, method: str, *params: Any) -> Any:
        return self.ask({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).get("result")

    def questions(self) -> list[Json]:
        return self.body if isinstance(self.body, list) else [self.body]

    def each(self, change: Callable[[Json, Json], Json]) -> None:
        """Answer as the node does, each answer changed by what was asked."""
        answer = self.ask()
        if isinstance(answer, list):
            asked = {question["id"]: question for question in self.questions()}
            self.say([change(asked[one["id"]], one) for one in answer])
        else:
            self.say(change(self.body, answer))

    def say(self, answer: Any, status: int = 200) -> None:
        self.say_bytes(json.dumps(answer).encode(), status)

    def say_bytes(self, content: bytes, status: int = 200, *, length: int | None = None) -> None:
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", "application/json")
        self.handler.send_header("Content-Length", str(len(content) if length is None else length))
        self.handler.end_headers()
        self.handler.wfile.write(content)

    def hand_over_by_chance(self) -> None:
        """Whether the node got the request before it failed is what a client cannot know."""
        if self.random.random() < 0.5:
            with suppress(OSError, HTTPException):
                self.ask()


@dataclass(frozen=True)
class Fault:
    """A way to fail. `answer` answers instead of the node; with `method`, only requests that ask for it fail."""

    name: str
    answer: Callable[[Line], None]
    method: str = ""

    def concerns(self, line: Line) -> bool:
        return not self.method or any(question["method"] == self.method for question in line.questions())

    def only(self, method: str) -> "Fault":
        return replace(self, method=method)


# No answer


def too_many(line: Line) -> None:
    line.say({"jsonrpc": "2.0", "id": None, "error": {"code": -32005, "message": "daily request count exceeded"}}, 429)


def broken(line: Line) -> None:
    line.hand_over_by_chance()
    line.say_bytes(b'{"message": "Internal Server Error"}', 500)


def unavailable(line: Line) -> None:
    line.say_bytes(b"<html>503 Service Temporarily Unavailable</html>", 503)


def garbage(line: Line) -> None:
    line.hand_over_by_chance()
    line.say_bytes(b'{"jsonrpc": "2.0", "id": 1, "result": \xff\x00nan')


def empty(line: Line) -> None:
    line.hand_over_by_chance()
    line.say_bytes(b"")


def cut(line: Line) -> None:
    """Half of the answer, then the end of the connection."""
    content = json.dumps(line.ask()).encode()
    line.say_bytes(content[: len(content) // 2], length=len(content))
    line.handler.close_connection = True


def lost(line: Line) -> None:
    """The node does what it was asked, and the connection ends before it can say so."""
    line.ask()
    line.handler.close_connection = True


def nothing(line: Line) -> None:
    line.each(lambda _question, answer: {"jsonrpc": "2.0", "id": answer["id"], "result": None})


def no_shape(line: Line) -> None:
    """JSON-RPC all right, but whatever is asked, the result is of another kind."""
    line.each(lambda _question, answer: {"jsonrpc": "2.0", "id": answer["id"], "result": {"ok": ["yes"]}})


def too_deep(line: Line) -> None:
    line.say_bytes(b"[" * 100_000)


def endless(pause: float) -> Fault:
    """Blanks for ever, a few after each pause, so that no part of it is late."""

    def answer(line: Line) -> None:
        line.handler.send_response(200)
        line.handler.end_headers()
        line.handler.close_connection = True
        while True:
            line.handler.wfile.write(b" " * 2**16)
            line.handler.wfile.flush()
            line.node.healed.wait(pause)

    return Fault("endless", answer)


def endless_head(pause: float) -> Fault:
    """A line of the head that goes on, a sign after each pause."""

    def answer(line: Line) -> None:
        line.handler.close_connection = True
        line.handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Wait: ")
        while not line.node.healed.wait(pause):
            line.handler.wfile.write(b"-")
            line.handler.wfile.flush()

    return Fault("endless head", answer)


def stall(seconds: float) -> Fault:
    """It does what it was asked at once, and says so late: for a client with less patience, never."""

    def answer(line: Line) -> None:
        answer = line.ask()
        line.node.healed.wait(seconds)
        line.say(answer)

    return Fault(f"stalled for {seconds:g} s", answer)


# Wrong answers


def truncated_logs(line: Line) -> None:
    def cut(logs: list[Json]) -> list[Json]:
        gone = line.random.randrange(len(logs))
        return logs[:gone] + logs[gone + 1 + line.random.randrange(len(logs)) :]

    _with_logs(line, cut)


def no_logs(line: Line) -> None:
    _with_logs(line, lambda _logs: [])


def late_index(line: Line) -> None:
    """The last log of each block is not in the index of logs yet."""
    _with_logs(line, _without_lasts)


def _with_logs(line: Line, change: Callable[[list[Json]], list[Json]], *, receipts: bool = False) -> None:
    """Answer as the node does, with other logs; without `receipts` as one that cannot tell those of a block."""

    def answer(question: Json, said: Json) -> Json:
        if question["method"] == LOGS and said.get("result"):
            return {**said, "result": change(said["result"])}
        if question["method"] == RECEIPTS and not receipts:
            error = {"code": -32601, "message": f"the method {RECEIPTS} does not exist/is not available"}
            return {"jsonrpc": "2.0", "id": said["id"], "error": error}
        return said

    line.each(answer)


def _without_lasts(logs: list[Json]) -> list[Json]:
    return [log for log, after in pairwise(logs) if after["blockNumber"] == log["blockNumber"]]


def wrong_hash_in_logs(line: Line) -> None:
    def change(question: Json, answer: Json) -> Json:
        logs = answer.get("result")
        if question["method"] != LOGS or not logs:
            return answer
        wrong = line.random.choice(logs)
        return {**answer, "result": [{**log, "blockHash": _hash(line)} if log is wrong else log for log in logs]}

    line.each(change)


def wrong_hash_in_headers(line: Line) -> None:
    def change(question: Json, answer: Json) -> Json:
        if question["method"] != BLOCK or not answer.get("result") or line.random.random() < 0.5:
            return answer
        return {**answer, "result": {**answer["result"], "hash": _hash(line)}}

    line.each(change)


def _hash(line: Line) -> str:
    return f"0x{line.random.getrandbits(256):064x}"


def stale(blocks: int) -> Fault:
    """It does not know the newest blocks, nor what is in them; what it is sent it hands on."""
    return Fault(f"{blocks} blocks behind", lambda line: _as_of(line, blocks))


def _as_of(line: Line, blocks: int) -> None:
    head = max(0, int(line.result("eth_blockNumber"), 16) - blocks)
    final = int((line.result(BLOCK, "finalized", False) or {"number": "0x0"})["number"], 16)
    shown = {"latest": head, "pending": head, "safe": min(head, final), "finalized": min(head, final)}

    def older(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: older(one) for key, one in value.items()}
        if isinstance(value, list):
            return [older(one) for one in value]
        return hex(shown[value]) if isinstance(value, str) and value in shown else value

    def change(question: Json, answer: Json) -> Json:
        result = answer.get("result")
        number = result.get("number", result.get("blockNumber")) if isinstance(result, dict) else None
        if question["method"] == "eth_blockNumber":
            return {**answer, "result": hex(head)}
        if number is not None and int(number, 16) > head:
            return {**answer, "result": None}
        if question["method"] == LOGS and isinstance(result, list):
            return {**answer, "result": [log for log in result if int(log["blockNumber"], 16) <= head]}
        return answer

    line.body = (
        [{**one, "params": older(one["params"])} for one in line.body]
        if isinstance(line.body, list)
        else {
            **line.body,
            "params": older(line.body["params"]),
        }
    )
    line.each(change)


# Answers that are odd, and harm nobody


def late_index_only(line: Line) -> None:
    """As the late index, of a node that can tell the receipts of a block."""
    _with_logs(line, _without_lasts, receipts=True)


def narrow(width: int) -> Fault:
    """As public nodes: no logs of more blocks than these at once."""

    def answer(line: Line) -> None:
        def refuse(question: Json, answer: Json) -> Json:
            asked = question["params"][0] if question["method"] == LOGS else {}
            if "fromBlock" not in asked or int(asked["toBlock"], 16) - int(asked["fromBlock"], 16) < width:
                return answer
            error = {"code": -32005, "message": "query returned more than 10000 results"}
            return {"jsonrpc": "2.0", "id": answer["id"], "error": error}

        line.each(refuse)

    return Fault(f"no logs of more than {width} blocks", answer)


def shuffled(line: Line) -> None:
    """The answers to a batch in any order, with their numbers as text."""
    answer = line.ask()
    if isinstance(answer, list):
        answer = [{**one, "id": str(one["id"])} for one in answer]
        line.random.shuffle(answer)
    line.say(answer)


def no_batches(line: Line) -> None:
    if isinstance(line.body, list):
        line.say({"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "batches are not supported"}})
    else:
        line.say(line.ask())


def small_batches(line: Line) -> None:
    """As geth: of a batch that is too large for it, one answer to all, with the number of the first question."""
    if isinstance(line.body, list) and len(line.body) > 5:
        error = {"code": -32600, "message": "batch too large"}
        line.say([{"jsonrpc": "2.0", "id": line.body[0]["id"], "error": error}])
    else:
        line.say(line.ask())


def incomplete_batches(line: Line) -> None:
    answer = line.ask()
    if isinstance(answer, list):
        answer.pop(line.random.randrange(len(answer)))
    line.say(answer)


def _named(*answers: Callable[[Line], None]) -> list[Fault]:
    return [Fault(answer.__name__.replace("_", " "), answer) for answer in answers]


SILENT = [*_named(too_many, broken, unavailable, garbage, empty, cut, lost, nothing, no_shape), stall(30)]
"""No answer can be had, or none that can be read."""
LYING = _named(truncated_logs, no_logs, late_index, wrong_hash_in_logs, wrong_hash_in_headers, incomplete_batches)
"""What is answered is not what the chain says, and shows it."""
LAGGING = [stale(3), stale(20)]
ODD = [*_named(shuffled, no_batches, small_batches, late_index_only), narrow(5), stall(0.2)]
"""Everything can be had, in another way."""
FAULTS = [*SILENT, *LYING, *LAGGING, *ODD]


class FailingNode:
    """The proxy. `met` counts how often each fault was answered with."""

    def __init__(self, upstream: str, *, seed: int = 0) -> None:
        self.upstream = urlsplit(upstream)
        self.random = random.Random(seed)  # noqa: S311 - a test to be repeated
        self.met: Counter[str] = Counter()
        self.healed = threading.Event()
        self._lock = threading.Lock()
        self._fault: Fault | None = None
        self._left: int | None = None
        self._chance = 1.0
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.node = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.heal()
        self._server.shutdown()
        self._server.server_close()

    def fail(self, fault: Fault, *, times: int | None = None, chance: float = 1.0) -> None:
        """From now on answer like this: at most so many times (None: until it is healed), each with this chance."""
        with self._lock:
            self.healed.clear()
            self._fault, self._left, self._chance = fault, times, chance

    def heal(self) -> None:
        """Answer as the node does again; what stalls is answered now."""
        with self._lock:
            self._fault = None
        self.healed.set()

    def fault_for(self, line: Line) -> Fault | None:
        with self._lock:
            fault = self._fault
            if fault is None or self._left == 0 or not fault.concerns(line) or self.random.random() >= self._chance:
                return None
            if self._left is not None:
                self._left -= 1
            self.met[fault.name] += 1
            return fault


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    node: FailingNode

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away meanwhile is no error here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave together
    _behind: HTTPConnection | None = None

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        line = Line(self, self.server.node, body)
        fault = self.server.node.fault_for(line)
        try:
            if fault is None:
                line.say(self.ask(body))
            else:
                fault.answer(line)
        except (OSError, HTTPException):
            self.close_connection = True  # the node is away: so are we

    def ask(self, body: Any) -> Any:
        data = json.dumps(body).encode()
        behind = self._behind or HTTPConnection(str(self.server.node.upstream.hostname), self.server.node.upstream.port)
        try:
            behind.request("POST", "/", data, {"Content-Type": "application/json"})
            answer = json.loads(behind.getresponse().read())
        except (OSError, HTTPException):
            behind.close()
            self._behind = None
            raise
        self._behind = behind
        return answer

    def log_message(self, format: str, *args: Any) -> None:
        """The test says what it did."""


@pytest.fixture
def failing_node(live_chain: LiveChain, settings: Any) -> Iterator[FailingNode]:
    """A proxy before the test's chain, to which settings and processes are led; `live_chain.node` is the real one."""
    node = FailingNode(live_chain.node.url)
    node.start()
    direct = live_chain.chain
    live_chain.chain = replace(direct, rpc_url=node.url)
    settings.CHAINS = {"public": {**settings.CHAINS["public"], "rpc_url": node.url}}
    yield node
    live_chain.chain = direct
    node.stop()


@pytest.fixture
def second_node(live_chain: LiveChain) -> Iterator[FailingNode]:
    """Another node of the chain, which fails as it is told to."""
    node = FailingNode(live_chain.node.url)
    node.start()
    yield node
    node.stop()
