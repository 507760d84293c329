"""Signing a file: a child drafts its manifest and signs it by a key of a moment; the parent signs the same and puts its
signature in the place of the other. So the operator's key is never where untrusted bytes are read.
"""

import base64
import binascii
import json
import mmap
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from django.utils.translation import gettext as _

from designs.credentials.certificate import Certificate
from designs.errors import DesignError
from designs.sandbox import ChildFailed, Limits, Progress, run_child

GIBIBYTE = 1024**3
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
    named: bool = False,
    beside: bool | None = None,
    progress: Progress | None = None,
) -> Signed:
    """Sign the file into `folder`. With `master` it was made from that one, which becomes its parent ingredient with
    the credentials that it brings; with `named` the parent is the manifest's, of which nothing but the name is there.

    `manifest` is as manifest_of gives it; unless `beside` says, the file's type says where it is put. Raises
    CredentialsError.
    """
    moment = ec.generate_private_key(ec.SECP256R1())
    beside = media_type not in EMBEDDING if beside is None else beside
    request = {
        "input": str(source.resolve()),
        "media_type": media_type,
        "manifest": json.dumps(manifest),
        "chain": certificate.chain,
        "key": moment.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
        "beside": beside,
        "master": str(master.resolve()) if master else "",
        "master_type": master_type,
        "named": named,
    }
    try:
        reply = run_child("draft_credentials", request, workdir=folder, limits=_LIMITS, progress=progress)
    except ChildFailed as failure:
        raise CredentialsError(failure.code) from failure
    path = folder / "credentials"
    try:
        structure, drafted = base64.b64decode(reply["structure"], validate=True), bytes.fromhex(reply["signature"])
        _check(moment.public_key(), structure, drafted)
        _put(path, drafted, certificate.sign(structure), reply.get("checked"))
    except (KeyError, ValueError, TypeError, OSError, binascii.Error) as error:
        raise CredentialsError("bad_reply") from error
    return Signed(path, beside)


def _check(key: ec.EllipticCurvePublicKey, structure: bytes, signature: bytes) -> None:
    """That this is what the library had signed, and not what somebody takes for it. Raises ValueError."""
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
    try:
        key.verify(utils.encode_dss_signature(r, s), structure, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise ValueError("not what was signed") from error


def _put(path: Path, drafted: bytes, signature: bytes, checked: Any) -> None:
    """The signature in the place of the drafted one, which stands there once; and the checksum of the bytes around it.

    `checked` is where a PNG's chunk begins and ends that has a checksum behind it. Raises ValueError.
    """
    if path.is_symlink():
        raise ValueError("not a plain file")
    with path.open("r+b") as stream, mmap.mmap(stream.fileno(), 0) as data:
        place = data.find(drafted)
        if place < 0 or data.find(drafted, place + 1) >= 0:
            raise ValueError("the drafted signature does not stand there once")
        data[place : place + len(signature)] = signature
        if checked is not None:
            start, end = (int(value) for value in checked)
            if not 0 <= start <= place or not place + len(signature) <= end <= len(data) - 4:
                raise ValueError("a checksum of something else")
            data[end : end + 4] = zlib.crc32(data[start:end]).to_bytes(4, "big")
