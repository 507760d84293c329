"""Content Credentials that somebody else put into a file: whether they hold, and what they say, cut to a size."""

import base64
import io
import json
from collections.abc import Callable
from typing import Any

from c2pa import C2paError, Context, Reader

Progress = Callable[[str, float], None]

MOST_JSON_CHARACTERS = 4_000_000
MOST_ITEMS = 16
MOST_CHARACTERS = 200
_ANY = "application/octet-stream"
_WHOLE = "c2pa.hash.data"
_HASH_FAILS = "assertion.dataHash.mismatch"
_UNTRUSTED = "signingCredential.untrusted"
_WITHOUT_FILE = ("claim", "signingCredential.", "assertion.hashedURI.", "assertion.missing")
"""How codes of failures begin that are none of the file's."""
_ODD = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_UNREADABLE = {"state": "invalid", "failures": ["the manifest cannot be read"]}
_STATES = {"Trusted": "trusted", "Valid": "valid", "Invalid": "invalid"}


def read(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """What the file's active manifest says: `state` is trusted, valid, invalid or absent.

    `anchors` is PEM of who is trusted; nothing is fetched from anywhere. With `beside` the manifest lies there.
    """
    beside: dict[str, Any] = {}
    if request["beside"]:
        with open(request["beside"], "rb") as stream:
            beside = {"manifest_data": stream.read()}
    try:
        with (
            open(request["input"], "rb") as stream,
            Reader(request["media_type"], stream, context=_context(request), **beside) as reader,
        ):
            progress("validate", 0.7)
            return _told(reader.get_validation_state(), reader.json())
    except C2paError as error:
        return _without(error)


def read_beside(request: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """The same of a manifest in `beside`, where of its file the SHA-256 alone is known.

    The manifest is validated without a file, which can fail by its hash alone; that is compared here.
    """
    with open(request["beside"], "rb") as stream:
        manifest = stream.read()
    try:
        with Reader(_ANY, io.BytesIO(), manifest_data=manifest, context=_context(request)) as reader:
            progress("validate", 0.7)
            text, whole = reader.json(), reader.detailed_json()
    except C2paError as error:
        return _without(error)
    told = _told(None, text)
    if "actions" not in told:
        return told
    try:
        return {**told, **state_by_hash(json.loads(whole), request["sha256"])}
    except _ODD:
        return _UNREADABLE


def state_by_hash(store: dict[str, Any], sha256: str) -> dict[str, Any]:
    """State and failures of a manifest that was validated without its file, had that file been at hand.

    Of one that is bound to the whole file by its SHA-256, as the library has it, but for that hash. Of any other, as a
    manifest of boxes or parts, or one that updates another and has no binding of its own, the library speaks of a
    file that is not there: it is *invalid* by what holds without any, and else *not checked*.
    """
    active = store["manifests"][store["active_manifest"]]
    results = store["validation_results"]
    succeeded = {one["code"] for one in results["activeManifest"]["success"]}
    failures = [one["code"] for one in results["activeManifest"]["failure"]]
    bound = _hash_of_whole_file(active)
    if bound is None:
        failures = [code for code in failures if code.startswith(_WITHOUT_FILE) and code != _UNTRUSTED]
        state = "not_checked"
    else:
        failures = [code for code in failures if code != _HASH_FAILS] + [_HASH_FAILS] * (bound != sha256)
        failures += [
            one["code"] for delta in results.get("ingredientDeltas", []) for one in delta["validationDeltas"]["failure"]
        ]
        state = "trusted" if "signingCredential.trusted" in succeeded and not failures else "valid"
    if set(failures) - {_UNTRUSTED} or "claimSignature.validated" not in succeeded:
        state = "invalid"
    return {"state": state, "failures": [_text(code) for code in failures[:MOST_ITEMS]]}


def _hash_of_whole_file(active: dict[str, Any]) -> str | None:
    """The SHA-256 of all of the file, in hex, if the manifest is bound to it by that and nothing else."""
    bindings = [label for label in active["assertion_store"] if label.startswith("c2pa.hash.")]
    if bindings != [_WHOLE]:
        return None
    whole = active["assertion_store"][_WHOLE]
    if whole.get("exclusions") or (whole.get("alg") or active["claim"].get("alg")) != "sha256":
        return None
    return base64.b64decode(whole["hash"]).hex()


def _context(request: dict[str, Any]) -> Context:
    settings: dict[str, Any] = {
        "version": 1,
        "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
    }
    if request["anchors"]:
        settings["trust"] = {"trust_anchors": request["anchors"]}
    return Context.from_dict(settings)


def _without(error: C2paError) -> dict[str, Any]:
    if isinstance(error, C2paError.ManifestNotFound | C2paError.NotSupported):
        return {"state": "absent"}
    return {"state": "invalid", "failures": [str(error)[:MOST_CHARACTERS]]}


def _told(state: str | None, text: str) -> dict[str, Any]:
    if len(text) > MOST_JSON_CHARACTERS:
        return {"state": "invalid", "failures": ["the manifest is too long to be read"]}
    try:
        store = json.loads(text)
        active = _object(store["manifests"][store["active_manifest"]])
        return {
            "state": _STATES.get(state or "", "invalid"),
            "failures": _failures(store),
            "generator": _generator(active),
            "title": _text(active.get("title")),
            "signed_by": _text(_object(active.get("signature_info")).get("issuer")),
            "signed_at": _text(_object(active.get("signature_info")).get("time")),
            "entry": _entry(active),
            **_actions(active),
            "ingredients": [_ingredient(one, store["manifests"]) for one in _objects(active.get("ingredients"))],
        }
    except _ODD:
        return _UNREADABLE


def _text(value: Any) -> str:
    """Text in one line, of a size to show; empty for anything else."""
    return (
        "".join(one if one.isprintable() else " " for one in value[:MOST_CHARACTERS]) if isinstance(value, str) else ""
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value[:MOST_ITEMS] if isinstance(one, dict)] if isinstance(value, list) else []


def _failures(store: dict[str, Any]) -> list[str]:
    results = _object(_object(store.get("validation_results")).get("activeManifest"))
    return [_text(one.get("code")) for one in _objects(results.get("failure"))]


def _generator(manifest: dict[str, Any]) -> str:
    for one in _objects(manifest.get("claim_generator_info")):
        return f"{_text(one.get('name'))} {_text(one.get('version'))}".strip()
    return _text(manifest.get("claim_generator"))


def _assertions(manifest: dict[str, Any], label: str) -> list[dict[str, Any]]:
    return [
        _object(one.get("data"))
        for one in _objects(manifest.get("assertions"))
        if str(one.get("label", "")).split("__")[0] == label
    ]


def _actions(manifest: dict[str, Any]) -> dict[str, Any]:
    """Names of actions, and IPTC's words for the kind of source, in their order and each once."""
    found = [
        one
        for label in ("c2pa.actions.v2", "c2pa.actions")
        for data in _assertions(manifest, label)
        for one in _objects(data.get("actions"))
    ]
    sources = [_text(one.get("digitalSourceType")).rsplit("/", 1)[-1] for one in found]
    return {
        "actions": list(dict.fromkeys(_text(one.get("action")) for one in found)),
        "sources": list(dict.fromkeys(one for one in sources if one)),
    }


def _entry(manifest: dict[str, Any]) -> str:
    """The entry that a manifest of ours names; empty for any other."""
    for data in _assertions(manifest, "example.loomprint.entry"):
        return _text(data.get("entry"))
    return ""


def _ingredient(one: dict[str, Any], manifests: dict[str, Any]) -> dict[str, Any]:
    named = _text(one.get("instance_id"))
    entry = named.rsplit(":", 1)[-1] if named.startswith("urn:loomprint:entry:") else ""
    return {
        "title": _text(one.get("title")),
        "relationship": _text(one.get("relationship")),
        "entry": entry or _entry(_object(manifests.get(str(one.get("active_manifest"))))),
    }
