"""Signing a file: a child drafts its manifest with a mark where the signature belongs, and the parent signs and puts it
there. So the key is never where untrusted bytes are read.
"""

import base64
import binascii
import json
import mmap
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from designs.credentials.certificate import Certificate
from designs.errors import DesignError
from designs.sandbox import ChildFailed, Limits, Progress, run_child

GIBIBYTE = 1024**3
SIGNATURE_BYTES = 64
EMBEDDING = {"image/png", "image/jpeg", "image/webp"}
"""What is delivered with its manifest in it, beside our statement; for anything else it is a file beside it."""
SIDECAR_TYPE = "application/c2pa"
_LIMITS = Limits(cpu_seconds=60, wall_seconds=90, memory_bytes=3 * GIBIBYTE, file_bytes=GIBIBYTE)
_TRANSIENT = {"timeout", "killed", "crashed", "bad_reply"}


class CredentialsError(DesignError):
    """A file could not be signed; with `retryable` it may work later."""

    def __init__(self, code: str) -> None:
        super().__init__(code, _("The file could not be given Content Credentials. Nothing was lost; try again."))
        self.retryable = code in _TRANSIENT


@dataclass(frozen=True)
class Signed:
    """The signed file, or with `beside` the manifest to keep beside the file, which is as it was."""

    path: Path
    beside: bool


def sign_file(
    source: Path,
    media_type: str,
    manifest: Mapping[str, Any],
    certificate: Certificate,
    folder: Path,
    *,
    master: Path | None = None,
    master_type: str = "",
    beside: bool | None = None,
    progress: Progress | None = None,
) -> Signed:
    """Sign the file into `folder`. With `master` it was made from that one, which becomes its parent ingredient.

    `manifest` is as manifest_of gives it; unless `beside` says, the file's type says where it is put. Raises
    CredentialsError.
    """
    mark = secrets.token_bytes(SIGNATURE_BYTES)
    beside = media_type not in EMBEDDING if beside is None else beside
    request = {
        "input": str(source.resolve()),
        "media_type": media_type,
        "manifest": json.dumps(manifest),
        "chain": certificate.chain,
        "mark": mark.hex(),
        "beside": beside,
        "master": str(master.resolve()) if master else "",
        "master_type": master_type,
    }
    try:
        reply = run_child("draft_credentials", request, workdir=folder, limits=_LIMITS, progress=progress)
    except ChildFailed as failure:
        raise CredentialsError(failure.code) from failure
    path = folder / "credentials"
    try:
        structure = base64.b64decode(reply["structure"], validate=True)
        _put(path, mark, certificate.sign(structure), reply.get("checked"))
    except (KeyError, ValueError, TypeError, OSError, binascii.Error) as error:
        raise CredentialsError("bad_reply") from error
    return Signed(path, beside)


def _put(path: Path, mark: bytes, signature: bytes, checked: Any) -> None:
    """The signature in the place of its mark, which stands there once; and the checksum of the bytes around it.

    `checked` is where a PNG's chunk begins and ends that has a checksum behind it. Raises ValueError.
    """
    if path.is_symlink():
        raise ValueError("not a plain file")
    with path.open("r+b") as stream, mmap.mmap(stream.fileno(), 0) as data:
        place = data.find(mark)
        if place < 0 or data.find(mark, place + 1) >= 0:
            raise ValueError("the mark does not stand there once")
        data[place : place + len(mark)] = signature
        if checked is not None:
            start, end = (int(value) for value in checked)
            if not 0 <= start <= place or not place + len(mark) <= end <= len(data) - 4:
                raise ValueError("a checksum of something else")
            data[end : end + 4] = zlib.crc32(data[start:end]).to_bytes(4, "big")
