"""PostgreSQL and Redis of one test alone, to be killed and started again."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis import Redis

from common.testing import wait_until
from script.setup import postgres, redis
from script.setup.commands import clean_environment
from script.setup.paths import ROOT, Home
from script.setup.supervisor import Program


class Service:
    """A program that `ready` tells to answer."""

    def __init__(self, program: Program, log: Path, ready: Callable[[], bool]) -> None:
        self._program = program
        self._log = log
        self._ready = ready
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = self._program
        owner: dict[str, Any] = {"user": program.user, "group": program.group, "extra_groups": []}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                program.command,
                env=dict(program.env),
                cwd=program.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **(owner if program.user is not None else {}),
            )
        wait_until(self._ready, what=f"{program.name} answers")

    def end(self, number: int = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=30)
            self._process = None


class OwnRedis(Service):
    """Keeps nothing over a restart."""

    def __init__(self, folder: Path) -> None:
        socket = folder / "redis.sock"
        program = redis.redis_program(
            server=redis.redis_server_for(Home(ROOT / "var")),
            data=folder / "redis",
            socket_path=socket,
            durable=False,
            env=clean_environment(),
        )
        super().__init__(program, folder / "redis.log", lambda: redis.answers(socket))
        self.url = redis.redis_url(socket)

    def flush(self) -> None:
        with Redis.from_url(self.url) as client:
            client.flushall()


class OwnPostgres(Service):
    """A durable cluster: what it said was committed is there after a crash."""

    def __init__(self, folder: Path) -> None:
        home, sockets = Home(folder), folder / "sockets"
        sockets.mkdir(mode=0o711)
        self._home = home
        self._cluster = postgres.prepare(home, sockets=sockets, durable=True)
        ready = [str(part) for part in self._cluster.command("pg_isready", "-q")]
        super().__init__(
            self._cluster.program(), folder / "postgres.log", lambda: subprocess.run(ready, cwd="/").returncode == 0
        )

    @property
    def place(self) -> dict[str, str]:
        """What Django's settings say of a database here."""
        return {"HOST": str(self._cluster.socket), "PORT": postgres.PORT, "USER": postgres.USER, "PASSWORD": ""}

    def copy(self, database: dict[str, Any]) -> None:
        """Take over another server's database, under its name."""
        name = database["NAME"]
        there = [
            "-U",
            database["USER"],
            "-h",
            database["HOST"],
            *(["-p", database["PORT"]] if database["PORT"] else []),
        ]
        dump = [str(self._cluster.binaries / "pg_dump"), *there, "-Fc", name]
        subprocess.run(self._cluster.command("createdb", name), check=True, cwd="/")
        content = subprocess.run(
            dump, check=True, cwd="/", capture_output=True, env={**os.environ, "PGPASSWORD": database["PASSWORD"]}
        ).stdout
        restore = self._cluster.command("pg_restore", "--no-owner", "-d", name)
        subprocess.run(restore, check=True, cwd="/", input=content)

    def crash(self) -> None:
        """Every connection ends at once, and what was not committed is gone."""
        self.end(signal.SIGQUIT)

    def remove(self) -> None:
        outside = self._home.remembered().get("postgres_folder")
        if outside:
            shutil.rmtree(outside, ignore_errors=True)


def folder_for_services() -> Path:
    """Short enough for sockets, and open to the user as whom root's PostgreSQL runs."""
    folder = Path(tempfile.mkdtemp(prefix="loomprint-", dir="/tmp"))
    folder.chmod(0o755)
    return folder
