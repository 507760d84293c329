"""Arweave through a bundler's upload service, read through a gateway. What is there stays there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import structlog
from django.views.decorators.debug import sensitive_variables

from designs.addresses import Address
from designs.storage import BlobMissing, StoreUnavailable

from .base import Sent, StoreRefused, WrongAddress, hashed
from .data_item import SignedHeader, sign_data_item
from .http import Body, Wire, body_of, pieces_of

logger = structlog.get_logger(__name__)

_ID = re.compile(r"[A-Za-z0-9_-]{43}")


class ArweaveStore:
    """A PublicStore whose names are ids of data items. Its key pays, and can take nothing back."""

    def __init__(self, *, upload: Wire, gateway: Wire, key: str) -> None:
        self._upload = upload
        self._gateway = gateway
        self._key = key

    def name_of(self, path: Path, *, address: Address) -> str:
        return self._signed(path, address).id

    def publish(self, path: Path, *, address: Address, sent: Sent) -> None:
        """Hand it to the bundler, which answers with the id that we computed; a gateway has it minutes later."""
        signed = self._signed(path, address)
        body = Body(path, sent=sent, before=signed.header)
        headers = {"Content-Type": "application/octet-stream"}
        with self._upload.answer("POST", "", data=body, headers=headers) as response:
            text = body_of(response)
            if response.status_code >= 500:
                raise StoreUnavailable
            # 202: it has it already.
            if response.status_code not in (200, 201, 202):
                logger.error("store_refused", store=self._upload.base, status=response.status_code)
                reason = text[:200].decode(errors="replace").strip()
                raise StoreRefused(f"It answered {response.status_code}: {_WHY.get(response.status_code, reason)}")
        if (found := _id_in(text)) not in ("", signed.id):
            raise WrongAddress(wanted=signed.id, found=found)

    def read(self, name: str, *, address: Address) -> Iterator[bytes]:
        with self._gateway.answer("GET", f"/{_checked(name)}", again=True) as response:
            if response.status_code == 404:
                raise BlobMissing(address.sha256)
            if response.status_code != 200:
                raise StoreUnavailable
            yield from hashed(pieces_of(response), address)

    def holds(self, name: str) -> bool:
        with self._gateway.answer("HEAD", f"/{_checked(name)}", again=True) as response:
            if response.status_code >= 500:
                raise StoreUnavailable
            return response.status_code == 200

    def remove(self, name: str) -> None:
        raise StoreRefused("What is on Arweave stays there.")

    @sensitive_variables()
    def _signed(self, path: Path, address: Address) -> SignedHeader:
        tags = [
            ("Content-Type", "application/octet-stream"),
            ("App-Name", "Loomprint"),
            ("File-SHA-256", address.sha256),
            ("IPFS-CID", address.cid),
        ]
        with path.open("rb") as data:
            return sign_data_item(data, size=address.size, tags=tags, key=self._key)


_WHY = {
    401: "look at ARWEAVE_KEY.",
    402: "the key of ARWEAVE_KEY has no credit there.",
    403: "look at ARWEAVE_KEY.",
    404: "no upload service is at ARWEAVE_UPLOAD_URL.",
    413: "the file is larger than it takes.",
}


def _id_in(answer: bytes) -> str:
    """The id that a bundler says; "" where it says none."""
    try:
        return str(json.loads(answer)["id"])
    except (ValueError, KeyError, TypeError):
        return ""


def _checked(name: str) -> str:
    if _ID.fullmatch(name) is None:
        raise ValueError("an id is 43 letters and digits of base 64")
    return name
