"""Proofs of single fields of a provenance record, as its creator gives them away: a small JSON file.

    {"format": "loomprint-field-proof-1", "root", "version", "fields": [{"key", "value", "salt", "proof"}], "anchor"}

A leaf is keccak(keccak(abi.encode(uint16 version, string key, bytes rfc8785(value), bytes32 salt))); a pair is hashed
in sorted order, so that a proof is a list of hashes without left and right, as OpenZeppelin's MerkleProof has it.
"""

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

if __package__:
    from .keccak import keccak256
else:
    from keccak import keccak256  # type: ignore[import-not-found, no-redef]

PROOF_FORMAT = "loomprint-field-proof-1"
MOST_PROOF_BYTES = 512 * 1024
MOST_PROVEN = 64
_DEEPEST = 64
_LARGEST_INTEGER = 2**53 - 1
_HASH32 = re.compile(r"0x[0-9a-f]{64}")
# Nothing is given back, and a string without an end is one too: else each quote in it would be tried as a beginning.
_NOT_BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[^\[\]{}"]+', re.DOTALL)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


class NoProof(Exception):
    """It is not a proof of fields, or a value in it has no canonical form; `str()` says why."""


@dataclass(frozen=True)
class FieldProof:
    """What a proof says: fields by key, the root that they are said to stand under, and where that is said to stand.

    `holds` is whether every field stands under the root. That the root is anything's is told by a chain alone.
    """

    root: str
    version: int
    fields: dict[str, Any]
    holds: bool
    entry: str | None = None

    @classmethod
    def read(cls, text: bytes) -> "FieldProof":
        """Out of the JSON that was given away. Raises NoProof."""
        if len(text) > MOST_PROOF_BYTES:
            raise NoProof("The proof is longer than one can be.")
        # Counted before they are parsed: deep ones may exhaust the parser's stack.
        depth = deepest = 0
        for bracket in _NOT_BRACKETS.sub(b"", text):
            depth += 1 if bracket in b"[{" else -1
            deepest = max(deepest, depth)
        if deepest > _DEEPEST + 8:
            raise NoProof(f"A value is nested deeper than {_DEEPEST} levels.")
        try:
            return cls.of(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise NoProof("The proof is no JSON that can be read.") from error

    @classmethod
    def of(cls, document: Any) -> "FieldProof":
        """Out of its JSON as objects. Raises NoProof."""
        try:
            if document["format"] != PROOF_FORMAT:
                raise NoProof(f"This is not a proof of the form {PROOF_FORMAT}.")
            root, version, given = document["root"], document["version"], document["fields"]
            if not (_is_hash(root) and type(version) is int and 0 <= version < 1 << 16):
                raise NoProof("The proof names no root, or no version of its record.")
            if not isinstance(given, list) or not 0 < len(given) <= MOST_PROVEN:
                raise NoProof(f"A proof shows from 1 to {MOST_PROVEN} fields.")
            fields = {one["key"]: one["value"] for one in given}
            if len(fields) != len(given):
                raise NoProof("The proof shows a field twice.")
            holds = all(_root_from(version, one) == root for one in given)
            anchor = document.get("anchor")
            entry = anchor["entry"] if anchor else None
            if entry is not None and not re.fullmatch("0x[0-9a-f]{32}", entry):
                raise NoProof("The proof names an entry that is none.")
        except (KeyError, TypeError, AttributeError) as error:
            raise NoProof("The proof lacks a part, or has one of the wrong kind.") from error
        return cls(root, version, fields, holds, entry)


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and bool(_HASH32.fullmatch(value))


def _root_from(version: int, field: dict[str, Any]) -> str:
    if not isinstance(field["key"], str) or not _is_hash(field["salt"]):
        raise NoProof("A field of the proof has no key or no salt.")
    steps = field["proof"]
    if not isinstance(steps, list) or len(steps) > MOST_PROVEN or not all(_is_hash(step) for step in steps):
        raise NoProof("A field's path to the root is not a list of hashes.")
    node = proof_leaf(version, field["key"], field["value"], bytes.fromhex(field["salt"][2:]))
    for step in steps:
        sibling = bytes.fromhex(step[2:])
        node = keccak256(node + sibling if node < sibling else sibling + node)
    return "0x" + node.hex()


def proof_leaf(version: int, key: str, value: Any, salt: bytes) -> bytes:
    """The leaf of a field, as the registry's verifyField computes it. Raises NoProof."""
    name, text = key.encode("utf-8", "surrogatepass"), canonical_json(value)
    canonical_json(key)
    start = 4 * 32
    encoded = (
        version.to_bytes(32, "big")
        + start.to_bytes(32, "big")
        + (start + 32 + len(name) + -len(name) % 32).to_bytes(32, "big")
        + salt
        + _abi_bytes(name)
        + _abi_bytes(text)
    )
    return keccak256(keccak256(encoded))


def _abi_bytes(data: bytes) -> bytes:
    return len(data).to_bytes(32, "big") + data + bytes(-len(data) % 32)


def canonical_json(value: Any) -> bytes:
    """The one way of writing a JSON value (RFC 8785). Raises NoProof for one that readers would read differently."""
    try:
        return _written(value, 0).encode()
    except UnicodeEncodeError as error:
        raise NoProof("A value holds half a character.") from error


def _written(value: Any, depth: int) -> str:
    if depth > _DEEPEST:
        raise NoProof(f"A value is nested deeper than {_DEEPEST} levels.")
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, int):
        if abs(value) > _LARGEST_INTEGER:
            raise NoProof("A whole number beyond 2^53 - 1 is read differently by different programs.")
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list):
        return "[" + ",".join(_written(one, depth + 1) for one in value) + "]"
    if isinstance(value, dict):
        # Sorted by UTF-16 code units, which differs from code points beyond the first plane.
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_quoted(key)}:{_written(value[key], depth + 1)}" for key in keys) + "}"
    raise NoProof(f"A value is a {type(value).__name__}, which JSON does not have.")


def _quoted(text: str) -> str:
    escaped = (_ESCAPES.get(one) or (f"\\u{ord(one):04x}" if one < " " else one) for one in text)
    return '"' + "".join(escaped) + '"'


def _number(value: float) -> str:
    """As ECMAScript writes it: Python's shortest digits, laid out by its rules (ECMA-262, Number::toString)."""
    if value != value or value in (float("inf"), float("-inf")):
        raise NoProof("A number is not finite.")
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    text, minus = "".join(map(str, digits)), "-" if sign else ""
    point = len(text) + exponent  # where the decimal point stands, counted from the first digit
    if len(text) <= point <= 21:
        body = text + "0" * (point - len(text))
    elif 0 < point <= 21:
        body = text[:point] + "." + text[point:]
    elif -6 < point <= 0:
        body = "0." + "0" * -point + text
    else:
        fraction = "." + text[1:] if len(text) > 1 else ""
        body = f"{text[0]}{fraction}e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return minus + body
