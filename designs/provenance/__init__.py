"""The provenance record: what is said of a version, as a salted Merkle tree whose root goes on chain."""

from .canonical import UnsafeValue, canonical
from .merkle import SaltedRecord, fresh_salts, verify, verify_disclosure
from .record import ATTACHMENT_KEYS, RECORD_VERSION, Contributor, RecordError, build_fields, build_record, check_field
from .resource_record import RESOURCE_RECORD_VERSION, build_resource_record

__all__ = [
    "ATTACHMENT_KEYS",
    "RECORD_VERSION",
    "RESOURCE_RECORD_VERSION",
    "Contributor",
    "RecordError",
    "SaltedRecord",
    "UnsafeValue",
    "build_fields",
    "build_record",
    "build_resource_record",
    "canonical",
    "check_field",
    "fresh_salts",
    "verify",
    "verify_disclosure",
]
