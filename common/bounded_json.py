"""JSON from strangers: brackets are counted before they are parsed, for deep ones exhaust the parser's stack."""

import json
import re
from typing import Any

MAX_DEPTH = 64
# Nothing is given back, and a string without an end is one too: else each quote in it would be tried as a beginning.
_NOT_A_BRACKET = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[^\[\]{}"]+', re.DOTALL)


def loads(text: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """Parse JSON. Raises ValueError when it is none, or nested deeper than `max_depth`."""
    if depth(text) > max_depth:
        raise ValueError(f"nested deeper than {max_depth}")
    return json.loads(text)


def depth(text: bytes) -> int:
    """How deep brackets stand in each other, those in strings left out."""
    now = deepest = 0
    for bracket in _NOT_A_BRACKET.sub(b"", text):
        now += 1 if bracket in b"[{" else -1
        deepest = max(deepest, now)
    return deepest
