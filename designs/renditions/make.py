"""The parent's side of making a rendition: two children with limits, and between them the operator's signature."""

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from contracts.verifier import NoStatement, Statement
from designs.credentials import SIDECAR_TYPE, Signed
from designs.errors import DesignError
from designs.inspection import DetectedType, FileLimits, sentence
from designs.sandbox import ChildFailed, Limits, Progress, run_child

GIBIBYTE = 1024**3
LONGEST = 2048
"""Pixels on the longer side of an image that is made smaller."""
_LIMITS = Limits(cpu_seconds=200, wall_seconds=240, memory_bytes=4 * GIBIBYTE, file_bytes=GIBIBYTE)
_MEDIA_TYPES = {"image/png", "image/jpeg", "image/webp", "model/gltf-binary", "model/stl", "model/3mf", "model/step"}
_TRANSIENT = {"timeout", "killed", "crashed", "bad_reply"}
_CHUNK = 1 << 20

Sign = Callable[[Statement], Statement]
Credential = Callable[[Path, str], Signed | None]
"""Signs a file of this media type by the certificate; None where there is none, or it cannot be."""


class RenditionError(DesignError):
    """A rendition could not be made; with `retryable` it may work later."""

    def __init__(self, code: str, message: str, *, retryable: bool) -> None:
        super().__init__(code, message)
        self.retryable = retryable


@dataclass(frozen=True)
class MadeRendition:
    """A finished file with what was signed: `embedded` is in it (None where it cannot be), `whole` is about it, and
    `beside` about the manifest, where there is one."""

    path: Path
    media_type: str
    embedded: Statement | None
    whole: Statement
    has_credentials: bool = False
    manifest: Path | None = None
    beside: Statement | None = None


def make_rendition(
    master: Path,
    detected: DetectedType,
    about: Statement,
    folder: Path,
    *,
    sign: Sign,
    credential: Credential,
    progress: Progress | None = None,
) -> MadeRendition:
    """Make the form that `about` names, out of the master, in an empty folder.

    `about` is a statement without content and signature, which `sign` adds. Raises RenditionError.
    """
    if about.form == "c2pa":
        return _sidecar(master, detected.media_type, about, sign, credential)
    limits = FileLimits.configured()
    request = {
        "input": str(master.resolve()),
        "format": detected.format,
        "form": about.form,
        **detected.frame(),
        "longest": LONGEST,
        "max_pixels": limits.max_pixels,
        "max_triangles": limits.max_triangles,
        "chain_id": about.chain_id,
        "registry": about.registry,
        "entry_id": about.entry_id,
        "master": about.master,
    }
    reply = _child("make_rendition", request, folder, progress)
    try:
        media_type, scheme, content = (str(reply[name]) for name in ("media_type", "scheme", "content"))
        if media_type not in _MEDIA_TYPES:
            raise ValueError("a media type that is not ours")
        path = master if about.form == "credentials" else _plain(folder / "converted")
        embedded = None
        if scheme != "file":
            # Read back, so that the child's words are digits of the right number, and nothing else is signed.
            embedded = Statement.read(_with(about, scheme, content).text.encode())
            embedded = sign(embedded)
            _child("seal_rendition", {"input": str(path.resolve()), "statement": embedded.text}, folder, progress)
            path = _plain(folder / "sealed")
    except (KeyError, ValueError, OSError, NoStatement) as error:
        raise _error(ChildFailed("bad_reply")) from error
    # Last, for they speak of the finished file.
    signed = credential(path, media_type)
    path = signed.path if signed is not None and not signed.beside else path
    manifest = signed.path if signed is not None and signed.beside else None
    return MadeRendition(
        path,
        media_type,
        embedded,
        sign(_with(about, "file", _sha256(path))),
        has_credentials=signed is not None and not signed.beside,
        manifest=manifest,
        beside=sign(about_manifest(about, _sha256(manifest))) if manifest else None,
    )


def _sidecar(master: Path, media_type: str, about: Statement, sign: Sign, credential: Credential) -> MadeRendition:
    """The Content Credentials of the master itself, which is not changed for them."""
    signed = credential(master, media_type)
    if signed is None or not signed.beside:
        message = _("Content Credentials cannot be made at the moment. Try again later.")
        raise RenditionError("no_certificate", message, retryable=False)
    return MadeRendition(signed.path, SIDECAR_TYPE, None, sign(_with(about, "file", _sha256(signed.path))))


def about_manifest(about: Statement, sha256: str) -> Statement:
    """What is stated of Content Credentials beside a file: they are another form of the same master."""
    return replace(about, scheme="file", form="c2pa", content=sha256)


def _with(about: Statement, scheme: str, content: str) -> Statement:
    return Statement(scheme, about.chain_id, about.registry, about.entry_id, about.master, about.form, content)


def _child(task: str, request: dict[str, Any], folder: Path, progress: Progress | None) -> dict[str, Any]:
    try:
        return run_child(task, request, workdir=folder, limits=_LIMITS, progress=progress)
    except ChildFailed as failure:
        raise _error(failure) from failure


def _error(failure: ChildFailed) -> RenditionError:
    if failure.code in _TRANSIENT:
        message = _("The file could not be made. Nothing was lost; try again in a moment.")
    else:
        message = sentence(failure.code, failure.details)
    return RenditionError(failure.code, message, retryable=failure.code in _TRANSIENT)


def _plain(path: Path) -> Path:
    """The path, if a plain file of some length lies there. Raises ValueError or OSError."""
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1 or status.st_size == 0:
        raise ValueError("not a plain file")
    return path


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
