"""STL, binary and ASCII, into corners. The binary layout: 80 bytes, a count, 50 bytes a triangle, little-endian."""

import os
import re
from collections.abc import Iterator

import numpy as np

from designs.untrusted.geometry import Coordinates, chunks
from designs.untrusted.refusal import Refusal

HEADER_BYTES = 84
TRIANGLE_BYTES = 50
_RECORD = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])
_BLOCK_BYTES = 4 * 1024 * 1024
_NAME_LINE = re.compile(rb"^[ \t]*(?:end)?solid\b[^\n]*$", re.MULTILINE | re.IGNORECASE)
_LONGEST_TOKEN = 64
_TOKENS_PER_FACET = 21
_KEYWORDS = {
    0: b"facet",
    1: b"normal",
    5: b"outer",
    6: b"loop",
    7: b"vertex",
    11: b"vertex",
    15: b"vertex",
    19: b"endloop",
    20: b"endfacet",
}
_COORDINATES = [8, 9, 10, 12, 13, 14, 16, 17, 18]


def read_stl(path: str, form: str, *, max_triangles: int) -> Coordinates:
    """Corners (F, 3, 3), singles from a binary file. `form` is stl_binary or stl_ascii. Raises Refusal."""
    return _read_binary(path, max_triangles) if form == "stl_binary" else _read_ascii(path, max_triangles)


def _read_binary(path: str, max_triangles: int) -> Coordinates:
    size = os.path.getsize(path)
    with open(path, "rb") as stream:
        count = int.from_bytes(stream.read(HEADER_BYTES)[80:84], "little")
        if size != HEADER_BYTES + count * TRIANGLE_BYTES:
            raise Refusal("truncated")
        if count > max_triangles:
            raise Refusal("too_many_triangles", max_triangles=max_triangles)
        corners = np.empty((count, 3, 3), np.float32)
        for part in chunks(count):
            # The file may have been cut since its size was asked.
            records = np.fromfile(stream, dtype=_RECORD, count=part.stop - part.start)
            if len(records) < part.stop - part.start:
                raise Refusal("truncated")
            corners[part] = records["corners"]
    return corners


def _read_ascii(path: str, max_triangles: int) -> Coordinates:
    pieces = []
    count = 0
    for text in _whole_facets(path):
        tokens = _NAME_LINE.sub(b"", text).split()
        if not tokens:
            continue
        if len(tokens) % _TOKENS_PER_FACET:
            raise Refusal("truncated")
        count += len(tokens) // _TOKENS_PER_FACET
        if count > max_triangles:
            raise Refusal("too_many_triangles", max_triangles=max_triangles)
        if max(map(len, tokens)) > _LONGEST_TOKEN:
            raise Refusal("unreadable", cause="a word is too long")
        table = np.array(tokens).reshape(-1, _TOKENS_PER_FACET)
        for column, keyword in _KEYWORDS.items():
            if not (np.char.lower(table[:, column]) == keyword).all():
                raise Refusal("unreadable", cause=f"“{keyword.decode()}” is missing")
        try:
            pieces.append(table[:, _COORDINATES].astype(np.float64).reshape(-1, 3, 3))
        except ValueError as error:
            raise Refusal("unreadable", cause="a coordinate is not a number") from error
    if not pieces:
        raise Refusal("no_triangles")
    return np.concatenate(pieces)


def _whole_facets(path: str) -> Iterator[bytes]:
    """The text in blocks that each end where a facet ends, so that memory follows the numbers, not the text."""
    end = b"endfacet"
    rest = b""
    with open(path, "rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            text = rest + block
            cut = max(text.rfind(end), text.rfind(end.upper()))
            if cut < 0:
                if len(text) > 2 * _BLOCK_BYTES:
                    raise Refusal("unreadable", cause="no facet ends")
                rest = text
                continue
            cut += len(end)
            yield text[:cut]
            rest = text[cut:]
    yield rest
