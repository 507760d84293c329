"""The parts of script/test: what each runs, and the table that ends the run."""

import asyncio
import difflib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import assets
from .node import FORGE, Node
from .paths import FRONTEND, ROOT, SOLIDITY, VENV, VENV_PYTHON, Home
from .supervisor import Supervisor
from .telling import Refusal, say

SCHEMA = ROOT / "docs" / "openapi.yaml"
LINES_OF_A_FAILURE = 120
OK, FAILED, LEFT_OUT = "ok", "FAILED", "left out"


@dataclass(frozen=True)
class Part:
    """One check. `live` shows its lines as they come (only for parts that run alone)."""

    name: str
    action: Callable[["Checks", "Part"], Awaitable[bool]]
    live: bool = False


@dataclass(frozen=True)
class Outcome:
    name: str
    outcome: str
    seconds: float


class Checks:
    """Runs parts under a supervisor and collects how they ended."""

    def __init__(self, supervisor: Supervisor, home: Home, env: dict[str, str], node: Node) -> None:
        self.supervisor = supervisor
        self.home = home
        self.env = env
        self.node = node
        self.outcomes: list[Outcome] = []

    async def run_lanes(self, *lanes: Sequence[Part]) -> None:
        """Each lane in order, the lanes beside each other."""
        await asyncio.gather(*(self._run_lane(lane) for lane in lanes))

    async def command(self, part: Part, command: Sequence[str | Path], *, cwd: Path = ROOT) -> bool:
        """Run a tool as a part, or as a piece of one."""
        words = [str(word) for word in command]
        show = say if part.live else None
        code, output = await self.supervisor.run(words, name=file_name(part), env=self.env, cwd=cwd, on_line=show)
        if code != 0 and not part.live:
            self.show(part, output)
        return code == 0

    def show(self, part: Part, output: str) -> None:
        lines = output.rstrip().splitlines()
        say(f"---- {part.name}")
        if len(lines) > LINES_OF_A_FAILURE:
            say(f"(the last {LINES_OF_A_FAILURE} of {len(lines)} lines; all: {self.log_of(part)})")
        for line in lines[-LINES_OF_A_FAILURE:]:
            say(line)
        say(f"---- end of {part.name}")

    def log_of(self, part: Part) -> Path:
        return self.home.log / f"{file_name(part)}.log"

    def leave_out(self, name: str, why: str) -> None:
        self.outcomes.append(Outcome(f"{name} ({why})", LEFT_OUT, 0.0))

    @property
    def passed(self) -> bool:
        return all(outcome.outcome != FAILED for outcome in self.outcomes)

    def say_summary(self, seconds: float) -> None:
        say()
        for outcome in self.outcomes:
            say(f"  {outcome.name:<44} {outcome.outcome:<9} {outcome.seconds:7.1f} s")
        verdict = OK if self.passed else FAILED
        say(f"  {'everything':<44} {verdict:<9} {seconds:7.1f} s")

    async def _run_lane(self, lane: Sequence[Part]) -> None:
        for part in lane:
            self.log_of(part).unlink(missing_ok=True)
            began = time.monotonic()
            if part.live:
                say(f"  …   {part.name}")
            try:
                good = await part.action(self, part)
            except Refusal as refusal:
                say(f"  !!  {part.name}: {refusal}")
                good = False
            outcome = Outcome(part.name, OK if good else FAILED, time.monotonic() - began)
            self.outcomes.append(outcome)
            say(f"  {'ok' if good else '!!'}  {part.name:<72} {outcome.seconds:6.1f} s")


def file_name(part: Part) -> str:
    return part.name.replace(" ", "-")


def tool(name: str, *words: str | Path, live: bool = False) -> Part:
    """A part that is one command of .venv."""

    async def action(checks: Checks, part: Part) -> bool:
        return await checks.command(part, [VENV / "bin" / words[0], *words[1:]])

    return Part(name, action, live)


def quick_parts() -> list[Part]:
    """What reads the code."""
    python = VENV_PYTHON.name
    return [
        tool("format", "ruff", "format", "--check", "."),
        tool("lint", "ruff", "check", "."),
        tool("import order", "lint-imports"),
        tool("migrations", python, "manage.py", "makemigrations", "--check", "--dry-run"),
        Part("OpenAPI schema", _schema),
        Part("types", _types),
    ]


def front_end_part() -> Part:
    """Builds what the pages need, so it comes before all that opens them."""
    return Part("front end", _front_end)


def contract_parts() -> list[Part]:
    async def check(checks: Checks, part: Part) -> bool:
        return await checks.command(part, [VENV_PYTHON, ROOT / "script" / "contracts", "check"])

    async def test(checks: Checks, part: Part) -> bool:
        return await checks.command(part, [VENV_PYTHON, ROOT / "script" / "contracts", "test"])

    return [Part("contract artifacts", check), Part("contracts (forge)", test)]


def pytest_part(name: str, *words: str) -> Part:
    return tool(name, "pytest", "--color=no", "-q", "--durations=8", *words, live=True)


def forge_part(paths: Sequence[str]) -> Part:
    """forge on single files; its native binary, since npm's launcher ends with 0 when tests fail."""

    async def action(checks: Checks, part: Part) -> bool:
        good = True
        for path in paths:
            relative = Path(path).resolve().relative_to(SOLIDITY)
            words: list[str | Path] = [FORGE, "test", "--match-path", str(relative), "-vv"]
            good = await checks.command(part, words, cwd=SOLIDITY) and good
        return good

    return Part("contracts (forge)", action, live=True)


async def _front_end(checks: Checks, part: Part) -> bool:
    typescript: list[str | Path] = [checks.node.node, FRONTEND / "node_modules" / ".bin" / "tsc"]
    if not await checks.command(part, [*typescript, "--noEmit", "-p", FRONTEND]):
        return False
    await assets.build_frontend(checks.supervisor, checks.node, checks.env)
    await assets.collect_static(checks.supervisor, checks.env)
    return True


async def _types(checks: Checks, part: Part) -> bool:
    application = await checks.command(part, [VENV / "bin" / "mypy", "."])
    # The set-up runs without the application's packages, so it is checked without Django's plugin too.
    mypy: list[str | Path] = [VENV / "bin" / "mypy", "--config-file=", "--python-version=3.11", "--strict"]
    return await checks.command(part, [*mypy, "-p", "script"]) and application


async def _schema(checks: Checks, part: Part) -> bool:
    fresh = checks.home.var / "openapi.yaml"
    command: list[str | Path] = [VENV_PYTHON, "manage.py", "spectacular", "--validate", "--fail-on-warn"]
    command += ["--file", fresh]
    if not await checks.command(part, command):
        return False
    committed = SCHEMA.read_text() if SCHEMA.is_file() else ""
    if fresh.read_text() == committed:
        return True
    difference = difflib.unified_diff(
        committed.splitlines(),
        fresh.read_text().splitlines(),
        "docs/openapi.yaml",
        "what the code says",
        lineterm="",
    )
    advice = "Write it anew with: manage.py spectacular --file docs/openapi.yaml"
    checks.show(part, "\n".join([*difference, advice]))
    return False
