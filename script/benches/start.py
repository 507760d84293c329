"""Seconds until a fresh copy of the checkout answers, and until it answers again.

Copies the working tree into a temporary folder, so that .venv, node_modules and var are made from nothing
(with whatever package caches the machine has), starts it without demo content, ends it, and starts it again.
"""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from script.setup.paths import ROOT
from script.setup.telling import Refusal

from .report import Report, Row

ANSWERS = re.compile(r"Loomprint answers\s+([\d.]+) s")
FIRST_TARGET = 240.0
LATER_TARGET = 20.0


def measure() -> Report:
    """Raises Refusal when a start does not come to answering."""
    with tempfile.TemporaryDirectory(prefix="loomprint-start-") as folder:
        copy = Path(folder) / "checkout"
        _copy_tracked(copy)
        first, again = _seconds_to_answer(copy), _seconds_to_answer(copy)
    rows = [
        Row("start.first", first, "s", FIRST_TARGET),
        Row("start.later", again, "s", LATER_TARGET),
    ]
    return Report("start", rows, [f"{os.cpu_count()} cores, package caches as they were, without demo content"])


def _copy_tracked(target: Path) -> None:
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def _seconds_to_answer(checkout: Path) -> float:
    env = {name: value for name, value in os.environ.items() if name != "LOOMPRINT_VAR"}
    server = subprocess.Popen(
        ["python3", str(checkout / "script" / "server"), "--no-demo"],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert server.stdout is not None
    said: list[str] = []
    seconds = None
    for line in server.stdout:
        said.append(line.rstrip())
        if found := ANSWERS.search(line):
            seconds = float(found.group(1))
            server.send_signal(signal.SIGTERM)
    server.wait()
    if seconds is None:
        raise Refusal("The start did not come to answering; its last lines: " + " / ".join(said[-3:]))
    return seconds
