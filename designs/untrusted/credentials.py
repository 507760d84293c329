"""Content Credentials in the child, through c2pa-python: no network, no thumbnail, and no key but one of a moment."""

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from c2pa import Builder, C2paError, C2paSignerInfo, C2paSigningAlg, Context, Reader, Signer

from designs.untrusted.jumbf import signature_in
from designs.untrusted.refusal import Refusal

Progress = Callable[[str, float], None]

MOST_BYTES = 4 << 20
"""Of a manifest with those of what its file was made from."""
_PARENT = {"title": "master", "relationship": "parentOf", "label": "master"}
_SETTINGS = {
    "version": 1,
    "builder": {"thumbnail": {"enabled": False}},
    # What is drafted has the signature of another key, so there is nothing to verify yet.
    "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
}


def draft(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Write the file, or the manifest to keep beside it, signed by a key of a moment; tell what it signed, and how.

    What it was made from is opened, and brings the credentials that it has; with `named`, or where that is not
    possible or they are too large, it is an ingredient of a name alone.
    """
    given = json.loads(request["manifest"])
    opened = _opened(request)
    actions = given["opened" if opened or request["named"] else "created"]
    definition = {name: given[name] for name in ("claim_generator_info", "title", "ingredients")}
    definition["assertions"] = [{"label": "c2pa.actions.v2", "data": {"actions": actions}}, given["entry"]]
    by_name = {**definition, "ingredients": [*given["ingredients"], {**_PARENT, "instance_id": given["parent"]}]}
    progress("ingredients", 0.4)
    try:
        manifest, content = _signed(request, by_name if request["named"] else definition, opened)
        if opened and not 0 < len(manifest) <= MOST_BYTES:
            manifest, content = _signed(request, by_name, None)
    except C2paError as error:
        raise Refusal("unreadable", cause=str(error)[:200]) from error
    structure, signature = signature_in(manifest)
    Path("credentials").write_bytes(content)
    reply: dict[str, Any] = {"structure": base64.b64encode(structure).decode(), "signature": signature.hex()}
    if request["media_type"] == "image/png" and not request["beside"]:
        reply["checked"] = _chunk_around(content, signature)
    return reply


def _opened(request: dict[str, Any]) -> tuple[str, str] | None:
    """Path and type of the file that is opened as the parent, or None."""
    if request["named"]:
        return None
    if request["master"]:
        return request["master"], request["master_type"]
    # The creator's own credentials stay, as those of what we opened.
    given = request["input"], request["media_type"]
    return given if _has_manifest(*given) else None


def _signed(request: dict[str, Any], definition: dict[str, Any], opened: tuple[str, str] | None) -> tuple[bytes, bytes]:
    """The manifest, and what holds it: the file, or with `beside` itself. Empty where `opened` is of a kind that the
    library does not read.

    The library signs with a key or asks a callback. For a callback it keeps ten thousand bytes free in every file.
    """
    chain, key = request["chain"].encode(), request["key"].encode()
    with Builder(json.dumps(definition), context=Context.from_dict(_SETTINGS)) as builder:
        if opened:
            path, media_type = opened
            try:
                with open(path, "rb") as stream:
                    builder.add_ingredient(json.dumps(_PARENT), media_type, stream)
            except C2paError:
                return b"", b""
        if request["beside"]:
            builder.set_no_embed()
        signer = Signer.from_info(C2paSignerInfo(C2paSigningAlg.ES256, chain, key, None))
        signed = io.BytesIO()
        with open(request["input"], "rb") as stream:
            manifest = bytes(builder.sign(signer, request["media_type"], stream, signed))
    return manifest, manifest if request["beside"] else signed.getvalue()


def _has_manifest(path: str, media_type: str) -> bool:
    try:
        with open(path, "rb") as stream:
            Reader(media_type, stream, context=Context.from_dict(_SETTINGS)).close()
    except C2paError:
        return False
    return True


def _chunk_around(data: bytes, mark: bytes) -> list[int]:
    """From the type of the PNG chunk that holds the mark to its checksum."""
    wanted, place = data.find(mark), 8
    while place + 8 <= len(data):
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        if place < wanted < end:
            return [place + 4, end]
        place = end + 4
    raise Refusal("unreadable", cause="the manifest is in no chunk")
