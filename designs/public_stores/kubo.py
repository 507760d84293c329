"""A node of IPFS by Kubo's RPC API (docs.ipfs.tech/reference/kubo/rpc): it computes the CID itself, and we compare."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import structlog

from designs.addresses import Address
from designs.addresses.cid import CHUNK_BYTES, MAX_LINKS
from designs.storage import BlobMissing, StoreUnavailable

from .base import Sent, StoreRefused, WrongAddress, hashed
from .http import Wire, body_of, json_lines, multipart, pieces_of

logger = structlog.get_logger(__name__)

# The profile unixfs-v1-2025, said option by option: a node may have another one as its default.
PROFILE_OPTIONS = {
    "cid-version": "1",
    "raw-leaves": "true",
    "chunker": f"size-{CHUNK_BYTES}",
    "max-file-links": str(MAX_LINKS),
    "hash": "sha2-256",
    "trickle": "false",
    "wrap-with-directory": "false",
}
_CID = re.compile(r"b[a-z2-7]{58}")
# What the node says of what it has not, or has not pinned; it has no codes.
_ABSENT = ("not pinned", "not found", "could not find")
# A node that has not got it asks the network; this is how long.
SEARCH_SECONDS = 60


class KuboStore:
    """A PublicStore on one node. The name of a file is its CID."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def name_of(self, path: Path, *, address: Address) -> str:
        return address.cid

    def publish(self, path: Path, *, address: Address, sent: Sent) -> None:
        """Add and pin. A node that gives another CID keeps nothing of it."""
        found = self._added(path, sent)
        if found != address.cid:
            logger.error("store_wrong_address", wanted=address.cid, found=found)
            if _CID.fullmatch(found):
                self.remove(found)
            raise WrongAddress(wanted=address.cid, found=found)
        if not self.pinned(address.cid):
            self._asked("pin/add", arg=address.cid)
        size = self.size_of(address.cid)
        if size != address.size:
            raise StoreRefused(f"It says that {address.cid} has {size} bytes, not {address.size}.")

    def read(self, name: str, *, address: Address) -> Iterator[bytes]:
        request = {"arg": _checked(name), "progress": "false", "timeout": f"{SEARCH_SECONDS}s"}
        with self._wire.answer(
            "POST", "/api/v0/cat", params=request, again=True, read_seconds=SEARCH_SECONDS + 5
        ) as response:
            if response.status_code != 200:
                self._no(response, address.sha256)
            yield from hashed(pieces_of(response), address)

    def holds(self, name: str) -> bool:
        return self.pinned(name) and self.size_of(name) is not None

    def remove(self, name: str) -> None:
        """Unpin it and take its root away: the node can give it no more, and forgets the rest when it collects."""
        if self.pinned(name):
            self._asked("pin/rm", arg=_checked(name), recursive="true", absent_is_fine=True)
        for line in self._asked("block/rm", arg=_checked(name), force="true", absent_is_fine=True):
            if line.get("Error"):
                raise StoreRefused(f"block/rm: {line['Error']}")

    def pinned(self, cid: str) -> bool:
        """Whether the node keeps it for ever."""
        lines = self._asked("pin/ls", arg=_checked(cid), type="recursive", absent_is_fine=True)
        return any(cid in (line.get("Keys") or {}) for line in lines)

    def size_of(self, cid: str) -> int | None:
        """The bytes of the file as the node knows it by itself; None where it has it not."""
        lines = self._asked("files/stat", arg=f"/ipfs/{_checked(cid)}", offline="true", absent_is_fine=True)
        return int(lines[0]["Size"]) if lines and "Size" in lines[0] else None

    def _added(self, path: Path, sent: Sent) -> str:
        body, content_type = multipart(path, sent=sent)
        options = {**PROFILE_OPTIONS, "pin": "true", "quieter": "true", "progress": "false"}
        with self._wire.answer(
            "POST", "/api/v0/add", params=options, data=body, headers={"Content-Type": content_type}
        ) as response:
            if response.status_code != 200:
                self._no(response)
            lines = json_lines(body_of(response))
        # An error after the answer has begun ends it early, or comes as a line.
        if not lines or not isinstance(lines[-1].get("Hash"), str):
            raise StoreRefused(f"add: {lines[-1].get('Message') if lines else 'the answer ended early'}")
        return str(lines[-1]["Hash"])

    def _asked(self, command: str, *, absent_is_fine: bool = False, **options: str) -> list[dict[str, Any]]:
        with self._wire.answer("POST", f"/api/v0/{command}", params=options, again=True) as response:
            if response.status_code == 200:
                return json_lines(body_of(response))
            try:
                self._no(response, "")
            except BlobMissing:
                if absent_is_fine:
                    return []
                raise StoreRefused(f"{command}: it has not got {options.get('arg')}.") from None
        raise AssertionError("unreachable")

    def _no(self, response: Any, sha256: str = "") -> None:
        """Raise what an answer other than 200 means."""
        body = body_of(response)
        message = _message(body)
        if response.status_code == 500 and any(words in message.lower() for words in _ABSENT):
            raise BlobMissing(sha256)
        logger.error("store_refused", store=self._wire.base, status=response.status_code, message=message)
        if response.status_code in (401, 403):
            raise StoreRefused(f"It answered {response.status_code}: look at IPFS_API_AUTHORIZATION.")
        if response.status_code in (404, 405):
            raise StoreRefused(f"It answered {response.status_code}: no Kubo RPC API is at IPFS_API_URL.")
        if response.status_code >= 500 and not message:
            raise StoreUnavailable
        raise StoreRefused(f"It answered {response.status_code}: {message}")


def _message(body: bytes) -> str:
    try:
        return str(json_lines(body)[0]["Message"])[:300]
    except (StoreRefused, IndexError, KeyError):
        return body[:200].decode(errors="replace").strip()


def _checked(cid: str) -> str:
    if _CID.fullmatch(cid) is None:
        raise ValueError("a CID of ours is b and 58 letters and digits of base 32")
    return cid
