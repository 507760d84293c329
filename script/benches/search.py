"""Milliseconds of searches over 50,000 designs, with their facets, on a PostgreSQL of its own.

Runs marketplace/tests/measure_search.py as script/test does, and fails where a search does not take its index.
"""

import os
import re
import subprocess

from script.setup.paths import ROOT
from script.setup.telling import Refusal

from .report import Report, Row

MEASURED = re.compile(r"MEASURED (\S+) ([\d.]+)")
PLAN = re.compile(r"PLAN (.+)")
PAGE_TARGET, FACETS_TARGET, WHOLE_TARGET = 50.0, 400.0, 600.0


def measure() -> Report:
    """Raises Refusal when the run does not come to its end."""
    command = [ROOT / "script" / "test", "marketplace/tests/measure_search.py", "--no-browser", "-n", "0", "--", "-s"]
    done = subprocess.run([str(word) for word in command], cwd=ROOT, capture_output=True, text=True)
    found = MEASURED.findall(done.stdout)
    if done.returncode != 0 or not found:
        raise Refusal(f"The measurement failed:\n{done.stdout[-3000:]}")
    rows = [Row(f"search.{name}", float(value), "ms", _target(name)) for name, value in found]
    return Report(
        "search",
        rows,
        [
            f"50,000 designs, median of 9, {os.cpu_count()} cores, beside whatever else runs; no peer in this run",
            *(f"indexes of {plan}" for plan in PLAN.findall(done.stdout)),
        ],
    )


def _target(name: str) -> float:
    if name.endswith(".whole"):
        return WHOLE_TARGET
    return PAGE_TARGET if ".page" in name else FACETS_TARGET
