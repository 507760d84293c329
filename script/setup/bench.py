"""script/bench NAME: measurements, each a module of script/benches with `measure() -> Report`."""

import argparse
import importlib
import inspect
import os
import pkgutil
import sys
from collections.abc import Sequence

from script import benches
from script.benches.report import Report

from .packages import ensure_venv, sync_requirements
from .paths import ROOT, VENV_PYTHON, Home
from .telling import Refusal, say


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="script/bench", description="Measure one thing, on what production runs.")
    parser.add_argument("name", nargs="?", help="which (none: the list)")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--long", action="store_true", help="with sizes that take minutes more, if it has any")
    options = parser.parse_args(arguments)
    found = (module.name for module in pkgutil.iter_modules(benches.__path__))
    names = sorted(name for name in found if name != "report" and not name.startswith("_"))
    if options.name is None:
        for name in names:
            say(f"  {name:<12} {_purpose(name)}")
        return 0
    if options.name not in names:
        say(f"There is no bench {options.name}; there are: {', '.join(names)}.")
        return 2
    try:
        _run_in_venv(arguments)
        measure = importlib.import_module(f"script.benches.{options.name}").measure
        if options.long and "long" not in inspect.signature(measure).parameters:
            say(f"The bench {options.name} has no long form.")
            return 2
        report: Report = measure(long=True) if options.long else measure()
    except Refusal as refusal:
        say(str(refusal))
        return 1
    say(report.as_json() if options.json else report.as_table())
    return 0


def _purpose(name: str) -> str:
    """The first line of the module's text, without importing it (its packages may not be there yet)."""
    source = (ROOT / "script" / "benches" / f"{name}.py").read_text()
    return source.split('"""')[1].splitlines()[0] if '"""' in source else ""


def _run_in_venv(arguments: Sequence[str]) -> None:
    """Benches use the application's packages: run again under .venv, which a fresh checkout does not have yet."""
    inside = os.path.realpath(sys.prefix) == os.path.realpath(VENV_PYTHON.parent.parent)
    if not inside:
        if not VENV_PYTHON.exists():
            home = Home.of_checkout()
            home.make()
            ensure_venv(home)
            sync_requirements(home, development=True)
        os.execv(VENV_PYTHON, [str(VENV_PYTHON), str(ROOT / "script" / "bench"), *arguments])  # noqa: S606
