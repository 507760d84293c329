"""Starts PostgreSQL and Redis under a supervisor and waits until they answer; shared by server and tests."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from . import postgres, redis
from .commands import clean_environment
from .paths import Home
from .supervisor import Supervisor
from .telling import Refusal


async def until_ready(
    supervisor: Supervisor, name: str, ready: Callable[[], Awaitable[bool]], *, seconds: float = 30.0
) -> None:
    """Wait until a started program answers. Raises Refusal when it keeps dying or does not in time."""
    deadline = time.monotonic() + seconds
    before = supervisor.deaths.get(name, 0)
    log = supervisor.log_folder / f"{name}.log"
    while not await ready():
        if supervisor.deaths.get(name, 0) - before >= 3 or time.monotonic() > deadline:
            raise Refusal(f"{name} does not start{_last_words(log)} (see {log}).")
        await asyncio.sleep(0.1)


def _last_words(log: Path) -> str:
    """The last line that names an error, else the last one."""
    lines = log.read_text(errors="replace").strip().splitlines()[-40:] if log.is_file() else []
    named = [line for line in lines if "error" in line.lower() or "fatal" in line.lower()]
    return f"; it said: {(named or lines)[-1].strip()}" if lines else ""


async def start_postgres(supervisor: Supervisor, cluster: postgres.Postgres, database: str) -> None:
    """Start a prepared cluster, wait for it, and make its database when it is not there."""
    await supervisor.start(cluster.program())

    async def tool(name: str, *words: str) -> tuple[int, str]:
        command = cluster.command(name, *words)
        return await supervisor.run(command, name="setup", env=clean_environment(), cwd=Path("/"))

    async def ready() -> bool:
        return (await tool("pg_isready", "-q"))[0] == 0

    await until_ready(supervisor, "postgres", ready)
    code, output = await tool("createdb", database)
    if code != 0 and "already exists" not in output:
        raise Refusal(f"PostgreSQL does not make its database: {output.strip()}")


async def start_redis(supervisor: Supervisor, server: Path, home: Home, sockets: Path, *, durable: bool) -> None:
    """Start the server on its socket and wait for it."""
    socket_path = sockets / "redis.sock"
    program = redis.redis_program(
        server=server,
        data=home.var / "redis",
        socket_path=socket_path,
        durable=durable,
        env=clean_environment(),
    )
    await supervisor.start(program)

    async def ready() -> bool:
        return await asyncio.to_thread(redis.answers, socket_path)

    await until_ready(supervisor, "redis", ready)
