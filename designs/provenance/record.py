"""Which fields a provenance record has, and what each may hold (schema version 4).

Every key is always there, null when nothing was stated, so that a tree's size says nothing about its design.
No name and no mail enters: people stand in it by their address (law 13).
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NotRequired, TypedDict, Unpack

from django.utils.translation import gettext as _

from designs.addresses import PROFILE
from designs.errors import DesignError

from .canonical import MAX_SAFE_INTEGER, UnsafeValue, canonical
from .merkle import SaltedRecord, fresh_salts

RECORD_VERSION = 4
SHARE_UNITS = 1_000_000
# Each further file has a field of its own, so that it is proven alone; those that are free are null.
ATTACHMENT_KEYS = tuple(f"attachments.{number}" for number in range(1, 13))
MAX_FIELD_BYTES = 256 * 1024
_HEX32 = re.compile(r"[0-9a-f]{64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


class RecordError(DesignError):
    """A record cannot be made of what was stated; `field` says which part, `str()` what to do."""

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(code, message)
        self.field = field


class Contributor(TypedDict):
    """One address with its role and its first share in units of 1,000,000."""

    address: str
    role: str
    units: int


class Statement(TypedDict):
    """What a record is built from. Hashes are 64 hex digits, with or without 0x; parents are entry ids; models,
    programs and datasets are as Reference.stated gives them, attachments (at most 12) as Attachment.stated does."""

    output_sha256: str
    output_cid: str
    output_media_type: str
    disclosure: str
    contributors: Sequence[Contributor]
    created_at: datetime
    design_version: NotRequired[int]
    model_name: NotRequired[str]
    model_version: NotRequired[str]
    parameters: NotRequired[Mapping[str, Any]]
    prompt: NotRequired[str]
    seed: NotRequired[str]
    tools: NotRequired[Sequence[str]]
    parents: NotRequired[Sequence[str]]
    models: NotRequired[Sequence[Mapping[str, Any]]]
    programs: NotRequired[Sequence[Mapping[str, Any]]]
    datasets: NotRequired[Sequence[Mapping[str, Any]]]
    attachments: NotRequired[Sequence[Mapping[str, Any]]]


def build_record(**stated: Unpack[Statement]) -> SaltedRecord:
    """The record of a version with a fresh salt for each field.

    Raises RecordError with a sentence for the creator when a value has no canonical JSON form, and ValueError
    when our own code hands in something malformed.
    """
    fields = build_fields(**stated)
    return SaltedRecord(fields, fresh_salts(fields), RECORD_VERSION)


def build_fields(**stated: Unpack[Statement]) -> dict[str, Any]:
    """The fields of a record by key, each value as it is hashed. Raises as `build_record` does."""
    attachments = [dict(one) for one in stated.get("attachments", ())]
    if len(attachments) > len(ATTACHMENT_KEYS):
        raise ValueError(f"a record has room for {len(ATTACHMENT_KEYS)} attachments")
    fields: dict[str, Any] = {
        "design.version": stated.get("design_version", 1),
        "output.sha256": hash32(stated["output_sha256"]),
        "output.cid": stated["output_cid"],
        "output.cid_profile": PROFILE,
        "output.media_type": stated["output_media_type"],
        "disclosure": stated["disclosure"],
        "model.name": stated.get("model_name") or None,
        "model.version": stated.get("model_version") or None,
        "parameters": dict(stated.get("parameters") or {}) or None,
        "prompt": stated.get("prompt") or None,
        "seed": stated.get("seed") or None,
        "tools": list(stated.get("tools", ())),
        "contributors": people(stated["contributors"]),
        "parents": list(stated.get("parents", ())),
        "created_at": timestamp(stated["created_at"]),
        "models": [dict(one) for one in stated.get("models", ())],
        "programs": [dict(one) for one in stated.get("programs", ())],
        "datasets": [dict(one) for one in stated.get("datasets", ())],
        **dict.fromkeys(ATTACHMENT_KEYS),
        **dict(zip(ATTACHMENT_KEYS, attachments, strict=False)),
    }
    for name, value in fields.items():
        check_field(name, value)
    return fields


def check_field(name: str, value: Any) -> None:
    """Raise RecordError unless this value can stand in a record and be hashed the same everywhere."""
    try:
        size = len(canonical(value, path=name))
        _check_survives_storage(value, name)
    except UnsafeValue as error:
        raise RecordError(error.code, error.path, _explain(error)) from error
    if size > MAX_FIELD_BYTES:
        raise RecordError(
            "too_long",
            name,
            _("“%(field)s” is longer than a record can hold. Attach it as a file instead.") % {"field": name},
        )


def _check_survives_storage(value: Any, path: str) -> None:
    # PostgreSQL's jsonb keeps 1e21 as a whole number and refuses the character U+0000, so neither would
    # come back as the value whose hash was signed.
    match value:
        case float() if value.is_integer() and abs(value) > MAX_SAFE_INTEGER:
            raise UnsafeValue(path, "integer_too_large", "is beyond 2^53 - 1; give it as a string")
        case str() if "\x00" in value:
            raise UnsafeValue(path, "broken_text", "holds the character U+0000")
        case list() | tuple():
            for index, item in enumerate(value):
                _check_survives_storage(item, f"{path}[{index}]")
        case dict():
            for key, item in value.items():
                _check_survives_storage(key, path)
                _check_survives_storage(item, f"{path}.{key}")


def _explain(error: UnsafeValue) -> str:
    sentences = {
        "integer_too_large": _(
            "“%(field)s” is too large a number to be written the same everywhere. Put it in quotes, as text."
        ),
        "not_finite": _("“%(field)s” is not a finite number. Leave it out, or put it in quotes, as text."),
        "too_deep": _("“%(field)s” is nested too deeply. Flatten it, or attach it as a file."),
        "broken_text": _("“%(field)s” holds a broken character. Type it again without special characters."),
    }
    sentence = sentences.get(error.code, _("“%(field)s” is not a value that JSON knows. Write it as text."))
    return sentence % {"field": error.path}


def people(contributors: Sequence[Contributor]) -> list[dict[str, Any]]:
    """Everyone's line as it is hashed. Raises ValueError for shares that are not the whole, and for no address."""
    if sum(part["units"] for part in contributors) != SHARE_UNITS:
        raise ValueError("the contributors' units do not sum to 1,000,000")
    return [
        {"address": _address(part["address"]), "role": part["role"], "units": part["units"]} for part in contributors
    ]


def hash32(text: str) -> str:
    """A SHA-256 as it is hashed: 0x and 64 hex digits."""
    digits = text.removeprefix("0x")
    if not _HEX32.fullmatch(digits):
        raise ValueError(f"{text!r} is not a SHA-256 of 64 lower-case hex digits")
    return "0x" + digits


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{text!r} is not an address of 0x and 40 hex digits")
    return text


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second."""
    if moment.tzinfo is None:
        raise ValueError("a record's time has a time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
