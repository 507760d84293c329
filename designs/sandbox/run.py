"""The parent's side: one child per file, forked warm or started cold; listen to it, end it in time, and believe nothing
unchecked.

The child (designs/untrusted/main.py) confines itself before it touches a byte of the file: limits, no network, no
privileges, no programs, and no files but its own. What it says comes over one pipe as JSON lines of bounded length.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, Any

import structlog
from django.conf import settings

from common import bounded_json
from contracts.killpoints import reach

from .template import Template, TemplateLost, warm_template

logger = structlog.get_logger(__name__)

MEBIBYTE = 1024 * 1024
COLD_FORMATS = {"step"}
"""Read by native code with known holes. A child for them is started, not forked: forks share one layout of memory, so
that an attempt which fails would teach the next one."""
HANDED_OVER_BYTES = 512 * MEBIBYTE
"""What that code may write of triangles: it hands them over in a file, which is gone before the task ends."""
MAX_REPLY_BYTES = 256 * 1024
MAX_LOG_BYTES = 16 * 1024
HEARTBEAT_SECONDS = 1.0
_told: set[str] = set()
"""Tasks of which it was told that their children are less confined than they should be."""
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

    @property
    def interrupted(self) -> bool:
        """Whether somebody killed it, as a kernel does that is short of memory: that says nothing of the file."""
        return self.code == "killed"


@dataclass(frozen=True)
class Usage:
    """What one child took, by its own account: seconds, bytes resident at most, and those of them that are no work of
    its task: what it held before, and its libraries, which all processes share."""

    task: str
    warm: bool
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    held_bytes: int


_measuring: ContextVar[list[Usage] | None] = ContextVar("measuring", default=None)


@contextmanager
def measuring() -> Iterator[list[Usage]]:
    """Collect the usage of the children that end inside the block by their own word: done, or refused."""
    usages: list[Usage] = []
    token = _measuring.set(usages)
    try:
        yield usages
    finally:
        _measuring.reset(token)


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
    started = time.monotonic()
    if request.get("format") in COLD_FORMATS:
        limits = replace(limits, file_bytes=max(limits.file_bytes, HANDED_OVER_BYTES))
    order = {"task": task, "request": dict(request), "limits": asdict(limits)}
    with _child_of(order, workdir, limits) as child:
        try:
            conversation = _Conversation(progress, task)
            conversation.follow(child.replies, child.errors, deadline=started + limits.wall_seconds)
        finally:
            exit_code = child.end()
    seconds = time.monotonic() - started
    outcome = conversation.outcome(exit_code)
    used = conversation.used
    logger.info(
        "child_ended",
        task=task,
        seconds=round(seconds, 2),
        peak_mib=round(used["peak_bytes"] / MEBIBYTE),
        outcome=outcome.code if isinstance(outcome, ChildFailed) else "done",
        exit=exit_code,
        warm=child.warm,
        unconfined=conversation.unconfined,
    )
    if conversation.unconfined and task not in _told:
        # Once for each: the machine lacks it, whatever the file.
        _told.add(task)
        logger.warning("child_unconfined", task=task, missing=conversation.unconfined)
    if (usages := _measuring.get()) is not None and used["peak_bytes"]:
        usages.append(
            Usage(task, child.warm, seconds, used["cpu_seconds"], int(used["peak_bytes"]), int(used["held_bytes"]))
        )
    if isinstance(outcome, ChildFailed):
        if conversation.log:
            logger.debug("child_said", task=task, log=conversation.log[-2000:].decode("utf-8", "replace"))
        raise outcome
    return outcome


def keep_warm() -> Template | None:
    """Let this process have a template to fork its children from (SANDBOX_WARM); None until it is ready."""
    return warm_template(_environment(Path("/"), Limits.threads)) if settings.SANDBOX_WARM else None


@dataclass(frozen=True)
class _Child:
    """A running child: what to read of it, and how to end it, which tells its exit code."""

    replies: IO[bytes]
    errors: IO[bytes]
    end: Callable[[], int]
    warm: bool


@contextmanager
def _child_of(order: dict[str, Any], workdir: Path, limits: Limits) -> Iterator[_Child]:
    """A child forked by this process's template, or started cold where there is none."""
    environment = _environment(workdir, limits.threads)
    with ExitStack() as opened:
        (replies, reply_to), (errors, errors_to) = _pipe(opened), _pipe(opened)
        with reply_to, errors_to:
            end, warm = _begun(order, workdir, environment, reply_to.fileno(), errors_to.fileno())
        yield _Child(replies, errors, end, warm)


def _begun(
    order: dict[str, Any], workdir: Path, environment: dict[str, str], reply_to: int, errors_to: int
) -> tuple[Callable[[], int], bool]:
    template = None if order["request"].get("format") in COLD_FORMATS else keep_warm()
    if template is not None:
        try:
            child = template.fork(
                order, reply_to=reply_to, errors_to=errors_to, workdir=workdir, environment=environment
            )
        except TemplateLost:
            logger.warning("template_lost", task=order["task"])
        else:
            return child.end, True
    process = subprocess.Popen(
        [sys.executable, "-I", "-B", str(_PROGRAM), json.dumps({**order, "reply_to": reply_to})],
        cwd=workdir,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=errors_to,
        pass_fds=(reply_to,),
        start_new_session=True,
    )
    return partial(_ended, process), False


def _pipe(opened: ExitStack) -> tuple[IO[bytes], IO[bytes]]:
    receiving, sending = os.pipe()
    return opened.enter_context(os.fdopen(receiving, "rb", buffering=0)), os.fdopen(sending, "wb", buffering=0)


class _Conversation:
    """What the child said until its end."""

    def __init__(self, progress: Progress | None, task: str = "") -> None:
        self._progress = progress
        self._task = task
        self._said = ("start", 0.0)
        self._pending = b""
        self._received = 0
        self._reply: dict[str, Any] | None = None
        self._refusal: ChildFailed | None = None
        self._stopped: str | None = None
        self.unconfined: list[str] = []
        self.used = {"peak_bytes": 0.0, "held_bytes": 0.0, "cpu_seconds": 0.0}
        self.log = b""

    def follow(self, replies: IO[bytes], errors: IO[bytes], *, deadline: float) -> None:
        """Read until both pipes are closed, the time is over, or the child says too much."""
        with selectors.DefaultSelector() as selector:
            selector.register(replies, selectors.EVENT_READ)
            selector.register(errors, selectors.EVENT_READ)
            told = time.monotonic()
            while selector.get_map():
                left = deadline - time.monotonic()
                if left <= 0:
                    self._stopped = "timeout"
                    return
                events = selector.select(min(left, HEARTBEAT_SECONDS))
                if self._progress is not None and time.monotonic() - told >= HEARTBEAT_SECONDS:
                    told = time.monotonic()
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
            # The first word: from here on it works on the file.
            reach(f"child.{self._task}")
        elif kind == "used":
            self.used = {name: max(0.0, float(content[name])) for name in self.used}
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


def _environment(workdir: Path, threads: int) -> dict[str, str]:
    return {
        "HOME": str(workdir),
        "TMPDIR": str(workdir),
        "PATH": os.defpath,
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
        "MALLOC_ARENA_MAX": "2",
    }


def _ended(process: subprocess.Popen[bytes]) -> int:
    """End the child and whatever it started: it leads a session of its own. Returns its exit code."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    return process.wait()
