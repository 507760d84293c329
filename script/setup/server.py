"""script/server: everything set up, started, served, and ended again."""

import argparse
import asyncio
import os
import signal
import time
from collections.abc import Sequence

from . import processes
from .bootstrap import bootstrap
from .paths import Home
from .start import Start
from .state_lock import state_lock
from .supervisor import Supervisor
from .telling import Refusal, say, step

SUPERVISOR = "supervisor"


def main(arguments: Sequence[str]) -> int:
    began = time.monotonic()
    options = _options(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    home = Home.of_checkout()
    replaced = {name for name in ("DATABASE_URL", "REDIS_URL", "CHAIN_RPC_URL") if os.environ.get(name)}
    try:
        home.make()
        with state_lock(home, _already_running(home)):
            _end_leftovers(home)
            tools = bootstrap(home, development=False, redis="REDIS_URL" not in replaced)
            demo = not options.no_demo
            start = Start(home, tools, replaced, port=options.port, demo=demo, began=began)
            return asyncio.run(_serve(start))
    except Refusal as refusal:
        say(str(refusal))
    except OSError as error:
        say(f"{error.filename or home.var} cannot be used ({error.strerror}): see to it and run this again.")
    except KeyboardInterrupt:
        say("Interrupted; what was installed stays and the next start goes on from there.")
        return 130
    return 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="script/server",
        description="Set up everything Loomprint needs, start it, and serve the storefront until Ctrl-C.",
        epilog="DATABASE_URL, REDIS_URL and CHAIN_RPC_URL in the environment replace the PostgreSQL, Redis "
        "and chain that are otherwise started here. State lives in var/ (or LOOMPRINT_VAR), logs in var/log.",
    )
    parser.add_argument("--port", type=int, metavar="N", help="serve on this port (else a free one, remembered)")
    parser.add_argument("--no-demo", action="store_true", help="do not fill in demo designs")
    return parser.parse_args(arguments)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _already_running(home: Home) -> str:
    record = next((r for r in processes.read_records(home.run) if r.name == SUPERVISOR), None)
    who = f" (process {record.pid})" if record else ""
    port = home.remembered().get("ports", {}).get("web")
    where = f"http://127.0.0.1:{port}/"
    return f"script/server already runs in this checkout{who} at {where}: end it first with Ctrl-C."


def _end_leftovers(home: Home) -> None:
    # The last supervisor itself is gone, or it would hold the lock.
    processes.forget_record(home.run, SUPERVISOR)
    ended = processes.end_leftovers(home.run, home.instance)
    if ended:
        say(f"  ok  Ended what a killed start had left running: {', '.join(ended)}")


async def _serve(start: Start) -> int:
    home = start.home
    supervisor = Supervisor(run_folder=home.run, log_folder=home.log, mark=home.instance)
    processes.write_record(home.run, name=SUPERVISOR, pid=os.getpid(), stage=-1, stop_signal=signal.SIGTERM)
    loop = asyncio.get_running_loop()
    asked = asyncio.Event()

    def on_signal() -> None:
        if asked.is_set():
            say("  !!  killing what is left")
            supervisor.kill_hard()
        asked.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, on_signal)
    work = asyncio.create_task(start.run(supervisor))
    interruption = asyncio.create_task(asked.wait())
    code = 0
    try:
        await asyncio.wait({work, interruption}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
            await interruption
    except Refusal as refusal:
        say(str(refusal))
        code = 1
    finally:
        say("  …   ending what was started")
        work.cancel()
        with step("Ended"):
            await asyncio.gather(work, return_exceptions=True)
            await supervisor.stop()
        interruption.cancel()
        processes.forget_record(home.run, SUPERVISOR)
    return code
