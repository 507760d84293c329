"""The child's first steps: confine itself, then run one task on one file.

Started by designs/sandbox as `python -I -B main.py ORDER`, or forked by template.py, which has the libraries already.
Confinement comes before the first byte of the file, so that no parser ever runs without it.
"""

import json
import os
import resource
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from designs.untrusted.confinement import confine
from designs.untrusted.refusal import Refusal

FILES = ("input", "beside", "master")
"""Where a request names files; not all of them do."""

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
    "read_credentials_beside": ("designs.untrusted.credentials_reading", "read_beside"),
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
    return perform(order, reply_to=order["reply_to"])


def perform(order: dict[str, Any], *, reply_to: int) -> int:
    """Confine this process and run the order's task; what it says goes to the descriptor `reply_to`."""
    reply = _Reply(reply_to)
    memory = os.open("/proc/self/statm", os.O_RDONLY)
    held, _libraries = _pages(memory)
    files = _opened(order["request"])
    reply.say("unconfined", confine(order["limits"], files))
    try:
        module, function = TASKS[order["task"]]
        task = getattr(import_module(module), function)
        result = task(order["request"], reply.progress)
        reply.say("used", _used(memory, held))
        reply.say("done", result)
    except Refusal as refusal:
        reply.refuse(refusal.code, refusal.details, _used(memory, held))
    except MemoryError:
        reply.refuse("out_of_memory", {}, _used(memory, held))
    except Exception as error:
        cause = f"{type(error).__name__}: {error}"[:200]
        reply.refuse("unreadable", {"cause": cause}, _used(memory, held))
        raise
    return 0


def _opened(request: dict[str, Any]) -> list[int]:
    """Open the request's files and name them by their descriptors: the bytes stay the same if others are put in their
    place, and nothing else of their folder need be readable."""
    files = []
    for name in FILES:
        if str(request.get(name, "")).startswith("/"):
            files.append(os.open(request[name], os.O_RDONLY))
            request[name] = f"/proc/self/fd/{files[-1]}"
    return files


def _pages(memory: int) -> tuple[int, int]:
    """Bytes of memory of this process alone, and bytes of files in it that all processes share, its libraries' most."""
    resident, shared = (int(pages) * resource.getpagesize() for pages in os.pread(memory, 200, 0).split()[1:3])
    return resident - shared, shared


def _used(memory: int, held: int) -> dict[str, Any]:
    """What this process took: the most that it had in memory, what of it was no work of the task's (`held` before, and
    its libraries), and processor time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    peak, libraries = used.ru_maxrss * 1024, _pages(memory)[1]
    return {"peak_bytes": peak, "held_bytes": held + libraries, "cpu_seconds": used.ru_utime + used.ru_stime}


class _Reply:
    """JSON lines to the parent."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def say(self, kind: str, content: Any) -> None:
        line = json.dumps({"kind": kind, "content": content}, allow_nan=False).encode() + b"\n"
        while line:
            line = line[os.write(self._descriptor, line) :]

    def refuse(self, code: str, details: dict[str, Any], used: dict[str, Any]) -> None:
        self.say("used", used)
        self.say("refused", {"code": code, "details": details})

    def progress(self, what: str, fraction: float) -> None:
        self.say("progress", [what, round(fraction, 3)])


if __name__ == "__main__":
    sys.exit(main())
