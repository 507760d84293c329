"""The directory of a ZIP file (PKWARE, APPNOTE 6.3.10), held against the members it lists, and their bytes by budget.

What two readers could understand in two ways is refused: members that overlap, local heads that say something else
than the directory, names that lead out of the archive.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import IO

from .errors import ContainerError

MEBIBYTE = 1024 * 1024
STORED, DEFLATED = 0, 8
MAX_MEMBERS = 2000
MAX_DIRECTORY_BYTES = 2 * MEBIBYTE
MAX_INFLATED_BYTES = 512 * MEBIBYTE
MAX_RATIO = 150
RATIO_FROM_BYTES = MEBIBYTE
"""Below this size a member may shrink by any ratio: short texts that repeat themselves do."""
_MAX_COMMENT = 65_535
_CHUNK_BYTES = 256 * 1024
_END = b"PK\x05\x06"
_END64 = b"PK\x06\x06"
_LOCATOR64 = b"PK\x06\x07"
_ENTRY = b"PK\x01\x02"
_LOCAL = b"PK\x03\x04"
_ENCRYPTED = 0x2041
"""Encrypted, strongly encrypted, or with a masked directory."""


@dataclass(frozen=True)
class Member:
    """A file in the archive: `data` is where its `compressed` bytes begin, `size` their length when inflated."""

    name: str
    method: int
    compressed: int
    size: int
    checksum: int
    data: int


def read_directory(stream: IO[bytes], size: int) -> dict[str, Member]:
    """Members by name, folders left out. Raises ContainerError.

    Reads no more than the directory and one head for each member, and inflates nothing.
    """
    start, length, count = _end(stream, size)
    if count > MAX_MEMBERS or length > MAX_DIRECTORY_BYTES:
        raise ContainerError("archive_too_many", max_members=MAX_MEMBERS)
    stream.seek(start)
    directory = stream.read(length)
    members: dict[str, Member] = {}
    spans = []
    seen: set[str] = set()
    place = total = 0
    for _entry in range(count):
        member, place, offset = _entry_at(stream, directory, place, start)
        spans.append((offset, member.data + member.compressed))
        if member.name.endswith("/"):
            if member.size:
                raise ContainerError("archive_damaged")
            continue
        # Equal but for their case, they would be one file on half of all systems (and in OPC, which 3MF follows).
        if member.name.lower() in seen:
            raise ContainerError("archive_damaged")
        seen.add(member.name.lower())
        members[member.name] = member
        total += member.size
        _check_sizes(member, total)
    if place != len(directory):
        raise ContainerError("archive_damaged")
    spans.sort()
    if any(end > following for (_start, end), (following, _end) in pairwise(spans)):
        raise ContainerError("archive_bomb")
    return members


def inflated(stream: IO[bytes], member: Member) -> Iterator[bytes]:
    """The member's bytes in pieces, never more than the directory says. Raises ContainerError at the first excess."""
    given = checksum = 0
    pieces = _deflated(stream, member) if member.method == DEFLATED else _stored(stream, member)
    for piece in pieces:
        given += len(piece)
        if given > member.size:
            raise ContainerError("archive_bomb")
        checksum = zlib.crc32(piece, checksum)
        yield piece
    if given != member.size or checksum != member.checksum:
        raise ContainerError("archive_damaged")


def _stored(stream: IO[bytes], member: Member) -> Iterator[bytes]:
    stream.seek(member.data)
    left = member.compressed
    while left:
        piece = stream.read(min(left, _CHUNK_BYTES))
        if not piece:
            raise ContainerError("truncated")
        left -= len(piece)
        yield piece


def _deflated(stream: IO[bytes], member: Member) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    packed = _stored(stream, member)
    waiting = b""
    while not inflater.eof:
        fed = waiting or next(packed, b"")
        try:
            piece = inflater.decompress(fed, _CHUNK_BYTES)
        except zlib.error as error:
            raise ContainerError("archive_damaged") from error
        waiting = inflater.unconsumed_tail
        if not (fed or piece or inflater.eof):
            raise ContainerError("archive_damaged")
        yield piece
    if inflater.unused_data or next(packed, b""):
        raise ContainerError("archive_damaged")


def _end(stream: IO[bytes], size: int) -> tuple[int, int, int]:
    """Where the directory begins, its length, and how many entries it has."""
    tail_start = max(0, size - 22 - _MAX_COMMENT)
    stream.seek(tail_start)
    tail = stream.read(size - tail_start)
    at = tail.rfind(_END)
    while at >= 0:
        if len(tail) - at >= 22 and at + 22 + int.from_bytes(tail[at + 20 : at + 22], "little") == len(tail):
            break
        at = tail.rfind(_END, 0, at)
    else:
        raise ContainerError("truncated")
    disk, first_disk, here, count, length, start = struct.unpack("<HHHHII", tail[at + 4 : at + 20])
    if disk or first_disk or here != count:
        raise ContainerError("archive_damaged")
    before = tail_start + at
    if count == 0xFFFF or length == 0xFFFFFFFF or start == 0xFFFFFFFF:
        start, length, count, before = _end64(stream, before)
    if start + length > before:
        raise ContainerError("archive_damaged")
    return start, length, count


def _end64(stream: IO[bytes], end: int) -> tuple[int, int, int, int]:
    stream.seek(max(0, end - 20))
    locator = stream.read(20)
    if len(locator) < 20 or locator[:4] != _LOCATOR64:
        raise ContainerError("archive_damaged")
    place = int.from_bytes(locator[8:16], "little")
    if place > end - 76:
        raise ContainerError("archive_damaged")
    stream.seek(place)
    record = stream.read(56)
    if len(record) < 56 or record[:4] != _END64:
        raise ContainerError("archive_damaged")
    disk, first_disk, here, count, length, start = struct.unpack("<IIQQQQ", record[16:56])
    if disk or first_disk or here != count:
        raise ContainerError("archive_damaged")
    return start, length, count, place


def _entry_at(stream: IO[bytes], directory: bytes, place: int, limit: int) -> tuple[Member, int, int]:
    head = directory[place : place + 46]
    if len(head) < 46 or head[:4] != _ENTRY:
        raise ContainerError("archive_damaged")
    flags, method = struct.unpack("<HH", head[8:12])
    checksum, compressed, size, name_length, extra_length, comment_length = struct.unpack("<IIIHHH", head[16:34])
    (offset,) = struct.unpack("<I", head[42:46])
    name_end = place + 46 + name_length
    following = name_end + extra_length + comment_length
    if following > len(directory):
        raise ContainerError("archive_damaged")
    raw = directory[place + 46 : name_end]
    size, compressed, offset = _wide(directory[name_end : name_end + extra_length], size, compressed, offset)
    if flags & _ENCRYPTED:
        raise ContainerError("archive_encrypted")
    if method not in (STORED, DEFLATED):
        raise ContainerError("archive_method")
    name = _name(raw, utf8=bool(flags & 0x800))
    data = _data_start(stream, offset, raw, method, limit)
    if data + compressed > limit or (method == STORED and compressed != size):
        raise ContainerError("archive_damaged")
    return Member(name, method, compressed, size, checksum, data), following, offset


def _wide(extra: bytes, size: int, compressed: int, offset: int) -> tuple[int, int, int]:
    """The three numbers, taken from the ZIP64 field where the entry says that they stand there."""
    numbers = [size, compressed, offset]
    if 0xFFFFFFFF not in numbers:
        return size, compressed, offset
    place = 0
    while place + 4 <= len(extra):
        kind, length = struct.unpack("<HH", extra[place : place + 4])
        body = extra[place + 4 : place + 4 + length]
        if kind == 1:
            for number, value in enumerate(numbers):
                if value == 0xFFFFFFFF:
                    if len(body) < 8:
                        raise ContainerError("archive_damaged")
                    numbers[number], body = int.from_bytes(body[:8], "little"), body[8:]
            return numbers[0], numbers[1], numbers[2]
        place += 4 + length
    raise ContainerError("archive_damaged")


def _name(raw: bytes, *, utf8: bool) -> str:
    """The name, if it stays in the archive on every system. Raises ContainerError."""
    try:
        name = raw.decode("utf-8" if utf8 else "cp437").replace("\\", "/")
    except UnicodeDecodeError as error:
        raise ContainerError("archive_damaged") from error
    steps = name.removesuffix("/").split("/")
    if not name or len(name) > 400 or name.startswith("/") or ":" in steps[0] or ".." in steps or "\0" in name:
        raise ContainerError("archive_escapes", name=name[:60].replace("\0", ""))
    return name


def _data_start(stream: IO[bytes], offset: int, name: bytes, method: int, limit: int) -> int:
    if offset + 30 > limit:
        raise ContainerError("archive_damaged")
    stream.seek(offset)
    head = stream.read(30)
    name_length, extra_length = struct.unpack("<HH", head[26:30])
    if head[:4] != _LOCAL or int.from_bytes(head[8:10], "little") != method:
        raise ContainerError("archive_damaged")
    if head[6] & 1:
        raise ContainerError("archive_encrypted")
    if stream.read(name_length) != name:
        raise ContainerError("archive_damaged")
    return offset + 30 + int(name_length) + int(extra_length)


def _check_sizes(member: Member, inflated_so_far: int) -> None:
    if inflated_so_far > MAX_INFLATED_BYTES:
        raise ContainerError("archive_too_large", max_megabytes=MAX_INFLATED_BYTES // MEBIBYTE)
    if member.size > RATIO_FROM_BYTES and member.size > MAX_RATIO * max(1, member.compressed):
        raise ContainerError("archive_bomb")
