"""Builds the front end and collects static files, each only when what goes in has changed."""

from collections.abc import Iterator
from pathlib import Path

from . import stamps
from .node import Node
from .packages import DEVELOPMENT_LOCK, RUNTIME_LOCK
from .paths import FRONTEND, ROOT, VENV, VENV_PYTHON
from .supervisor import Supervisor
from .telling import Refusal

DIST = ROOT / "static" / "dist"
COLLECTED = ROOT / "staticfiles"


async def build_frontend(supervisor: Supervisor, node: Node, env: dict[str, str]) -> str:
    """static/dist from frontend/ and static/css. Raises Refusal when the build fails."""
    wanted = stamps.fingerprint(FRONTEND / "package-lock.json") + stamps.tree_fingerprint(_frontend_sources())
    stamp = DIST / ".source-stamp"
    if stamps.is_current(stamp, wanted):
        return "as built"
    environment = {**env, **node.environment()}
    code, output = await supervisor.run(
        [str(node.node), str(FRONTEND / "build.mjs")], name="frontend", env=environment, cwd=ROOT
    )
    if code != 0:
        lines = [line for line in output.splitlines() if line.strip()] or ["it said nothing"]
        raise Refusal(f"Building the front end failed: {lines[-1]} (see {supervisor.log_folder / 'frontend.log'}).")
    stamps.write(stamp, wanted)
    return "built"


async def collect_static(supervisor: Supervisor, env: dict[str, str]) -> str:
    """staticfiles/ from every app's and package's static folders. Raises Refusal when it fails."""
    packages = (RUNTIME_LOCK, DEVELOPMENT_LOCK, VENV / "pyvenv.cfg")
    wanted = stamps.fingerprint(*packages) + stamps.tree_fingerprint(_static_sources())
    stamp = COLLECTED / ".source-stamp"
    if stamps.is_current(stamp, wanted):
        return "as collected"
    # Nothing is cleared away: a server that runs in this checkout still names the files of its start.
    code, output = await supervisor.run(
        [str(VENV_PYTHON), "manage.py", "collectstatic", "--no-input", "--verbosity", "0"],
        name="frontend",
        env=env,
        cwd=ROOT,
    )
    if code != 0:
        lines = [line for line in output.splitlines() if line.strip()] or ["it said nothing"]
        raise Refusal(f"Collecting static files failed: {lines[-1]} (see {supervisor.log_folder / 'frontend.log'}).")
    stamps.write(stamp, wanted)
    return "collected"


def _frontend_sources() -> Iterator[Path]:
    yield from (ROOT / "static" / "css").rglob("*")
    for path in FRONTEND.rglob("*"):
        if "node_modules" not in path.parts:
            yield path


def _static_sources() -> Iterator[Path]:
    yield from (path for path in (ROOT / "static").rglob("*") if path.name != ".source-stamp")
    yield from ROOT.glob("*/static/**/*")
    yield from (ROOT / "config" / "settings").glob("*.py")
