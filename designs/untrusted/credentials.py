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

_SETTINGS = {
    "version": 1,
    "builder": {"thumbnail": {"enabled": False}},
    # What is drafted has the signature of another key, so there is nothing to verify yet.
    "verify": {"verify_after_sign": False, "remote_manifest_fetch": False, "ocsp_fetch": False},
}


def draft(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Write the file, or the manifest to keep beside it, signed by a key of a moment; tell what it signed, and how.

    The library signs with a key or asks a callback. For a callback it keeps ten thousand bytes free in every file.
    """
    given = json.loads(request["manifest"])
    media_type, master = request["media_type"], request["master"]
    if not master and _has_manifest(request["input"], media_type):
        # The creator's own credentials stay, as those of what we opened.
        master, request["master_type"] = request["input"], media_type
    actions = given["opened" if master else "created"]
    definition = {name: given[name] for name in ("claim_generator_info", "title", "ingredients")}
    definition["assertions"] = [{"label": "c2pa.actions.v2", "data": {"actions": actions}}, given["entry"]]
    try:
        builder = _builder(definition, master, request["master_type"])
        if request["beside"]:
            builder.set_no_embed()
        progress("ingredients", 0.4)
        chain, key = request["chain"].encode(), request["key"].encode()
        signer = Signer.from_info(C2paSignerInfo(C2paSigningAlg.ES256, chain, key, None))
        signed = io.BytesIO()
        with open(request["input"], "rb") as stream:
            manifest = bytes(builder.sign(signer, media_type, stream, signed))
    except C2paError as error:
        raise Refusal("unreadable", cause=str(error)[:200]) from error
    structure, signature = signature_in(manifest)
    content = manifest if request["beside"] else signed.getvalue()
    Path("credentials").write_bytes(content)
    reply: dict[str, Any] = {"structure": base64.b64encode(structure).decode(), "signature": signature.hex()}
    if media_type == "image/png" and not request["beside"]:
        reply["checked"] = _chunk_around(content, signature)
    return reply


def _builder(definition: dict[str, Any], master: str, master_type: str) -> Builder:
    builder = Builder(json.dumps(definition), context=Context.from_dict(_SETTINGS))
    if not master:
        return builder
    parent = {"title": "master", "relationship": "parentOf", "label": "master"}
    try:
        with open(master, "rb") as stream:
            builder.add_ingredient(json.dumps(parent), master_type, stream)
    except C2paError:
        # A kind of file that it does not read: named all the same, and our assertion has its hash.
        builder.close()
        named = [*definition["ingredients"], {**parent, "instance_id": f"urn:loomprint:file:{Path(master).name}"}]
        builder = Builder(json.dumps({**definition, "ingredients": named}), context=Context.from_dict(_SETTINGS))
    return builder


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
