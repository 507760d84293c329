"""Everything that must be on the machine before anything can start: packages, Node, Redis, Foundry."""

import argparse
import fcntl
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .commands import require_disk
from .node import Node, ensure_contract_packages, ensure_frontend_packages, node_for
from .packages import ensure_venv, sync_requirements, uv_for
from .paths import ROOT, Home
from .redis import redis_server_for
from .telling import Refusal, say, step


@dataclass(frozen=True)
class Tools:
    """What the set-up found or installed. `redis_server` is None when REDIS_URL replaces it."""

    node: Node
    redis_server: Path | None


@contextmanager
def _one_at_a_time(home: Home) -> Iterator[None]:
    with (home.var / "setup.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("  …   another set-up of this checkout is running: waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def bootstrap(home: Home, *, development: bool, redis: bool = True) -> Tools:
    """Install what is missing; takes a second when nothing is. Raises Refusal."""
    try:
        home.make()
    except OSError as error:
        raise Refusal(
            f"{home.var} cannot be written ({error.strerror}): give the checkout to the user who runs this, "
            "or point LOOMPRINT_VAR to a folder of theirs."
        ) from error
    require_disk(home.var, gigabytes=0.3)
    with _one_at_a_time(home), ThreadPoolExecutor() as pool:
        with step("uv") as current:
            current.note = uv_for(home).as_posix()
        javascript = pool.submit(_javascript, home)
        try:
            with step("Python packages") as current:
                ensure_venv(home)
                current.note = sync_requirements(home, development=development)
            server = None
            if redis:
                with step("Redis binary") as current:
                    server = redis_server_for(home)
                    current.note = _short(server)
        finally:
            node = javascript.result()
    return Tools(node, server)


def _javascript(home: Home) -> Node:
    with step("Node") as current:
        node = node_for(home)
        current.note = f"{node.version} ({_short(node.node)})"
    with step("Chain and contract packages") as current:
        current.note = ensure_contract_packages(home, node)
    with step("Front-end packages") as current:
        current.note = ensure_frontend_packages(home, node)
    return node


def _short(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.as_posix()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="script/bootstrap",
        description="Install everything that running Loomprint needs into .venv, var/tools and node_modules.",
    )
    parser.add_argument("--development", action="store_true", help="also what checking it needs")
    options = parser.parse_args(arguments)
    try:
        bootstrap(Home.of_checkout(), development=options.development)
    except Refusal as refusal:
        say(str(refusal))
        return 1
    return 0
