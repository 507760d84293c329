"""The files of a ZIP, each inflated by us under the directory's budget and never onto the disk."""

import os
from collections.abc import Iterator
from types import TracebackType
from typing import IO

from designs.containers import zip_directory
from designs.containers.errors import ContainerError
from designs.containers.zip_directory import Member
from designs.untrusted.refusal import Refusal


class Bundle:
    """An open archive. Names are compared without regard to case, as OPC does. Raises Refusal throughout."""

    def __init__(self, path: str) -> None:
        self._stream: IO[bytes] = open(path, "rb")  # noqa: SIM115
        try:
            members = zip_directory.read_directory(self._stream, os.path.getsize(path))
        except ContainerError as error:
            self._stream.close()
            raise Refusal(error.code, **error.details) from error
        self._members: dict[str, Member] = {name.lower(): member for name, member in members.items()}
        self.names = list(members)

    def __enter__(self) -> "Bundle":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._members

    def size(self, name: str) -> int:
        """Length of a file when inflated, in bytes."""
        return self._members[name.lower()].size

    def pieces(self, name: str) -> Iterator[bytes]:
        """A file in pieces of at most 256 KiB."""
        try:
            yield from zip_directory.inflated(self._stream, self._members[name.lower()])
        except ContainerError as error:
            raise Refusal(error.code, **error.details) from error

    def contents(self, name: str, *, max_bytes: int) -> bytes:
        """A file whole, if it is no larger than `max_bytes`."""
        if self.size(name) > max_bytes:
            raise Refusal("too_large")
        return b"".join(self.pieces(name))
