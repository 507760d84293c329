"""Private, short folders for unix sockets (their paths are limited to 107 bytes), and free TCP ports."""

import os
import socket
import stat
from collections.abc import Iterable
from pathlib import Path

from .telling import Refusal

SOCKET_ROOT = Path("/tmp")  # noqa: S108 - a folder of mode 0700 with a random name is made inside


def socket_folder(instance: str) -> Path:
    """A folder of this instance that nobody else may list or write. Raises Refusal."""
    folder = SOCKET_ROOT / f"loomprint-{instance}"
    # root's PostgreSQL runs under another uid: it must pass through, and its own subfolder is closed again.
    mode = 0o711 if os.geteuid() == 0 else 0o700
    try:
        folder.mkdir(mode=mode, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise Refusal(f"{folder} belongs to someone else: delete it as that user, then run this again.")
        folder.chmod(mode)
    except OSError as error:
        raise Refusal(
            f"{folder} cannot be made ({error.strerror}): {SOCKET_ROOT} must be writable for sockets."
        ) from error
    return folder


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def free_port(*, remembered: int | None, first: int, taken: Iterable[int] = ()) -> int:
    """The port of the last start when it is free, else the first free one from `first` on. Raises Refusal."""
    avoid = set(taken)
    candidates: list[int] = [*([remembered] if remembered else []), *range(first, first + 200)]
    for port in candidates:
        if port not in avoid and is_free(port):
            return port
    raise Refusal(f"No port from {first} to {first + 199} is free: end some of what listens there, or use --port.")
