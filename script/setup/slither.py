"""script/contracts slither: static analysis of the contracts, and whether each finding is answered in the docs.

Slither comes with a lock of its own into an environment of its own, var/tools/slither.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from .commands import clean_environment
from .node import FORGE, node_for
from .packages import locked_environment
from .paths import ROOT, SOLIDITY, Home
from .telling import say

ANSWERS = ROOT / "docs" / "contracts" / "slither.md"
# A line of its tables: | `check` | `Contract.function`, … | why it is no harm |
_ANSWER = re.compile(r"^\| `([a-z0-9-]+)` \| (`[^|]+`) \| (.+) \|$")


@dataclass(frozen=True)
class Finding:
    """What Slither said, and where: a contract and its member, without line numbers, which move."""

    check: str
    where: str
    impact: str
    text: str


def check() -> int:
    """0 if every finding is answered and every answer has its finding."""
    home = Home.of_checkout()
    home.make()
    found = _analyze(home, _slither(home))
    answered = _answers(ANSWERS.read_text())
    open_findings = [one for one in found if one.where not in answered[one.check]]
    for one in sorted(open_findings, key=lambda one: (one.impact, one.check, one.where)):
        say(f"contracts: {one.impact}: `{one.check}` in `{one.where}` has no answer in {ANSWERS.relative_to(ROOT)}:")
        say(f"  {one.text.strip()}")
    seen = {(one.check, one.where) for one in found}
    idle = sorted((name, where) for name, places in answered.items() for where in places if (name, where) not in seen)
    for name, where in idle:
        say(f"contracts: `{name}` in `{where}` is answered and was not found: remove the answer.")
    say(f"contracts: Slither found {len(found)}, {len(open_findings)} without an answer.")
    return 1 if open_findings or idle else 0


def _slither(home: Home) -> Path:
    """The program, installed as locked."""
    return locked_environment(home, "slither") / "bin" / "slither"


def _analyze(home: Home, slither: Path) -> list[Finding]:
    """Findings in the sources alone, on a copy, so that nobody's build is in the way."""
    with tempfile.TemporaryDirectory(prefix="loomprint-slither-") as folder:
        root = Path(folder) / "solidity"
        root.mkdir()
        for name in ("src", "bin"):
            shutil.copytree(SOLIDITY / name, root / name)
        shutil.copy(SOLIDITY / "foundry.toml", root)
        (root / "node_modules").symlink_to(SOLIDITY / "node_modules")
        report = Path(folder) / "report.json"
        done = subprocess.run(
            [slither, ".", "--filter-paths", "node_modules", "--json", report],
            cwd=root,
            env=_environment(home, slither),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if not report.is_file():
            sys.exit(f"{done.stdout}\ncontracts: Slither failed.")
        content = json.loads(report.read_text())
    if not content["success"]:
        sys.exit(f"contracts: Slither failed: {content['error']}")
    return [
        Finding(one["check"], _place_of(one["elements"][0]), one["impact"], one["description"])
        for one in content["results"]["detectors"]
    ]


def _environment(home: Home, slither: Path) -> dict[str, str]:
    # Slither asks for `forge` by name; its native binary, since npm's launcher hides failures.
    path = os.pathsep.join([str(FORGE.parent), str(slither.parent), os.environ.get("PATH", os.defpath)])
    node = os.environ.get("LOOMPRINT_NODE") or str(node_for(home).node)
    return clean_environment() | {"PATH": path, "LOOMPRINT_NODE": node, "FOUNDRY_DISABLE_NIGHTLY_WARNING": "1"}


def _place_of(element: dict[str, object]) -> str:
    """Contract.member, or Contract.function.variable."""
    names = [str(element["name"])]
    fields = element.get("type_specific_fields")
    while isinstance(fields, dict) and isinstance(parent := fields.get("parent"), dict):
        if parent.get("type") in ("contract", "function"):
            names.insert(0, str(parent["name"]))
        fields = parent.get("type_specific_fields")
    return ".".join(names)


def _answers(text: str) -> dict[str, set[str]]:
    """Places by check, from the tables of the page."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in text.splitlines():
        if match := _ANSWER.match(line):
            found[match[1]].update(place.strip().strip("`") for place in match[2].split(","))
    return found
