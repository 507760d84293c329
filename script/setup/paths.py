"""Where things lie: the checkout, and the folder for everything that running it makes."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LOCKS = Path(__file__).resolve().parent / "locks"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
SOLIDITY = ROOT / "contracts" / "solidity"
FRONTEND = ROOT / "frontend"


@dataclass(frozen=True)
class Home:
    """A folder of state (`var/`, or a throw-away one for tests) and what is remembered in its run.json."""

    var: Path

    @classmethod
    def of_checkout(cls) -> "Home":
        return cls(Path(os.environ.get("LOOMPRINT_VAR") or ROOT / "var").resolve())

    @property
    def log(self) -> Path:
        return self.var / "log"

    @property
    def run(self) -> Path:
        return self.var / "run"

    @property
    def tools(self) -> Path:
        return self.var / "tools"

    def make(self) -> None:
        for folder in (self.var, self.log, self.run, self.tools):
            folder.mkdir(parents=True, exist_ok=True)

    def remembered(self) -> dict[str, Any]:
        path = self.var / "run.json"
        try:
            found = json.loads(path.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def remember(self, **values: Any) -> None:
        path = self.var / "run.json"
        partial = path.with_suffix(".partial")
        partial.write_text(json.dumps({**self.remembered(), **values}, indent=2) + "\n")
        partial.replace(path)

    @property
    def instance(self) -> str:
        """Eight characters that tell this state folder from every other one; made once."""
        known = self.remembered().get("instance")
        if not known:
            known = secrets.token_hex(4)
            self.remember(instance=known)
        return str(known)
