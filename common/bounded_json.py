"""JSON from strangers: brackets are counted before they are parsed, for deep ones exhaust the parser's stack."""

import json
import re
from itertools import accumulate
from typing import Any

_NO_MARKS = bytes(set(range(256)) - set(b'[]{}"\\'))
_STEPS = [1 if byte in b"[{" else -1 for byte in range(256)]
MAX_DEPTH = 64
# Nothing is given back, and a string without an end is one too: else each quote in it would be tried as a beginning.
_NOT_A_BRACKET = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[^\[\]{}"]+', re.DOTALL)


def loads(text: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """Parse JSON. Raises ValueError when it is none, or nested deeper than `max_depth`."""
    if depth(text) > max_depth:
        raise ValueError(f"nested deeper than {max_depth}")
    return json.loads(text.decode("utf-8-sig"))  # what is written in other bytes has other brackets


def depth(text: bytes) -> int:
    """How deep brackets stand in each other, those in strings left out."""
    # Of most JSON little is left when all else is gone, and strings without a bracket: that takes no time.
    marks = text.translate(None, _NO_MARKS)
    if b"\\" not in marks:
        text = marks.replace(b'""', b"")
    brackets = _NOT_A_BRACKET.sub(b"", text)
    return max(accumulate(map(_STEPS.__getitem__, brackets), initial=0))
