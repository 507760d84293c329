"""What a confined process tries, as somebody would who had found a hole in a reader of files; run within it."""

import ctypes
import errno
import os
import resource
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

CLONE_NEWNS = 0x00020000


def tried(action: Callable[..., object], *given: Any) -> str:
    try:
        action(*given)
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "done"


def reached(house: Path, there: socket.socket, file: int) -> dict[str, Any]:
    """`there` is a socket and `file` a file that it was given; all else lies in `house`."""
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
    parent = os.getppid()
    return {
        "the database, by a socket that it has": tried(there.connect, str(house / "database")),
        "a socket": tried(socket.socket, socket.AF_UNIX),
        "a pair of sockets": tried(socket.socketpair),
        "a program in its place": tried(os.execv, "/bin/true", ["true"]),
        "a program beside it": tried(os.posix_spawn, "/bin/true", ["true"], {}),
        "a process": tried(os.fork),
        "a session": tried(os.setsid),
        "its parent": tried(os.kill, parent, signal.SIGTERM),
        "its parent's limits": tried(resource.prlimit, parent, resource.RLIMIT_NOFILE),
        "a namespace": tried(_call, 272 if os.uname().machine == "x86_64" else 97, CLONE_NEWNS),
        "a ring": tried(_call, 425, 1, 0),
        "a secret": tried((house / "secret").read_text),
        "a folder": tried(os.listdir, house),
        "the accounts": tried(Path("/etc/passwd").read_text),
        "its parent's environment": tried(Path(f"/proc/{parent}/environ").read_bytes),
        "a new folder": tried((house / "new").mkdir),
        "an end of the secret": tried(os.truncate, house / "secret", 0),
        "its file by a name": tried((house / "file").read_text),
        "its file": Path(f"/proc/self/fd/{file}").read_text(),
        "itself": tried(os.kill, os.getpid(), 0),
        "a file of its folder": tried(Path("new").write_text, "new"),
        "a thread": tried(_think),
        "libraries": tried(__import__, "sqlite3"),
        "privileges": {int(status[name], 16) for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb")} != {0},
        "processes": resource.getrlimit(resource.RLIMIT_NPROC)[1],
    }


def _call(number: int, *given: int) -> None:
    if ctypes.CDLL(None, use_errno=True).syscall(*map(ctypes.c_long, (number, *given))) < 0:
        raise OSError(ctypes.get_errno(), "")


def _think() -> None:
    thinker = threading.Thread(target=os.getpid)
    thinker.start()
    thinker.join()
