"""The log file of a process, and the pipe through which its lines are also shown."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from .telling import say

ROTATE_AT_BYTES = 20_000_000
LONGEST_LINE = 65536
# Structured log lines of these levels stay in the log file; the terminal shows what someone should know.
ROUTINE = ("[info ", "[debug ")
SHOWN_PER_SPELL = 30
SPELL_SECONDS = 10.0


def is_routine(line: str) -> bool:
    """Whether a log line is for the file only."""
    return any(level in line for level in ROUTINE)


class Screen:
    """Shows a program's lines with its name; a flood of them only in part, since the file has them all."""

    def __init__(self, name: str, path: Path) -> None:
        self._name = name
        self._path = path
        self._spell_began = 0.0
        self._shown = 0

    def show(self, line: str) -> None:
        if not line or is_routine(line):
            return
        now = time.monotonic()
        if now - self._spell_began > SPELL_SECONDS:
            self._spell_began, self._shown = now, 0
        self._shown += 1
        if self._shown <= SHOWN_PER_SPELL:
            say(f"{self._name:<8}| {line}")
        elif self._shown == SHOWN_PER_SPELL + 1:
            say(f"{self._name:<8}| … and more, in {self._path}")


class LogFile:
    """Appends to a file, keeping one older file when it grows.

    Without `on_line` the process writes the file itself. With it, its output comes through a pipe of ours:
    asyncio's own would make `wait` hang for as long as any grandchild holds them (Python 3.11, early 3.12).
    """

    def __init__(self, path: Path, *, on_line: Callable[[str], None] | None = None) -> None:
        self.path = path
        self._on_line = on_line
        self._file: BinaryIO | None = None
        self._read_end: int | None = None
        self._write_end: int | None = None
        self._rest = b""
        self._at_end = asyncio.Event()

    def open(self) -> int:
        """The file descriptor for the process to write to."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists() and self.path.stat().st_size > ROTATE_AT_BYTES:
            self.path.replace(self.path.with_suffix(".log.1"))
        self._file = self.path.open("ab", buffering=0)
        if self._on_line is None:
            self._at_end.set()
            return self._file.fileno()
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        asyncio.get_running_loop().add_reader(self._read_end, self._take)
        return self._write_end

    def opened(self) -> None:
        """The process has its copy of the descriptor: close ours."""
        if self._write_end is not None:
            os.close(self._write_end)
            self._write_end = None
        elif self._file is not None:
            self._file.close()

    async def finish(self) -> None:
        """Wait a moment for the last lines, but not for a grandchild that holds the pipe open."""
        try:
            await asyncio.wait_for(self._at_end.wait(), 1.0)
        except TimeoutError:
            pass
        self._close()

    def _take(self) -> None:
        if self._read_end is None:
            return
        try:
            chunk = os.read(self._read_end, LONGEST_LINE)
        except BlockingIOError:
            return
        if not chunk:
            self._close()
            return
        self._write(chunk)
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            lines, self._rest = [*lines, self._rest], b""
        for line in lines:
            self._tell(line)

    def _write(self, chunk: bytes) -> None:
        if self._file is None:
            return
        try:
            self._file.write(chunk)
            if self._file.tell() > ROTATE_AT_BYTES:
                self._file.close()
                self.path.replace(self.path.with_suffix(".log.1"))
                self._file = self.path.open("ab", buffering=0)
        except OSError:
            pass  # a full disk must not end what is running

    def _tell(self, line: bytes) -> None:
        if self._on_line is not None:
            self._on_line(line.decode(errors="replace").rstrip())

    def _close(self) -> None:
        if self._read_end is not None:
            asyncio.get_running_loop().remove_reader(self._read_end)
            os.close(self._read_end)
            self._read_end = None
            if self._rest:
                self._tell(self._rest)
                self._rest = b""
            if self._file is not None:
                self._file.close()
        self._at_end.set()
