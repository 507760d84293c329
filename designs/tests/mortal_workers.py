"""Workers that die at a named line: each is forked from one process that has everything imported, as Celery's are.

`python -m designs.tests.mortal_workers` takes lines "VERSION LINE" and answers each with the exit code of the worker
that ran the version's steps.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from designs.tests.many import ROOT

SMALL = {"FIRST_WIDTH": 32, "COVER_WIDTH": 64, "LARGE_COVER_WIDTH": 96}
"""Renders in few pixels: what is looked at is what stays of them, not how they look."""


class MortalWorkers:
    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, version_id: int, *, kill_at: str = "") -> int:
        """Run the steps of a version in a new process; its exit code, -9 when it died at the line."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(version_id, kill_at, file=self._process.stdin, flush=True)
        for line in self._process.stdout:
            # What is logged stands on the same pipe.
            if line.startswith("ended "):
                return int(line.split()[1])
        raise AssertionError("the workers are gone")


@contextmanager
def mortal_workers(database: str, folders: dict[str, str]) -> Iterator[MortalWorkers]:
    """On the database at this URL, with these settings of folders."""
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "LOOMPRINT_LOCAL": "1",
        # A process that lives for one file has no use for a template.
        "SANDBOX_WARM": "0",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "designs.tests.mortal_workers", json.dumps(folders)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield MortalWorkers(process)
        assert process.stdin is not None
        process.stdin.close()


def main() -> None:
    import django

    django.setup()
    from django.conf import settings

    from designs.previews import render
    from designs.services.processing import process_version

    for name, value in json.loads(sys.argv[1]).items():
        setattr(settings, name, Path(value))
    for name, width in SMALL.items():
        setattr(render, name, width)
    for line in sys.stdin:
        version_id, _space, kill_at = line.strip().partition(" ")
        pid = os.fork()
        if pid == 0:
            os.environ["LOOMPRINT_KILL_AT"] = kill_at
            process_version(version_id=int(version_id))
            os._exit(0)
        print("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
