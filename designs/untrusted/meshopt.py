"""Vertices and triangles in the coding of EXT_meshopt_compression (its Appendix A), which browsers unpack in place.

Our own encoder, because what Python has of it comes as programs that nobody vouches for. Anything valid decodes, so
this one is simple where a better choice would save little; the decoder of three.js reads it in the tests.
"""

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

_ATTRIBUTES, _TRIANGLES = 0xA0, 0xE1
_GROUP = 16
"""Elements whose deltas share a width."""
_TAIL = 32
_ESCAPED = 15
_PAIRS = (0x00, 0x76, 0x87, 0x56, 0x67, 0x78, 0xA9, 0x86, 0x65, 0x89, 0x68, 0x98, 0x01, 0x69, 0x00, 0x00)
"""Pairs of codes that a triangle beside no other may have in one byte: chosen by the coder, and sent along."""
_PAIR_AT = {pair: at for at, pair in reversed(list(enumerate(_PAIRS[:14])))}


def encode_attributes(values: NDArray[np.generic]) -> bytes:
    """Rows (N, …) of a multiple of four bytes and at most 256 bytes each, in mode ATTRIBUTES."""
    rows = np.ascontiguousarray(values).view(np.uint8).reshape(len(values), -1)
    stride = rows.shape[1]
    deltas = np.diff(rows, axis=0, prepend=rows[:1])
    # Zigzag: 0, -1, 1, -2 … so that small steps down are small numbers too.
    steps: Bytes = (deltas << np.uint8(1)) ^ np.where(deltas & 0x80, 0xFF, 0).astype(np.uint8)
    block = min((8192 // stride) & ~(_GROUP - 1), 256)
    pieces = [bytes([_ATTRIBUTES])]
    for start in range(0, len(steps), block):
        some = steps[start : start + block]
        padded = np.zeros((-(-len(some) // _GROUP) * _GROUP, stride), np.uint8)
        padded[: len(some)] = some
        # One column of bytes after the other: (stride, groups, 16).
        pieces += _columns(padded.T.reshape(stride, -1, _GROUP))
    pieces += [bytes(max(0, _TAIL - stride)), rows[0].tobytes()]
    return b"".join(pieces)


def _columns(columns: Bytes) -> list[bytes]:
    """Each column: two bits for each group that say how wide its numbers are, and then the groups."""
    over_two, over_four = (columns >= 3).sum(axis=2), (columns >= _ESCAPED).sum(axis=2)
    sizes = np.stack(
        [np.where(columns.any(axis=2), 255, 0), 4 + over_two, 8 + over_four, np.full_like(over_two, _GROUP)], axis=2
    )
    widths = sizes.argmin(axis=2)
    twos, fours = _packed(columns, 2), _packed(columns, 4)
    pieces = []
    for column, chosen, two, four in zip(columns, widths, twos, fours, strict=True):
        head = np.zeros(-(-len(chosen) // 4) * 4, np.uint8)
        head[: len(chosen)] = chosen
        pieces.append((head.reshape(-1, 4) << np.array([0, 2, 4, 6], np.uint8)).sum(axis=1, dtype=np.uint8).tobytes())
        for group, width, in_two, in_four in zip(column, chosen.tolist(), two, four, strict=True):
            if width == 1:
                pieces += [in_two.tobytes(), group[group >= 3].tobytes()]
            elif width == 2:
                pieces += [in_four.tobytes(), group[group >= _ESCAPED].tobytes()]
            elif width == 3:
                pieces.append(group.tobytes())
    return pieces


def _packed(columns: Bytes, bits: int) -> Bytes:
    """Numbers of so many bits, the first in the highest; what is too large has all bits set and follows in full."""
    each = 8 // bits
    small = np.minimum(columns, (1 << bits) - 1).reshape(*columns.shape[:2], -1, each)
    shifts = np.arange(each - 1, -1, -1, dtype=np.uint8) * np.uint8(bits)
    packed: Bytes = (small << shifts).sum(axis=3, dtype=np.uint8)
    return packed


def encode_triangles(faces: NDArray[np.integer]) -> bytes:
    """Triangles (F, 3), in mode TRIANGLES. Corners may come out turned, never in another direction.

    Short where a triangle shares an edge with one of the fifteen edges before it, and where vertices are numbered in
    the order in which they are used.
    """
    coder = _Triangles()
    for a, b, c in faces.tolist():
        coder.add(a, b, c)
    return bytes([_TRIANGLES]) + bytes(coder.codes) + bytes(coder.data) + bytes(_PAIRS)


class _Triangles:
    """What the decoder will remember: the last edges and vertices, each by the number of its entry."""

    def __init__(self) -> None:
        self.codes = bytearray()
        self.data = bytearray()
        self._edges: dict[tuple[int, int], int] = {}
        self._edge_count = 0
        self._vertices: dict[int, int] = {}
        self._vertex_count = 0
        self._next = self._last = 0

    def add(self, a: int, b: int, c: int) -> None:
        for one, two, three in ((a, b, c), (b, c, a), (c, a, b)):
            age = self._edge_count - 1 - self._edges.get((one, two), -99)
            if age < 15:
                self._beside(age, one, two, three)
                return
        if b == self._next:
            a, b, c = b, c, a
        elif c == self._next:
            a, b, c = c, a, b
        self._alone(a, b, c)

    def _beside(self, edge: int, a: int, b: int, c: int) -> None:
        """A triangle on an edge that is remembered: only its third corner is told."""
        age = self._age(c)
        if 1 <= age < 13:
            code = age
        elif c == self._next:
            code, self._next = 0, self._next + 1
        elif c + 1 == self._last:
            code, self._last = 13, c
        elif c == self._last + 1:
            code, self._last = 14, c
        else:
            code = 15
            self._tell(c)
        self.codes.append(edge << 4 | code)
        if code == 0 or code >= 13:
            self._remember(c)
        self._remember_edge(c, b)
        self._remember_edge(a, c)

    def _alone(self, a: int, b: int, c: int) -> None:
        codes = []
        # Ages are those before this triangle for all of its corners.
        ages = (-1, self._age(b), self._age(c))
        for corner, age in zip((a, b, c), ages, strict=True):
            if 0 <= age < 14:
                codes.append(age + 1)
            elif corner == self._next:
                codes.append(0)
                self._next += 1
            else:
                codes.append(15)
        pair = codes[1] << 4 | codes[2]
        at = _PAIR_AT.get(pair)
        if codes[0] == 0 and at is not None:
            self.codes.append(0xF0 | at)
        else:
            self.codes.append(0xFE | (codes[0] & 1))
            self.data.append(pair)
        for corner, code in zip((a, b, c), codes, strict=True):
            if code == 15:
                self._tell(corner)
        for corner, code in zip((a, b, c), codes, strict=True):
            if code in (0, 15):
                self._remember(corner)
        for start, end in ((b, a), (c, b), (a, c)):
            self._remember_edge(start, end)

    def _age(self, vertex: int) -> int:
        """How many vertices were remembered after this one; -1 when it is forgotten."""
        entry = self._vertices.get(vertex)
        age = -1 if entry is None else self._vertex_count - 1 - entry
        return age if age < 16 else -1

    def _remember(self, vertex: int) -> None:
        self._vertices[vertex] = self._vertex_count
        self._vertex_count += 1

    def _remember_edge(self, start: int, end: int) -> None:
        self._edges[start, end] = self._edge_count
        self._edge_count += 1

    def _tell(self, vertex: int) -> None:
        """In full: its distance from the last one that was told, as zigzag in sevens of bits."""
        distance = vertex - self._last
        self._last = vertex
        left = distance << 1 if distance >= 0 else (-distance << 1) - 1
        while left > 0x7F:
            self.data.append(left & 0x7F | 0x80)
            left >>= 7
        self.data.append(left)
