"""A salted Merkle tree over the fields of a record, equal to OpenZeppelin's StandardMerkleTree.

A leaf is keccak(keccak(abi.encode(uint16 version, string key, bytes rfc8785(value), bytes32 salt))). Leaves
are sorted, a pair is hashed in sorted order, so a proof needs no left and right; MerkleProof.sol checks it.
The salt keeps a short value from being guessed out of its hash; deleting the salt makes the leaf say nothing.
No Django in here: whoever verifies a field needs this file and `canonical` only.
"""

import secrets
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from common.hashing import keccak256

from .canonical import canonical

DISCLOSURE_FORMAT = "loomprint-field-proof-1"
_LEAF_TYPES = ["uint16", "string", "bytes", "bytes32"]


def fresh_salts(fields: Iterable[str]) -> dict[str, str]:
    """A new random 32-byte salt for each key, as 0x and 64 hex digits."""
    return {key: "0x" + secrets.token_hex(32) for key in fields}


def leaf_hash(version: int, key: str, value: Any, salt: str) -> bytes:
    """The leaf of one field. Raises UnsafeValue (value or key), ValueError (salt, version)."""
    from eth_abi.abi import encode

    raw_salt = _bytes32(salt)
    if not isinstance(key, str):
        raise ValueError("a key is text")
    if not 0 <= version < 2**16:
        raise ValueError("a record version is a uint16")
    canonical(key, path="key")
    return keccak256(keccak256(encode(_LEAF_TYPES, [version, key, canonical(value, path=key), raw_salt])))


@dataclass(frozen=True)
class SaltedRecord:
    """The fields of a record with their salts. `version` is its schema's, and part of every leaf."""

    fields: Mapping[str, Any]
    salts: Mapping[str, str]
    version: int = 1

    def __post_init__(self) -> None:
        if not self.fields:
            raise ValueError("a record has at least one field")
        if set(self.fields) != set(self.salts):
            raise ValueError("every field has a salt, and every salt a field")

    @cached_property
    def _leaves(self) -> dict[str, bytes]:
        return {key: leaf_hash(self.version, key, value, self.salts[key]) for key, value in self.fields.items()}

    @cached_property
    def _tree(self) -> list[bytes]:
        # The layout of OpenZeppelin's tree: root first, leaves last and in falling order.
        leaves = sorted(self._leaves.values())
        tree = [b""] * (len(leaves) - 1) + leaves[::-1]
        for index in range(len(leaves) - 2, -1, -1):
            tree[index] = _pair_hash(tree[2 * index + 1], tree[2 * index + 2])
        return tree

    @property
    def root(self) -> str:
        """The root, as 0x and 64 hex digits: what goes on chain."""
        return _hex(self._tree[0])

    def proof(self, key: str) -> list[str]:
        """The sibling hashes from the field's leaf to the root. Raises KeyError."""
        leaf = self._leaves[key]
        leaves = sorted(self._leaves.values())
        index = len(self._tree) - 1 - bisect_left(leaves, leaf)
        proof = []
        while index > 0:
            proof.append(_hex(self._tree[index - 1 if index % 2 == 0 else index + 1]))
            index = (index - 1) // 2
        return proof

    def disclose(self, *keys: str) -> dict[str, Any]:
        """A portable proof of the named fields, as a JSON object that says nothing of the others."""
        return {
            "format": DISCLOSURE_FORMAT,
            "root": self.root,
            "version": self.version,
            "fields": [
                {"key": key, "value": self.fields[key], "salt": self.salts[key], "proof": self.proof(key)}
                for key in keys
            ],
        }


def verify(root: str, key: str, value: Any, salt: str, proof: Iterable[str], *, version: int = 1) -> bool:
    """Whether a record with this root says this value under this key. False also for input without a leaf."""
    try:
        node = leaf_hash(version, key, value, salt)
        for sibling in proof:
            node = _pair_hash(node, _bytes32(sibling))
        return node == _bytes32(root)
    except (ValueError, TypeError):
        return False


def verify_disclosure(disclosure: Any) -> bool:
    """Whether every field of a proof made by `disclose` stands under the root that it names."""
    try:
        if disclosure["format"] != DISCLOSURE_FORMAT or not disclosure["fields"]:
            return False
        return all(
            verify(
                disclosure["root"],
                field["key"],
                field["value"],
                field["salt"],
                field["proof"],
                version=disclosure["version"],
            )
            for field in disclosure["fields"]
        )
    except (KeyError, TypeError):
        return False


def _pair_hash(first: bytes, second: bytes) -> bytes:
    return keccak256(first + second if first < second else second + first)


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _bytes32(text: str) -> bytes:
    if not isinstance(text, str) or len(text) != 66 or not text.startswith("0x"):
        raise ValueError("32 bytes are written as 0x and 64 hex digits")
    return bytes.fromhex(text[2:])
