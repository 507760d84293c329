"""JSON-RPC over one kept connection per thread, made after fork, with typed errors.

A node that sits behind another port tomorrow may be another chain: each new connection asks for the chain id first.
"""

import http.client
import io
import json
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from contracts.encoding import decode_revert
from contracts.errors import (
    AlreadyKnown,
    ChainUnavailable,
    InsufficientFunds,
    InvalidTransaction,
    NonceTooLow,
    RpcError,
    Underpriced,
    WrongChain,
)

Request = tuple[str, Sequence[Any]]
MOST_BYTES = 256 * 2**20
"""What one answer may hold: hundreds of times as much as a full window of logs."""
PART_BYTES = 2**16
PATIENCE = 4
"""How many times the timeout a whole answer may take, from its question to its last byte."""
LEFT_AS_TEXT = frozenset({"eth_getLogs", "eth_getBlockReceipts", "eth_getTransactionReceipt"})
"""What these answer is long: a msgspec.Raw, to be read straight into what it is (contracts.answers)."""
_HEX = re.compile("0x([0-9a-fA-F]{2})*")

# Nodes agree on no code; their texts are as geth, erigon, nethermind and anvil write them.
_TEXTS: tuple[tuple[type[RpcError], tuple[str, ...]], ...] = (
    (AlreadyKnown, ("already known", "already imported", "known transaction", "alreadyknown", "with same hash")),
    (NonceTooLow, ("nonce too low", "nonce is too low", "old nonce", "oldnonce", "invalid nonce")),
    (InsufficientFunds, ("insufficient funds", "insufficient balance", "insufficientfunds")),
    (
        Underpriced,
        (
            "underpriced",
            "could not replace existing tx",
            "replacementnotallowed",
            "fee too low",
            "feetoolow",
            "less than block base fee",
            "below the base fee",
            "max fee per gas less",
        ),
    ),
    (
        InvalidTransaction,
        (
            "intrinsic gas",
            "exceeds block gas limit",
            "gas limit reached",
            "oversized data",
            "max priority fee per gas higher",
            "invalid sender",
            "invalid chain id",
            "tx type not supported",
            "max initcode size",
        ),
    ),
)


class _Bounded(io.RawIOBase):
    """What a connection gives, up to a time: what only trickles never meets the timeout, which is for each part."""

    def __init__(self, raw: io.RawIOBase, latest: float) -> None:
        self._raw = raw
        self._latest = latest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if time.monotonic() > self._latest:
            raise TimeoutError("its answer has no end")
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer whose head is bounded in time as its body is."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        latest = time.monotonic() + PATIENCE * (sock.gettimeout() or 0.0)
        self.fp = io.BufferedReader(_Bounded(self.fp.detach(), latest))


class _Answer(msgspec.Struct):
    """One answer of JSON-RPC; what nodes add to it is passed over."""

    id: int | float | str | None = None
    result: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    error: Any = None


_read: Callable[[bytearray], list[_Answer] | _Answer] = msgspec.json.Decoder(list[_Answer] | _Answer).decode


def error_of(answer: dict[str, Any]) -> RpcError:
    """The typed form of a JSON-RPC error object."""
    message = str(answer.get("message", "")).replace("\0", "\ufffd")  # it is stored, and PostgreSQL's texts hold no NUL
    try:
        code = int(answer.get("code", 0) or 0)
    except (TypeError, ValueError):
        code = 0
    data = answer.get("data")
    if isinstance(data, dict):
        data = data.get("data", data.get("result"))
    lowered = message.lower()
    if code == 3 or "revert" in lowered:
        return decode_revert(data if isinstance(data, str) and _HEX.fullmatch(data) else "0x")
    for kind, texts in _TEXTS:
        if any(text in lowered for text in texts):
            return kind(message, code=code, data=data)
    return RpcError(message, code=code, data=data)


class Rpc:
    """A node at a URL. Raises ChainUnavailable, WrongChain, or the RpcError that fits the answer.

    Without a `chain_id` it is none, but something else that answers JSON-RPC.
    """

    def __init__(self, url: str, *, chain_id: int | None, timeout: float = 15.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ChainUnavailable(f"{url!r} is no http(s) address of a node.")
        self._parts = parts
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._chain_id = chain_id
        self._timeout = timeout
        self._local = threading.local()
        self.requests = 0
        """How many were made of it; of several threads at once, about."""

    def call(self, method: str, *params: Any) -> Any:
        """The result of one method."""
        answer = self._exchange({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        return _result(answer, method)

    def batch(self, requests: Sequence[Request]) -> list[Any]:
        """Results in order; an item that the node refused is its RpcError, not raised."""
        if not requests:
            return []
        body = [
            {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
            for number, (method, params) in enumerate(requests)
        ]
        answers = self._exchange(body)
        if not isinstance(answers, list):
            return [self._one(method, params) for method, params in requests]
        if len(requests) > 1 and len(answers) == 1 and answers[0].error is not None:
            # As geth refuses a batch that is too large for it.
            half = len(requests) // 2
            return self.batch(requests[:half]) + self.batch(requests[half:])
        # In whatever order; some nodes give numbers back as text.
        by_id = {str(answer.id): answer for answer in answers}
        found: list[Any] = []
        for number, (method, _params) in enumerate(requests):
            if str(number) not in by_id:
                raise ChainUnavailable("The node left a question of a batch unanswered.")
            try:
                found.append(_result(by_id[str(number)], method))
            except RpcError as error:
                found.append(error)
        return found

    def _one(self, method: str, params: Sequence[Any]) -> Any:
        try:
            return self.call(method, *params)
        except RpcError as error:
            return error

    def _exchange(self, body: Any) -> list[_Answer] | _Answer:
        data = json.dumps(body).encode()
        connection: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if connection is not None and self._local.process == os.getpid():
            try:
                return self._ask(connection, data)
            except TimeoutError as error:
                self._forget(connection)
                raise ChainUnavailable(f"The node does not answer: {error}.") from error
            except (http.client.HTTPException, OSError):
                connection.close()  # an idle connection that the node has closed: ask once more on a new one
        connection = self._connect()
        try:
            return self._ask(connection, data)
        except (http.client.HTTPException, OSError) as error:
            self._forget(connection)
            raise ChainUnavailable(f"The node does not answer: {error or type(error).__name__}.") from error

    def _connect(self) -> http.client.HTTPConnection:
        host, port = str(self._parts.hostname), self._parts.port
        connection: http.client.HTTPConnection
        if self._parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                host, port, timeout=self._timeout, context=ssl.create_default_context()
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=self._timeout)
        connection.response_class = _Response
        if self._chain_id is not None:
            self._check_chain(connection)
        self._local.connection = connection
        self._local.process = os.getpid()
        return connection

    def _check_chain(self, connection: http.client.HTTPConnection) -> None:
        question = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}).encode()
        try:
            found = int(_result(self._ask(connection, question), "eth_chainId"), 16)
        except (http.client.HTTPException, OSError) as error:
            self._forget(connection)
            raise ChainUnavailable(f"The node cannot be reached: {error or type(error).__name__}.") from error
        except (RpcError, TypeError, ValueError) as error:
            self._forget(connection)
            raise ChainUnavailable(f"The node does not tell its chain id: {error}.") from error
        if found != self._chain_id:
            self._forget(connection)
            raise WrongChain(f"The node serves chain {found}, the settings name chain {self._chain_id}.")

    def _forget(self, connection: http.client.HTTPConnection) -> None:
        connection.close()
        self._local.connection = None

    def _ask(self, connection: http.client.HTTPConnection, data: bytes) -> list[_Answer] | _Answer:
        self.requests += 1
        connection.request("POST", self._path, data, {"Content-Type": "application/json"})
        response = connection.getresponse()
        content = self._content(connection, response)
        status = response.status
        if status == 429 or status > 500:
            raise ChainUnavailable(f"The node answers {status}.")
        try:
            answer = _read(content)
        except (ValueError, RecursionError) as error:
            raise ChainUnavailable(f"The node answers {status} and no JSON-RPC.") from error
        # Some nodes say the errors of JSON-RPC with another status than 200; a result is believed with none.
        if status != 200 and not (isinstance(answer, _Answer) and answer.error):
            raise ChainUnavailable(f"The node answers {status}.")
        return answer

    def _content(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> bytearray:
        content = bytearray()
        while part := response.read1(PART_BYTES):
            content += part
            if len(content) > MOST_BYTES:
                self._forget(connection)
                raise ChainUnavailable("The node's answer has no end.")
        if response.length:
            raise http.client.IncompleteRead(bytes(content), response.length)
        response.close()  # or the next question would need a new connection
        return content


def _result(answer: list[_Answer] | _Answer, method: str) -> Any:
    if isinstance(answer, list):
        raise ChainUnavailable("The node answers one question with a list.")
    if answer.error is not None:
        raise error_of(answer.error if isinstance(answer.error, dict) else {"message": str(answer.error)})
    if answer.result is msgspec.UNSET:
        raise ChainUnavailable("The node's answer is no JSON-RPC.")
    if method in LEFT_AS_TEXT:
        return answer.result
    try:
        return msgspec.json.decode(answer.result)
    except (ValueError, RecursionError) as error:
        raise ChainUnavailable("The node's answer is no JSON.") from error
