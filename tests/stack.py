"""All of Loomprint for a test: web, workers, beat and indexer as processes, on a database and chain of their own."""

import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from contracts.testing import Anvil, free_port
from script.setup.paths import Home
from script.setup.programs import background_programs, web_program
from script.setup.supervisor import Program

ROOT = Path(__file__).resolve().parent.parent
WEB_SECONDS = 60


class Stack:
    """A running installation. `url` is where it serves; `env` leads a command to the same services."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.anvil = Anvil(folder / "chain", options=("--mixed-mining", "--block-time", "1"), slots_in_an_epoch=1)
        self.database = f"stack_{secrets.token_hex(4)}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.env = {
            **os.environ,
            "LOOMPRINT_LOCAL": "1",
            "LOOMPRINT_VAR": str(folder),
            "LOOMPRINT_SECRET_KEY": secrets.token_hex(24),
            "LOOMPRINT_SITE_URL": self.url,
            "DATABASE_URL": _with_database(os.environ["DATABASE_URL"], self.database),
            "REDIS_URL": _with_redis_number(os.environ["REDIS_URL"], 5),
            "CHAIN_RPC_URL": self.anvil.url,
            "CHAIN_ID": "31337",
            "OPERATOR_KEY": "0x" + secrets.token_hex(32),
            "CUSTODY_KEY": secrets.token_hex(32),
            "PYTHONWARNINGS": "ignore",
        }

    def manage(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run manage.py to its end."""
        done = subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=180
        )
        if check and done.returncode != 0:
            raise RuntimeError(f"manage.py {' '.join(words)}: {done.stdout[-2000:]}{done.stderr[-4000:]}")
        return done

    def start(self) -> None:
        self.anvil.folder.mkdir(parents=True)
        self.anvil.start()
        with _server() as server:
            server.execute(f'CREATE DATABASE "{self.database}"')
        self.manage("migrate", "--verbosity", "0")
        self.manage("deploy_contracts")
        self.manage("ship_templates")
        self.manage("collectstatic", "--noinput", "--verbosity", "0")
        home = Home(self.folder)
        home.make()
        for program in (web_program(self.env, port=self.port), *background_programs(self.env, home=home)):
            self.run(program)
        self._wait_for_web()

    def run(self, program: Program) -> None:
        with (self.folder / f"{program.name}.log").open("ab") as log:
            self.processes[program.name] = subprocess.Popen(
                program.command,
                cwd=program.cwd,
                env=dict(program.env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self) -> None:
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.anvil.kill()
        with _server() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')

    def tails(self) -> str:
        """The ends of all logs, for the report of a failure."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"---- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in logs)

    def _wait_for_web(self) -> None:
        until = time.monotonic() + WEB_SECONDS
        while True:
            try:
                with urllib.request.urlopen(f"{self.url}/health/", timeout=5):
                    return
            except OSError:
                if time.monotonic() > until:
                    raise RuntimeError(f"the web does not answer\n{self.tails()}") from None
                time.sleep(0.2)


@contextmanager
def running_stack(folder: Path) -> Iterator[Stack]:
    """Start everything, and end it whatever happens."""
    stack = Stack(folder)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


def _with_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


def _with_redis_number(url: str, number: int) -> str:
    if url.startswith("unix://"):
        return f"{url.partition('?')[0]}?db={number}"
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))


@contextmanager
def _server() -> Iterator[psycopg.Connection]:
    """A connection beside the tests' own databases, outside of any transaction."""
    with psycopg.connect(_with_database(os.environ["DATABASE_URL"], "postgres"), autocommit=True) as connection:
        yield connection
