"""Which fields the record of a registered model, program or data set has (docs/decisions/0030)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from .merkle import SaltedRecord, fresh_salts
from .record import Contributor, check_field, hash32, people, timestamp

# Part of every leaf, as a design's is. Records of resources count from 1001: no leaf can be taken for one of both.
RESOURCE_RECORD_VERSION = 1001


class ResourceStatement(TypedDict):
    """What the record is built from. The hash has 64 hex digits; texts that were not given are empty; `size` is in
    bytes, None where only a hash was stated."""

    kind: str
    name: str
    version: str
    description: str
    license: str
    license_address: str
    address: str
    sha256: str
    size: int | None
    contributors: Sequence[Contributor]
    created_at: datetime


def build_resource_record(**stated: Unpack[ResourceStatement]) -> SaltedRecord:
    """The record with a fresh salt for each field. Raises RecordError for a text that cannot be written canonically,
    and ValueError when our own code hands in something malformed."""
    fields: dict[str, Any] = {
        "kind": stated["kind"],
        "name": stated["name"],
        "version": stated["version"] or None,
        "description": stated["description"] or None,
        "license": stated["license"],
        "license.address": stated["license_address"] or None,
        "address": stated["address"] or None,
        "output.sha256": hash32(stated["sha256"]),
        "output.size": stated["size"],
        "output.hashed_by": "owner" if stated["size"] is None else "operator",
        "contributors": people(stated["contributors"]),
        "created_at": timestamp(stated["created_at"]),
    }
    for name, value in fields.items():
        check_field(name, value)
    return SaltedRecord(fields, fresh_salts(fields), RESOURCE_RECORD_VERSION)
