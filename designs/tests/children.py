"""The children that read files for this process: started by itself, or forked by its template."""

import os
import time
from pathlib import Path

from designs.sandbox import keep_warm
from designs.sandbox.template import Template


def children_of(pid: int | str) -> set[int]:
    """Process ids of the children of every thread of a process; none of one that is gone."""
    try:
        lists = [(task / "children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        return set()
    return {int(child) for text in lists for child in text.split()}


def all_children() -> set[int]:
    """Our children without our template, and its children."""
    ours = children_of("self")
    templates = {pid for pid in ours if b"untrusted/template.py" in _command(pid)}
    return (ours - templates).union(*(children_of(pid) for pid in templates))


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def ready_template() -> Template:
    """This process's template, once it has its libraries."""
    deadline = time.monotonic() + 120
    while (template := keep_warm()) is None:
        assert time.monotonic() < deadline, "the template is not ready after two minutes"
        time.sleep(0.02)
    return template


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
