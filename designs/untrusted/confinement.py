"""What a child gives up before it reads a byte of anybody's: time, memory, the network, other files, other programs."""

import ctypes
import os
import random
import resource
import signal
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import common
import contracts.verifier
import designs
from designs.untrusted import landlock, seccomp

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
CAPABILITY_VERSION_3 = 0x20080522

LIBRARIES = (
    *("/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/ssl/openssl.cnf", "/dev/null", "/dev/urandom"),
    # What processors and memory there are, and how much of it this process may have.
    *("/proc/cpuinfo", "/proc/meminfo", "/proc/self", "/sys/devices/system"),
)
"""What code opens that is no part of Python or of ours."""


def confine(limits: dict[str, Any], files: Sequence[int] = ()) -> list[str]:
    """Give up what the task does not need; return what this kernel would not let us give up. What may be read from now
    on is code and the open `files`; what may be written lies in the present folder."""
    libc = ctypes.CDLL(None, use_errno=True)
    # If the worker is killed, its child goes too: nobody would read its result.
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.umask(0o077)
    _limit(resource.RLIMIT_CORE, 0)
    # A second between the two limits, so that the end by SIGXCPU tells it from the memory killer's SIGKILL.
    _limit(resource.RLIMIT_CPU, limits["cpu_seconds"], limits["cpu_seconds"] + 1)
    _limit(resource.RLIMIT_AS, limits["memory_bytes"])
    _limit(resource.RLIMIT_FSIZE, limits["file_bytes"])
    _limit(resource.RLIMIT_NOFILE, limits["open_files"])
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) > limits["threads"]:
        os.sched_setaffinity(0, random.sample(allowed, limits["threads"]))
    missing = []
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0:
        # Only in a user namespace of its own: elsewhere all processes of the user count.
        _limit(resource.RLIMIT_NPROC, limits["processes"])
    else:
        missing.append(f"user namespace: {_error()}")
        if libc.unshare(CLONE_NEWNET) != 0:
            missing.append(f"network namespace: {_error()}")
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        missing.append(f"no new privileges: {_error()}")
    if not _drop_capabilities(libc):
        missing.append(f"capabilities: {_error()}")
    try:
        landlock.restrict(readable=[*_code(), *LIBRARIES, *files], writable=["."])
    except OSError as error:
        missing.append(f"files (Landlock): {error.strerror}")
    try:
        # Last, for it refuses some of the above.
        seccomp.refuse_calls()
    except OSError as error:
        missing.append(f"system calls (seccomp): {error.strerror}")
    return missing


def _code() -> list[str]:
    """Python with its libraries, and the rooms of ours that children import: not the house, where the state may lie."""
    rooms = [*common.__path__, *designs.__path__, *contracts.verifier.__path__]
    house = Path(rooms[0]).parent
    return [*rooms, sys.base_prefix, *(place for place in sys.path if place and Path(place) != house)]


def _drop_capabilities(libc: ctypes.CDLL) -> bool:
    """Give up every privilege: a user namespace of one's own begins with all of them within it."""
    capability = 0
    # Past the last one, or where there is none to be dropped, the kernel says no.
    while libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    none = ctypes.c_char_p(bytes(24))
    return bool(libc.capset(ctypes.c_char_p(struct.pack("=Ii", CAPABILITY_VERSION_3, 0)), none) == 0)


def _error() -> str:
    return os.strerror(ctypes.get_errno())


def _limit(what: int, soft: int, hard: int | None = None) -> None:
    _soft, highest = resource.getrlimit(what)
    wanted = [soft, soft if hard is None else hard]
    if highest != resource.RLIM_INFINITY:
        wanted = [min(value, highest) for value in wanted]
    resource.setrlimit(what, (wanted[0], wanted[1]))
