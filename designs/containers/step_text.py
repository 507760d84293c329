"""STEP files (ISO 10303-21) as text: whether one is whole, and whether what it says of itself would explode.

The kernel that reads STEP is large and has known holes, so what it gets is looked at first, on the standard library
alone.
"""

import os
import re
from collections.abc import Iterator
from typing import IO

from .errors import ContainerError

MAX_BYTES = 50 * 1024 * 1024
MAX_ENTITIES = 500_000
MAX_DEPTH = 400
"""References behind each other. Real models stay below a hundred."""
MAX_NESTING = 32
MAX_PARTS = 4000
_END_BYTES = 4096
_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*ISO-10303-21\s*;")
_LAST = re.compile(rb"END-ISO-10303-21\s*;\s*$")
_ENTITY = re.compile(rb"#\s*(\d{1,12})\s*=\s*([A-Za-z0-9_]*)")
# One without an end goes to the end of the text: looking for each end anew would take the square of its length.
_STRING_OR_COMMENT = re.compile(rb"'[^']*(?:'|\Z)|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)")
_REFERENCE = re.compile(rb"#\s*(\d{1,12})")


def is_step(head: bytes) -> bool:
    return _START.match(head) is not None


def check_frame(stream: IO[bytes], size: int) -> None:
    """Refuse a file that is too large, or has no end. Raises ContainerError."""
    if size > MAX_BYTES:
        raise ContainerError("step_too_large", max_megabytes=MAX_BYTES // 1024**2)
    stream.seek(-min(size, _END_BYTES), os.SEEK_END)
    if not _LAST.search(stream.read(_END_BYTES).rstrip(b"\x00")):
        raise ContainerError("truncated")


def check_references(text: bytes) -> None:
    """Refuse what would make a reader recurse or copy without end. Raises ContainerError.

    Entities, brackets in each other, references behind each other, and parts that assemblies and mapped items
    would be expanded to, all have a bound.
    """
    entities, parents = _graph(_STRING_OR_COMMENT.sub(b"''", text))
    if not entities:
        raise ContainerError("no_triangles")
    depth: dict[int, int] = {}
    placed: dict[int, int] = {}
    for number in _deepest_first(entities):
        name, references = entities[number]
        inner = [one for one in references if one in entities]
        depth[number] = 1 + max((depth[one] for one in inner), default=0)
        placed[number] = (name == b"MAPPED_ITEM") + sum(placed[one] for one in inner)
        if depth[number] > MAX_DEPTH:
            raise ContainerError("step_too_deep", max_depth=MAX_DEPTH)
        if placed[number] > MAX_PARTS:
            raise ContainerError("too_many_parts", max_parts=MAX_PARTS)
    uses = {number: (b"", tuple(children)) for number, children in parents.items()}
    uses |= {child: (b"", ()) for children in parents.values() for child in children if child not in uses}
    copies: dict[int, int] = {}
    for number in _deepest_first(uses):
        copies[number] = sum(1 + copies[child] for child in uses[number][1])
        if copies[number] > MAX_PARTS:
            raise ContainerError("too_many_parts", max_parts=MAX_PARTS)


Graph = dict[int, tuple[bytes, tuple[int, ...]]]


def _graph(text: bytes) -> tuple[Graph, dict[int, list[int]]]:
    """Entities by their number with what they refer to, and the products that each product is assembled from."""
    entities: Graph = {}
    parents: dict[int, list[int]] = {}
    for statement in _statements(text):
        found = _ENTITY.match(statement)
        if found is None:
            continue
        if len(entities) >= MAX_ENTITIES:
            raise ContainerError("step_too_large", max_megabytes=MAX_BYTES // 1024**2)
        number = int(found[1])
        if number in entities:
            raise ContainerError("step_broken")
        name = found[2].upper()
        references = tuple(int(one) for one in _REFERENCE.findall(statement, found.end()))
        entities[number] = (name, references)
        if name == b"NEXT_ASSEMBLY_USAGE_OCCURRENCE" and len(references) >= 2:
            parents.setdefault(references[0], []).append(references[1])
    return entities, parents


def _statements(text: bytes) -> Iterator[bytes]:
    start = 0
    while (end := text.find(b";", start)) >= 0:
        statement = text[start:end].strip()
        if statement.count(b"(") != statement.count(b")"):
            raise ContainerError("step_broken")
        if statement.count(b"(") > MAX_NESTING and _nesting(statement) > MAX_NESTING:
            raise ContainerError("step_too_deep", max_depth=MAX_NESTING)
        yield statement
        start = end + 1


def _nesting(statement: bytes) -> int:
    deepest = level = 0
    for found in re.finditer(rb"[()]", statement):
        level += 1 if found[0] == b"(" else -1
        deepest = max(deepest, level)
    return deepest


def _deepest_first(graph: Graph) -> Iterator[int]:
    """Each entity after all that it refers to. Raises ContainerError at one that leads back to itself."""
    state: dict[int, bool] = {}
    for root in graph:
        if root in state:
            continue
        state[root] = False
        path = [(root, iter(graph[root][1]))]
        while path:
            number, left = path[-1]
            for child in left:
                if child not in graph:
                    continue
                if child not in state:
                    state[child] = False
                    path.append((child, iter(graph[child][1])))
                    break
                if not state[child]:
                    raise ContainerError("step_cycle")
            else:
                state[number] = True
                path.pop()
                yield number
