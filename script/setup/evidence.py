"""script/test --long: the profiles that take long, and what they printed, kept in docs/evidence."""

import os
import platform
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from .commands import answer_of
from .parts import Checks, Part
from .paths import ROOT, VENV, VENV_PYTHON

EVIDENCE = ROOT / "docs" / "evidence"
FAULT_SECONDS = 1800


async def run_long(checks: Checks, *, workers: int) -> None:
    """Ten times the fuzzing of the contracts, the Python properties with many more examples, half an hour of faults,
    every end of what is done in a browser, then mutants.
    """
    checks.env["HYPOTHESIS_PROFILE"] = "long"
    forge: list[str | Path] = [VENV_PYTHON, ROOT / "script" / "contracts", "test", "--long"]
    pytest: list[str | Path] = [VENV / "bin" / "pytest", "--color=no", "-q", "--durations=20"]
    tests = [*pytest, "-m", "not browser", "-n", str(workers), "--dist", "worksteal"]
    mutants: list[str | Path] = [VENV_PYTHON, ROOT / "script" / "contracts", "mutants"]
    browser = [*pytest, "-m", "browser"]
    # All that is said of what failed and when, to be repeated with its seed.
    faults = ["env", f"LOOMPRINT_FAULT_SECONDS={FAULT_SECONDS}", *pytest, "tests/faults/test_random_run.py"]
    profiles = {
        "long contracts": forge,
        "long pytest": tests,
        "long faults": faults,
        "long browser": browser,
        "long mutants": mutants,
    }
    for name, command in profiles.items():
        await checks.run_lanes([Part(name, _kept(command), live=True)])


def _kept(command: list[str | Path]) -> Callable[[Checks, Part], Awaitable[bool]]:
    async def action(checks: Checks, part: Part) -> bool:
        began = time.monotonic()
        good = await checks.command(part, command)
        write(part.name, checks.log_of(part).read_text(errors="replace"), good, time.monotonic() - began)
        return good

    return action


def write(name: str, output: str, good: bool, seconds: float) -> None:
    """docs/evidence/NAME.txt: when, on what, how it ended, and every line, without this machine's paths."""
    EVIDENCE.mkdir(parents=True, exist_ok=True)
    commit = answer_of(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"])
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    heading = [
        f"{name}: {'passed' if good else 'FAILED'} in {seconds:.0f} s",
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit}",
        f"{machine}, Python {platform.python_version()}",
    ]
    text = output.replace(str(ROOT) + "/", "").replace(str(ROOT), ".").replace(str(Path.home()), "~")
    (EVIDENCE / f"{name.replace(' ', '-')}.txt").write_text("\n".join(heading) + "\n\n" + text)
