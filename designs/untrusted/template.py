"""A process that has the heavy libraries imported and forks one limited child for each order.

Started by designs/sandbox/template.py as `python -I -B template.py CONTROL`, once for each worker. It never opens a
file of anybody's: an order is handed to its child unread, and only the child, confined, reads on. After the imports it
may not write to files, and it gains no privileges. It ends when its worker closes the control socket or dies.

An order comes with four descriptors: where the child replies, what its errors are written to, its empty folder, and a
line to the worker. Closing the line ends the child; its exit code is the last thing said on it.
"""

import ctypes
import gc
import json
import os
import resource
import selectors
import signal
import socket
import sys
import tempfile
import traceback
from importlib import import_module
from pathlib import Path
from types import FrameType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from designs.untrusted.confinement import PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG
from designs.untrusted.main import perform

WARM = (
    "designs.untrusted.images",
    "designs.untrusted.meshes",
    "designs.untrusted.checks",
    "designs.untrusted.crossings",
    "designs.untrusted.rays",
    "designs.untrusted.cover",
    "designs.untrusted.viewer",
    "designs.untrusted.wall_map",
    "designs.untrusted.wireframe",
    "designs.untrusted.checks",
    "designs.untrusted.making",
    "designs.untrusted.glb",
    "designs.untrusted.gltf",
    "designs.untrusted.obj",
    "designs.untrusted.off",
    "designs.untrusted.ply",
    "designs.untrusted.stl",
    "designs.untrusted.threemf",
    "embreex.rtcore_scene",
    "embreex.mesh_construction",
    "manifold3d",
)
"""What is imported once. A task may import more; a module that is missing here costs its child the time."""
MAX_ORDER_BYTES = 64 * 1024
OPEN_FILES = 256


def main() -> int:
    control = socket.socket(fileno=int(sys.argv[1]))
    missing = _imported()
    _settle()
    control.send(json.dumps(missing).encode())
    _Template(control).serve()
    return 0


def _imported() -> list[str]:
    """Import what is to be warm; return what could not be."""
    missing = []
    for name in WARM:
        try:
            import_module(name)
        except Exception as error:
            missing.append(f"{name}: {type(error).__name__}: {error}"[:200])
    try:
        # Otherwise each child would look for its image parsers and for the variant anew.
        from PIL import Image

        Image.init()
        import mitsuba

        mitsuba.set_variant("scalar_rgb")
    except Exception as error:
        missing.append(f"{type(error).__name__}: {error}"[:200])
    return missing


def _settle() -> None:
    """Give up what only the imports needed, and let the collector pass over what is never garbage."""
    os.umask(0o077)
    os.chdir("/")
    for what, soft in ((resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, OPEN_FILES)):
        _soft, hard = resource.getrlimit(what)
        # The hard limit stays: a child sets its own, which may be higher than nothing.
        resource.setrlimit(what, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))
    ctypes.CDLL(None).prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    gc.collect()
    gc.freeze()


class _Template:
    """Forks, waits for what it forked, and ends what nobody listens to any more."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._lines: dict[int, socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._woken, waking = socket.socketpair()
        for end in (self._woken, waking):
            end.setblocking(False)
        self._waking = waking
        signal.signal(signal.SIGCHLD, _wake)
        signal.set_wakeup_fd(waking.fileno(), warn_on_full_buffer=False)
        self._selector.register(control, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)

    def serve(self) -> None:
        """Until the control socket is closed; then every child goes too."""
        while True:
            for key, _events in self._selector.select():
                if key.fileobj is self._control:
                    order, descriptors, _flags, _address = socket.recv_fds(self._control, MAX_ORDER_BYTES, 4)
                    if not order:
                        self._end_all()
                        return
                    self._fork(order, descriptors)
                elif key.fileobj is self._woken:
                    self._woken.recv(4096)
                    self._reap()
                else:
                    self._hung_up(key.data)

    def _fork(self, order: bytes, descriptors: list[int]) -> None:
        if len(descriptors) != 4:
            for descriptor in descriptors:
                os.close(descriptor)
            return
        reply_to, errors_to, folder, line = descriptors
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _be_child(order, reply_to, errors_to, folder, parent)
        for descriptor in (reply_to, errors_to, folder):
            os.close(descriptor)
        self._lines[pid] = socket.socket(fileno=line)
        self._selector.register(self._lines[pid], selectors.EVENT_READ, pid)

    def _hung_up(self, pid: int) -> None:
        """Nobody waits for this child. Its end is told all the same."""
        if pid in self._lines:
            self._selector.unregister(self._lines[pid])
            _kill(pid)

    def _reap(self) -> None:
        while True:
            try:
                # Looked at before it is reaped: until then nobody else gets its number, which names its session too.
                ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            except ChildProcessError:
                return
            if ended is None:
                return
            _kill(ended.si_pid)
            _pid, status = os.waitpid(ended.si_pid, 0)
            line = self._lines.pop(ended.si_pid, None)
            if line is not None:
                self._told(line, os.waitstatus_to_exitcode(status))

    def _told(self, line: socket.socket, exit_code: int) -> None:
        try:
            self._selector.unregister(line)
        except KeyError:
            pass
        with line:
            try:
                line.send(str(exit_code).encode(), socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
            except OSError:
                pass

    def _end_all(self) -> None:
        for pid in self._lines:
            _kill(pid)
        for pid in list(self._lines):
            os.waitpid(pid, 0)


def _wake(_number: int, _frame: FrameType | None) -> None:
    """Python writes to the wake-up socket by itself."""


def _kill(pid: int) -> None:
    """End a child of ours that is not reaped yet, and what it started: it leads a session of its own."""
    for end in (os.killpg, os.kill):
        try:
            end(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass


def _be_child(order: bytes, reply_to: int, errors_to: int, folder: int, parent: int) -> None:
    """In the fork: the place, the descriptors and the environment that a started child would have. Does not return."""
    code = 1
    try:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.fchdir(folder)
        os.dup2(errors_to, 2)
        os.dup2(reply_to, 3)
        os.closerange(4, OPEN_FILES)
        code = _performed(json.loads(order))
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stderr.flush()
        finally:
            os._exit(code)


def _performed(order: dict[str, Any]) -> int:
    os.environ.update(order["environment"])
    tempfile.tempdir = None
    return perform(order, reply_to=3)


if __name__ == "__main__":
    sys.exit(main())
