"""npm's ipfs-unixfs-importer, asked for CIDs. `python -m designs.tests.importer` writes data/cid_vectors.json anew."""

import json
from collections.abc import Sequence

from designs.tests.node_programs import DATA, said_by_node

MEBIBYTE = 1024 * 1024
# content, size in bytes, bytes of a chunk, links of a node; None is the profile's.
Case = tuple[str, int, int | None, int | None]

PATTERN_SIZES = [
    *(0, 1, MEBIBYTE - 1, MEBIBYTE, MEBIBYTE + 1, 2 * MEBIBYTE - 1, 2 * MEBIBYTE, 2 * MEBIBYTE + 1),
    *(3 * MEBIBYTE, 5_000_003),
]
# The last leaf of a first level, and what opens the second.
ZERO_SIZES = [1023 * MEBIBYTE, 1024 * MEBIBYTE - 1, 1024 * MEBIBYTE, 1024 * MEBIBYTE + 1]
# With chunks of 4 bytes and 3 links: around 1, 3, 9 and 27 chunks and their sums.
SMALL_SIZES = [0, 1, 3, 4, 5, 8, 11, 12, 13, 24, 35, 36, 37, 48, 107, 108, 109, 144, 325]


def cids_of(cases: Sequence[Case]) -> list[str]:
    """The reference's CIDs, in order. Installs the locked package at its first use."""
    return list(json.loads(said_by_node("ipfs", "importer.mjs", json.dumps(cases))))


def vectors() -> dict[str, list[dict[str, object]]]:
    cases: dict[str, list[Case]] = {
        "pattern": [("pattern", size, None, None) for size in PATTERN_SIZES],
        "zeros": [("zeros", size, None, None) for size in ZERO_SIZES],
        "small_tree": [("pattern", size, 4, 3) for size in SMALL_SIZES],
    }
    return {
        name: [{"size": case[1], "cid": cid} for case, cid in zip(some, cids_of(some), strict=True)]
        for name, some in cases.items()
    }


if __name__ == "__main__":
    (DATA / "cid_vectors.json").write_text(json.dumps(vectors(), indent=1) + "\n")
