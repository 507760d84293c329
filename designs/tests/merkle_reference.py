"""npm's @openzeppelin/merkle-tree, asked for trees. `python -m designs.tests.merkle_reference` writes vectors anew."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from designs.provenance import canonical
from designs.tests.node_programs import DATA, said_by_node


def row(version: int, key: str, value: Any, salt: str) -> list[Any]:
    return [version, key, "0x" + canonical(value).hex(), salt]


def trees_of(records: Sequence[Sequence[list[Any]]]) -> list[dict[str, Any]]:
    """Root, leaves and proofs of each record, whose rows are in order. Installs the locked package at its first use."""
    return list(json.loads(said_by_node("merkle", "merkle_tree.mjs", json.dumps(records))))


def vector_of(fields: Mapping[str, Any], version: int) -> dict[str, Any]:
    """One case of the committed file: a salt is SHA-256 of "salt:" and the key."""
    salts = {key: "0x" + hashlib.sha256(f"salt:{key}".encode()).hexdigest() for key in fields}
    rows = [row(version, key, value, salts[key]) for key, value in fields.items()]
    [tree] = trees_of([rows])
    return {
        "version": version,
        "fields": dict(fields),
        "values": {key: row[2] for key, row in zip(fields, rows, strict=True)},
        "salts": salts,
        "leaves": dict(zip(fields, tree["leaves"], strict=True)),
        "root": tree["root"],
        "proofs": dict(zip(fields, tree["proofs"], strict=True)),
    }


if __name__ == "__main__":
    path = DATA / "merkle_vectors.json"
    known = json.loads(path.read_text())
    path.write_text(
        json.dumps([vector_of(one["fields"], one["version"]) for one in known], indent=1, ensure_ascii=False) + "\n"
    )
