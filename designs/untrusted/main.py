"""The child's first steps: confine itself, then run one task on one file.

Started by designs/sandbox as `python -I -B main.py ORDER`, or forked by template.py, which has the libraries already.
Confinement comes before the first byte of the file, so that no parser ever runs without it.
"""

import ctypes
import json
import os
import random
import resource
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
PR_SET_NO_NEW_PRIVS = 38

TASKS = {
    "inspect_image": ("designs.untrusted.images", "inspect"),
    "inspect_mesh": ("designs.untrusted.meshes", "inspect"),
    "self_intersection": ("designs.untrusted.checks", "self_intersection"),
    "walls": ("designs.untrusted.checks", "walls"),
    "gaps": ("designs.untrusted.checks", "gaps"),
    "fingerprint_image": ("designs.untrusted.fingerprint", "of_image"),
    "fingerprint_mesh": ("designs.untrusted.fingerprint", "of_mesh"),
    "triangles": ("designs.untrusted.triangles", "write_triangles"),
    "derive": ("designs.untrusted.images", "derive"),
    "viewer": ("designs.untrusted.viewer", "write_viewer"),
    "make_rendition": ("designs.untrusted.renditions", "make"),
    "draft_credentials": ("designs.untrusted.credentials", "draft"),
    "read_credentials": ("designs.untrusted.credentials_reading", "read"),
    "seal_rendition": ("designs.untrusted.renditions", "seal"),
    "read_making": ("designs.untrusted.making", "read"),
    "cover": ("designs.untrusted.cover", "render_cover"),
    "clay": ("designs.untrusted.cover", "render_clay"),
    "wall_map": ("designs.untrusted.wall_map", "draw_walls"),
    "wireframe": ("designs.untrusted.wireframe", "draw_wireframe"),
    "first": ("designs.untrusted.cover", "render_first"),
}


def main() -> int:
    order = json.loads(sys.argv[1])
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
    return perform(order, reply_to=order["reply_to"])


def perform(order: dict[str, Any], *, reply_to: int) -> int:
    """Confine this process and run the order's task; what it says goes to the descriptor `reply_to`."""
    reply = _Reply(reply_to)
    held, _libraries = _pages()
    reply.say("unconfined", confine(order["limits"]))
    from designs.untrusted.refusal import Refusal

    try:
        module, function = TASKS[order["task"]]
        task = getattr(import_module(module), function)
        result = task(order["request"], reply.progress)
        reply.say("used", _used(held))
        reply.say("done", result)
    except Refusal as refusal:
        reply.say("refused", {"code": refusal.code, "details": refusal.details})
    except MemoryError:
        reply.say("refused", {"code": "out_of_memory", "details": {}})
    except Exception as error:
        cause = f"{type(error).__name__}: {error}"[:200]
        reply.say("refused", {"code": "unreadable", "details": {"cause": cause}})
        raise
    return 0


def _pages() -> tuple[int, int]:
    """Bytes of memory of this process alone, and bytes of files in it that all processes share, its libraries' most."""
    with open("/proc/self/statm", "rb") as statm:
        resident, shared = (int(pages) * resource.getpagesize() for pages in statm.read().split()[1:3])
    return resident - shared, shared


def _used(held: int) -> dict[str, Any]:
    """What this process took: the most that it had in memory, what of it was no work of the task's (`held` before, and
    its libraries), and processor time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak, libraries = used.ru_maxrss * 1024, _pages()[1]
    return {"peak_bytes": peak, "held_bytes": held + libraries, "cpu_seconds": used.ru_utime + used.ru_stime}


class _Reply:
    """JSON lines to the parent."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def say(self, kind: str, content: Any) -> None:
        line = json.dumps({"kind": kind, "content": content}, allow_nan=False).encode() + b"\n"
        while line:
            line = line[os.write(self._descriptor, line) :]

    def progress(self, what: str, fraction: float) -> None:
        self.say("progress", [what, round(fraction, 3)])


def confine(limits: dict[str, Any]) -> list[str]:
    """Give up what the task does not need; return what this kernel would not let us give up."""
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
        # In a user namespace of its own only this child's processes count, and its privileges are gone.
        _limit(resource.RLIMIT_NPROC, limits["processes"])
    else:
        missing.append(f"user namespace: {os.strerror(ctypes.get_errno())}")
        if libc.unshare(CLONE_NEWNET) != 0:
            missing.append(f"network namespace: {os.strerror(ctypes.get_errno())}")
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        missing.append(f"no new privileges: {os.strerror(ctypes.get_errno())}")
    return missing


def _limit(what: int, soft: int, hard: int | None = None) -> None:
    _soft, highest = resource.getrlimit(what)
    wanted = [soft, soft if hard is None else hard]
    if highest != resource.RLIM_INFINITY:
        wanted = [min(value, highest) for value in wanted]
    resource.setrlimit(what, (wanted[0], wanted[1]))


if __name__ == "__main__":
    sys.exit(main())
