"""Speaking HTTP with a store: at the address of the settings alone, without redirects, in constant memory."""

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
import structlog

from common.hashing import BLOCK_BYTES, blocks
from designs.storage import StoreUnavailable

from .base import Sent, StoreRefused

logger = structlog.get_logger(__name__)

CONNECT_SECONDS = 5
# Between two pieces of an answer; a store that has taken the last byte may still have to write and announce it.
READ_SECONDS = 120
ANSWER_BYTES = 1024 * 1024


class Wire:
    """One store's address. Proxies and passwords of the machine's environment are not used."""

    def __init__(self, base: str, *, headers: Mapping[str, str] | None = None) -> None:
        self.base = base.rstrip("/")
        self._headers = {"User-Agent": "loomprint", **(headers or {})}

    @contextmanager
    def answer(
        self, method: str, path: str, *, again: bool = False, read_seconds: float = READ_SECONDS, **request: Any
    ) -> Iterator[requests.Response]:
        """The answer, whose body is not read yet. `again`: ask once more where the connection failed.

        Raises StoreUnavailable when nothing or half an answer came, StoreRefused for a redirect.
        """
        headers = {**self._headers, **request.pop("headers", {})}
        with requests.Session() as session:
            session.trust_env = False
            try:
                for attempt in range(2 if again else 1):
                    try:
                        response = session.request(
                            method,
                            self.base + path,
                            headers=headers,
                            timeout=(CONNECT_SECONDS, read_seconds),
                            allow_redirects=False,
                            stream=True,
                            **request,
                        )
                        break
                    except requests.ConnectionError:
                        if attempt or not again:
                            raise
                if response.is_redirect:
                    raise StoreRefused(f"{self.base} redirects to elsewhere.")
                yield response
            except (requests.RequestException, OSError) as error:
                logger.error("store_unavailable", store=self.base, path=path, error=type(error).__name__)
                raise StoreUnavailable from error


def body_of(response: requests.Response) -> bytes:
    """A short answer; what is longer than a mebibyte is cut."""
    taken = b""
    for piece in response.iter_content(65536):
        taken += piece
        if len(taken) >= ANSWER_BYTES:
            break
    return taken[:ANSWER_BYTES]


def json_lines(body: bytes) -> list[dict[str, Any]]:
    """Objects, one a line. Raises StoreRefused where it is something else."""
    try:
        found = [json.loads(line) for line in body.splitlines() if line.strip()]
    except ValueError:
        raise StoreRefused(f"It answered what is no JSON: {body[:200]!r}") from None
    if not all(isinstance(one, dict) for one in found):
        raise StoreRefused(f"It answered what is no object: {body[:200]!r}")
    return found


def pieces_of(response: requests.Response) -> Iterator[bytes]:
    yield from response.iter_content(BLOCK_BYTES)


class Body:
    """Bytes before, a file, and bytes after it, read as they are sent; their length is known."""

    def __init__(self, path: Path, *, sent: Sent, before: bytes = b"", after: bytes = b"") -> None:
        self._before, self._path, self._after = before, path, after
        self._size = len(before) + path.stat().st_size + len(after)
        self._sent = sent

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[bytes]:
        yield self._before
        gone = 0
        with self._path.open("rb") as stream:
            for block in blocks(stream):
                yield block
                gone += len(block)
                self._sent(gone)
        yield self._after


def multipart(path: Path, *, sent: Sent) -> tuple[Body, str]:
    """A form with the one file (RFC 7578), and its content type."""
    boundary = secrets.token_hex(24)
    head = (
        f"--{boundary}\r\n"
        'Content-Disposition: form-data; name="file"; filename="copy.age"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = Body(path, sent=sent, before=head.encode(), after=f"\r\n--{boundary}--\r\n".encode())
    return body, f"multipart/form-data; boundary={boundary}"
