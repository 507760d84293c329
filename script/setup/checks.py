"""script/test: every check as a named part with its seconds, on services of its own that are thrown away."""

import argparse
import asyncio
import os
import shutil
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from . import evidence, postgres, processes
from .bootstrap import Tools, bootstrap
from .browser import chromium_for
from .commands import clean_environment
from .node import ANVIL
from .packages import path_with
from .parts import Checks, contract_parts, forge_part, front_end_part, pytest_part, quick_parts
from .paths import VENV, Home
from .redis import redis_url
from .services import start_postgres, start_redis
from .settings import new_private_key
from .sockets import SOCKET_ROOT, socket_folder
from .state_lock import state_lock
from .supervisor import Supervisor
from .telling import Refusal, say, step

DATABASE = "loomprint"
BROWSER = "browser"
LONG = "long"


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    began = time.monotonic()
    checkout = Home.of_checkout()
    home = Home(checkout.var / "test")
    try:
        checkout.make()
        home.make()
        with state_lock(home, "script/test already runs in this checkout: let it end first."):
            processes.end_leftovers(home.run, home.instance)
            tools = bootstrap(checkout, development=True)
            return asyncio.run(_check(home, tools, options, began))
    except Refusal as refusal:
        say(str(refusal))
    except OSError as error:
        say(f"{error.filename or home.var} cannot be used ({error.strerror}): see to it and run this again.")
    except KeyboardInterrupt:
        return 130
    return 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/test",
        description="Set up what is needed and run every check, or only PATHs (pytest; forge for .sol).",
        epilog="What follows -- goes to pytest: script/test accounts -- -k sign_up -x",
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="test files or folders")
    parser.add_argument("--no-browser", action="store_true", help="leave the browser tests out")
    parser.add_argument("--long", action="store_true", help="the long profiles; their output goes to docs/evidence")
    parser.add_argument("-n", type=int, default=2, metavar="N", help="pytest workers (2)")
    at = list(arguments).index("--") if "--" in arguments else len(arguments)
    options = parser.parse_args(arguments[:at])
    options.pytest_words = list(arguments[at + 1 :])
    return options


async def _check(home: Home, tools: Tools, options: argparse.Namespace, began: float) -> int:
    supervisor = Supervisor(run_folder=home.run, log_folder=home.log, mark=home.instance)
    work = asyncio.create_task(_run(supervisor, home, tools, options, began))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, work.cancel)
    try:
        return await work
    except asyncio.CancelledError:
        say("  !!  interrupted")
        return 130
    finally:
        await supervisor.stop()
        _throw_away(home)


async def _run(supervisor: Supervisor, home: Home, tools: Tools, options: argparse.Namespace, began: float) -> int:
    _throw_away(home)
    sockets = socket_folder(home.instance)
    with step("PostgreSQL and Redis for the tests"):
        # A bench that is held against others' figures writes as production does.
        durable = bool(os.environ.get("LOOMPRINT_BENCH_DURABLE"))
        cluster = await asyncio.to_thread(postgres.prepare, home, sockets=sockets, durable=durable)
        await start_postgres(supervisor, cluster, DATABASE)
        assert tools.redis_server is not None
        await start_redis(supervisor, tools.redis_server, home, sockets, durable=False)
    env = _environment(home, tools, cluster.url(DATABASE), redis_url(sockets / "redis.sock"))
    checks = Checks(supervisor, home, env, tools.node)
    if options.long:
        _find_browser(checks, home)
        await evidence.run_long(checks, workers=options.n)
    elif options.paths or options.pytest_words:
        await _run_selected(checks, home, options)
    else:
        await _run_everything(checks, home, options)
    checks.say_summary(time.monotonic() - began)
    return 0 if checks.passed else 1


async def _run_everything(checks: Checks, home: Home, options: argparse.Namespace) -> None:
    """The contracts, then the browser, beside all else: each has one thread, and the tests wait for many things."""
    workers = ["-n", str(options.n), "--dist", "worksteal"] if options.n > 1 else []
    tests = pytest_part("pytest", *workers, "-m", f"not {BROWSER} and not {LONG}")
    beside = contract_parts()
    if options.no_browser:
        checks.leave_out(BROWSER, "--no-browser")
    else:
        _find_browser(checks, home)
        # One after the other: two browsers that draw in software take longer together.
        beside.append(pytest_part(BROWSER, "-m", f"{BROWSER} and not {LONG}"))
    await checks.run_lanes([front_end_part()])
    await checks.run_lanes(beside, [*quick_parts(), tests])


async def _run_selected(checks: Checks, home: Home, options: argparse.Namespace) -> None:
    solidity = [path for path in options.paths if path.endswith(".sol")]
    python = [path for path in options.paths if path not in solidity]
    if solidity:
        await checks.run_lanes([forge_part(solidity)])
    if python or options.pytest_words:
        chosen = [*python, *options.pytest_words]
        if options.no_browser:
            chosen += ["-m", f"not {BROWSER}"]
        else:
            _find_browser(checks, home, required=False)
        await checks.run_lanes([front_end_part()])
        await checks.run_lanes([pytest_part("pytest", *chosen)])


def _find_browser(checks: Checks, home: Home, *, required: bool = True) -> None:
    """Without one the browser tests fail by themselves: what cannot run is no success."""
    try:
        checks.env["CHROMIUM_PATH"] = str(chromium_for(home))
    except Refusal as refusal:
        if required:
            say(f"  !!  {refusal}")


def _environment(home: Home, tools: Tools, database_url: str, redis: str) -> dict[str, str]:
    """What the tests are told. Chains are started by the tests that need one, each its own."""
    return {
        **{name: value for name, value in clean_environment().items() if not name.startswith("CHAIN_")},
        "DATABASE_URL": database_url,
        "REDIS_URL": redis,
        "CHAIN_RPC_URL": "http://127.0.0.1:9",
        "CHAIN_ID": "31337",
        "LOOMPRINT_LOCAL": "1",
        "LOOMPRINT_VAR": str(home.var),
        "LOOMPRINT_SECRET_KEY": os.urandom(24).hex(),
        "OPERATOR_KEY": new_private_key(),
        "CUSTODY_KEY": os.urandom(32).hex(),
        "ANVIL_BIN": str(ANVIL),
        "LOOMPRINT_NODE": str(tools.node.node),
        "PATH": path_with(VENV / "bin", tools.node.node.parent),
        "PYTHONUNBUFFERED": "1",
    }


def _throw_away(home: Home) -> None:
    outside = home.remembered().get("postgres_folder")
    kept = {"log", "run", "tools", "run.json"}
    for path in [*home.var.iterdir(), *([Path(outside) / "pg"] if outside else [])]:
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
    shutil.rmtree(SOCKET_ROOT / f"loomprint-{home.instance}", ignore_errors=True)
