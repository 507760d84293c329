"""The worker's side of the template process (designs/untrusted/template.py): start it, ask it for children, replace it.

One for each process that runs children, started with the first of them and ended with the process. Nobody waits for
it: until it is ready, and whenever it cannot start, children are started cold.
"""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import structlog

logger = structlog.get_logger(__name__)

START_SECONDS = 120.0
END_SECONDS = 10.0
QUIET_SECONDS = 60.0
"""How long a template that could not start is not tried again."""
_PROGRAM = Path(__file__).resolve().parent.parent / "untrusted" / "template.py"


class TemplateLost(Exception):
    """The template does not take orders any more."""


class Template:
    """One template process. Not safe to share with a forked copy of this process."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed in end()
        self._started = time.monotonic()
        self._lock = threading.Lock()
        self.ready = False
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-B", str(_PROGRAM), str(theirs.fileno())],
                cwd="/",
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                pass_fds=(theirs.fileno(),),
                start_new_session=True,
            )

    def alive(self) -> bool:
        """Whether it runs and did not take too long to start. Notes when it became ready."""
        if self.process.poll() is not None:
            return False
        if not self.ready:
            self.ready = self._says_ready()
        return self.ready or time.monotonic() - self._started < START_SECONDS

    def _says_ready(self) -> bool:
        try:
            said = self._control.recv(64 * 1024, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        if not said:
            return False
        seconds = round(time.monotonic() - self._started, 2)
        logger.info("template_ready", pid=self.process.pid, seconds=seconds, missing=json.loads(said))
        return True

    def fork(
        self, order: Mapping[str, Any], *, reply_to: int, errors_to: int, workdir: Path, environment: Mapping[str, str]
    ) -> "WarmChild":
        """Ask for a child with this order. Raises TemplateLost."""
        line, theirs = socket.socketpair()
        folder = os.open(workdir, os.O_RDONLY | os.O_DIRECTORY)
        message = json.dumps({**order, "environment": dict(environment)}).encode()
        try:
            with self._lock:
                socket.send_fds(
                    self._control, [message], [reply_to, errors_to, folder, theirs.fileno()], socket.MSG_NOSIGNAL
                )
        except OSError as error:
            line.close()
            raise TemplateLost from error
        finally:
            os.close(folder)
            theirs.close()
        return WarmChild(self, line)

    def end(self) -> None:
        """End it and every child it has."""
        self._control.close()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._log.close()

    def kill(self) -> None:
        """For a template that does not answer. Its children die with it."""
        self.process.kill()
        self.process.wait()

    def forget(self) -> None:
        """In a forked copy of its process: give up what is the other's."""
        self._control.close()
        self._log.close()

    def log(self) -> str:
        self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, self._log.tell() - 2000))
        return self._log.read().decode("utf-8", "replace")


class WarmChild:
    """A forked child: known by its line, which ends it when it is closed."""

    def __init__(self, template: Template, line: socket.socket) -> None:
        self._template = template
        self._line = line

    def end(self) -> int:
        """End it, whatever it does, and return its exit code as subprocess has it: negative for a signal."""
        with self._line as line:
            line.settimeout(END_SECONDS)
            try:
                line.shutdown(socket.SHUT_WR)
                said = line.recv(16)
            except TimeoutError:
                self._template.kill()
                said = b""
            except OSError:
                said = b""
        # Nothing was said: the template died, and the child with it.
        return int(said) if said else -signal.SIGKILL


_lock = threading.Lock()
_ours: Template | None = None
_quiet_until = 0.0


def warm_template(environment: Mapping[str, str]) -> Template | None:
    """The template of this process if it is ready. Starts one, for later, if there is none."""
    global _ours, _quiet_until
    with _lock:
        if _ours is not None and not _ours.alive():
            _bury(_ours)
            _ours = None
        if _ours is None and time.monotonic() >= _quiet_until:
            try:
                _ours = Template(environment)
            except OSError as error:
                _quiet_until = time.monotonic() + QUIET_SECONDS
                logger.warning("template_failed", error=str(error))
        return _ours if _ours is not None and _ours.ready else None


def end_template() -> None:
    """End this process's template, if it has one."""
    global _ours, _quiet_until
    with _lock:
        template, _ours = _ours, None
        _quiet_until = 0.0
    if template is not None:
        template.end()


def _bury(template: Template) -> None:
    """Say how it died. One that never became ready is not tried again at once."""
    global _quiet_until
    if template.process.poll() is None:
        template.kill()
    if not template.ready:
        _quiet_until = time.monotonic() + QUIET_SECONDS
    logger.warning(
        "template_died" if template.ready else "template_failed", exit=template.process.returncode, log=template.log()
    )
    template.end()


def _in_a_fork() -> None:
    global _ours, _lock
    _lock = threading.Lock()
    template, _ours = _ours, None
    if template is not None:
        template.forget()


os.register_at_fork(after_in_child=_in_a_fork)
atexit.register(end_template)
