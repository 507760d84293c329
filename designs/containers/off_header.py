"""The head of an OFF file (Geomview's object file format): a word and three counts, with comments between them."""

import re
from dataclasses import dataclass

from .errors import ContainerError

_COMMENTS = rb"(?:\s|#[^\n]*\n)*"
_WORD = re.compile(_COMMENTS + rb"(ST)?(C)?(N)?(4)?(n)?OFF\b(?!\s*BINARY)")
_COUNTS = re.compile(_COMMENTS + rb"(\d{1,12})[ \t]+(\d{1,12})(?:[ \t]+\d{1,12})?[ \t]*(?:#[^\n]*)?(?:\r?\n|\r|$)")
_LEAST_VERTEX_BYTES = 6
_LEAST_FACE_BYTES = 4


@dataclass(frozen=True)
class OffHeader:
    """Counts, what a vertex has beside its place, and the length of the head in bytes."""

    vertices: int
    faces: int
    has_texture_places: bool
    has_colors: bool
    has_normals: bool
    length: int


def is_off(head: bytes) -> bool:
    return _WORD.match(head) is not None


def read_header(head: bytes) -> OffHeader:
    """Parse the head. Raises ContainerError; four dimensions and the binary form are not read."""
    word = _WORD.match(head)
    if word is None or word[4] or word[5]:
        raise ContainerError("unreadable")
    counts = _COUNTS.match(head, word.end())
    if counts is None:
        raise ContainerError("truncated" if len(head) < 200 else "unreadable")
    return OffHeader(int(counts[1]), int(counts[2]), bool(word[1]), bool(word[2]), bool(word[3]), counts.end())


def check_header(header: OffHeader, size: int, *, max_triangles: int) -> None:
    """Refuse a head that promises more than the file holds, or no faces. Raises ContainerError."""
    if header.vertices == 0 or header.faces == 0:
        raise ContainerError("no_triangles")
    least = header.vertices * _LEAST_VERTEX_BYTES + header.faces * _LEAST_FACE_BYTES
    # The last number needs nothing behind it.
    if least > size - header.length + 1:
        raise ContainerError("truncated")
    if header.faces > max_triangles or header.vertices > 3 * max_triangles:
        raise ContainerError("too_many_triangles", max_triangles=max_triangles)
