"""The parent's side: start one child per file, listen to it, end it in time, and believe nothing unchecked.

The child (designs/untrusted/main.py) confines itself before it touches a byte of the file: limits, no network, no
new privileges. What it says comes over one pipe as JSON lines of bounded length.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

import structlog

from common import bounded_json

logger = structlog.get_logger(__name__)

MEBIBYTE = 1024 * 1024
MAX_REPLY_BYTES = 256 * 1024
MAX_LOG_BYTES = 16 * 1024
HEARTBEAT_SECONDS = 1.0
_PROGRAM = Path(__file__).resolve().parent.parent / "untrusted" / "main.py"
_READ_BYTES = 64 * 1024

Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Limits:
    """What one child may use. Seconds, bytes, and counts; `threads` is a hint that libraries heed."""

    cpu_seconds: int
    wall_seconds: float
    memory_bytes: int
    file_bytes: int = 256 * MEBIBYTE
    processes: int = 64
    open_files: int = 64
    threads: int = 2


TRANSIENT = frozenset({"timeout", "killed", "crashed", "bad_reply"})
"""Codes after which the same task may work: a machine may have been busy, but who met a memory limit meets it again."""


class ChildFailed(Exception):
    """A child gave no result. `code` is its reason or ours; `details` are values for the sentence about it."""

    def __init__(self, code: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.details = dict(details or {})


def run_child(
    task: str,
    request: Mapping[str, Any],
    *,
    workdir: Path,
    limits: Limits,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run one task of designs/untrusted in a new limited process and return its reply.

    `workdir` is the child's working directory, its home and the only place where it is to write. Raises
    ChildFailed with the child's own code (a refusal), or timeout, out_of_memory, killed, crashed, bad_reply.
    `progress` is called with the child's last word at least once a second, so that it can serve as a heartbeat;
    what it raises ends the child.
    """
    receiving, sending = os.pipe()
    order = {"task": task, "request": dict(request), "limits": asdict(limits), "reply_to": sending}
    started = time.monotonic()
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-B", str(_PROGRAM), json.dumps(order)],
            cwd=workdir,
            env=_environment(workdir, limits),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(sending,),
            start_new_session=True,
        )
    except BaseException:
        os.close(receiving)
        raise
    finally:
        os.close(sending)
    with process, os.fdopen(receiving, "rb", buffering=0) as replies:
        try:
            conversation = _Conversation(progress)
            conversation.follow(process, replies, deadline=started + limits.wall_seconds)
        finally:
            _end(process)
    seconds = round(time.monotonic() - started, 2)
    outcome = conversation.outcome(process.returncode)
    logger.info(
        "child_ended",
        task=task,
        seconds=seconds,
        outcome=outcome.code if isinstance(outcome, ChildFailed) else "done",
        exit=process.returncode,
        unconfined=conversation.unconfined,
    )
    if isinstance(outcome, ChildFailed):
        if conversation.log:
            logger.debug("child_said", task=task, log=conversation.log[-2000:].decode("utf-8", "replace"))
        raise outcome
    return outcome


class _Conversation:
    """What the child said until its end."""

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._said = ("start", 0.0)
        self._pending = b""
        self._received = 0
        self._reply: dict[str, Any] | None = None
        self._refusal: ChildFailed | None = None
        self._stopped: str | None = None
        self.unconfined: list[str] = []
        self.log = b""

    def follow(self, process: subprocess.Popen[bytes], replies: IO[bytes], *, deadline: float) -> None:
        """Read until both pipes are closed, the time is over, or the child says too much."""
        assert process.stderr is not None
        with selectors.DefaultSelector() as selector:
            selector.register(replies, selectors.EVENT_READ)
            selector.register(process.stderr, selectors.EVENT_READ)
            while selector.get_map():
                left = deadline - time.monotonic()
                if left <= 0:
                    self._stopped = "timeout"
                    return
                events = selector.select(min(left, HEARTBEAT_SECONDS))
                if not events and self._progress is not None:
                    self._progress(*self._said)
                for key, _events in events:
                    data = os.read(key.fd, _READ_BYTES)
                    if not data:
                        selector.unregister(key.fileobj)
                    elif key.fileobj is replies:
                        self._take(data)
                    else:
                        self.log = (self.log + data)[-MAX_LOG_BYTES:]
                if self._stopped or self._reply is not None or self._refusal is not None:
                    return

    def outcome(self, exit_code: int) -> "dict[str, Any] | ChildFailed":
        """The reply, or why there is none."""
        if self._reply is not None:
            return self._reply
        if self._refusal is not None:
            return self._refusal
        if self._stopped is not None:
            return ChildFailed(self._stopped)
        if -exit_code == signal.SIGXCPU:
            return ChildFailed("timeout")
        # A C++ library that is refused memory aborts; the kernel, short of memory, sends SIGKILL.
        if b"bad_alloc" in self.log or b"MemoryError" in self.log:
            return ChildFailed("out_of_memory")
        if -exit_code == signal.SIGKILL:
            return ChildFailed("killed")
        return ChildFailed("crashed", {"exit": exit_code})

    def _take(self, data: bytes) -> None:
        self._received += len(data)
        if self._received > MAX_REPLY_BYTES:
            self._stopped = "bad_reply"
            return
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            self._take_line(line)

    def _take_line(self, line: bytes) -> None:
        try:
            message = bounded_json.loads(line)
            heard = self._hear(message["kind"], message["content"])
        except (ValueError, TypeError, KeyError, IndexError):
            self._stopped = "bad_reply"
            return
        # Outside the try: an error of the callback is the caller's, not the child's.
        if heard and self._progress is not None:
            self._progress(*self._said)

    def _hear(self, kind: str, content: Any) -> bool:
        """Take one message; return whether it was about progress."""
        if kind == "done" and isinstance(content, dict):
            self._reply = content
        elif kind == "refused":
            self._refusal = ChildFailed(str(content["code"])[:40], _plain(content["details"]))
        elif kind == "unconfined":
            self.unconfined = [str(reason)[:200] for reason in content][:8]
        elif kind == "progress":
            self._said = (str(content[0])[:40], min(1.0, max(0.0, float(content[1]))))
            return True
        else:
            raise ValueError("a message of no known kind")
        return False


def _plain(details: Any) -> dict[str, str | int | float]:
    """Details as they may enter a sentence: short text and numbers."""
    if not isinstance(details, dict):
        raise TypeError("details are an object")
    return {
        str(key)[:40]: value if isinstance(value, int | float) else str(value)[:200]
        for key, value in list(details.items())[:16]
    }


def _environment(workdir: Path, limits: Limits) -> dict[str, str]:
    threads = str(limits.threads)
    return {
        "HOME": str(workdir),
        "TMPDIR": str(workdir),
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "MALLOC_ARENA_MAX": "2",
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the child and whatever it started: it leads a session of its own."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()
