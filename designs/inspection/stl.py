"""STL has no magic bytes: a binary one is known by its exact size, a text one by its words."""

import os
import re
from typing import IO

from .reasons import InspectionError

HEADER_BYTES = 84
TRIANGLE_BYTES = 50
_END_BYTES = 4096
_FIRST_WORD = re.compile(rb"\s*solid\b", re.IGNORECASE)
_NEXT_WORD = re.compile(rb"\s(facet|endsolid)\b", re.IGNORECASE)
_LAST_WORD = re.compile(rb"\bendsolid\b[^\r\n]*\s*$", re.IGNORECASE)
_BINARY_BYTES = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")


def is_binary(head: bytes, size: int) -> bool:
    """Whether the size is exactly what the count in the header asks for, whatever the header's text says."""
    return len(head) >= HEADER_BYTES and size == HEADER_BYTES + _count(head) * TRIANGLE_BYTES


def is_ascii(head: bytes) -> bool:
    """Whether the head is text that begins as an ASCII STL does."""
    return bool(_FIRST_WORD.match(head)) and not _BINARY_BYTES.search(head)


def explain(head: bytes, size: int) -> None:
    """Raise the InspectionError that fits a file called STL whose size is not what its header asks for."""
    if _FIRST_WORD.match(head) and size < HEADER_BYTES + TRIANGLE_BYTES:
        raise InspectionError("truncated")
    if not _BINARY_BYTES.search(head):
        return
    if size < HEADER_BYTES:
        raise InspectionError("truncated")
    if size < HEADER_BYTES + _count(head) * TRIANGLE_BYTES:
        raise InspectionError("truncated")
    raise InspectionError("size_mismatch")


def check_binary(head: bytes, *, max_triangles: int) -> None:
    """Raises InspectionError if there are no triangles or too many."""
    if _count(head) == 0:
        raise InspectionError("no_triangles")
    if _count(head) > max_triangles:
        raise InspectionError("too_many_triangles", {"max_triangles": max_triangles})


def check_ascii(stream: IO[bytes], head: bytes, size: int) -> None:
    """Look for a facet near the beginning and for the end where it must be. Raises InspectionError."""
    word = _NEXT_WORD.search(head)
    if word is None:
        raise InspectionError("truncated" if size <= len(head) else "unreadable")
    if word[1].lower() == b"endsolid":
        raise InspectionError("no_triangles")
    stream.seek(-min(size, _END_BYTES), os.SEEK_END)
    if not _LAST_WORD.search(stream.read(_END_BYTES)):
        raise InspectionError("truncated")


def _count(head: bytes) -> int:
    return int.from_bytes(head[80:84], "little")
