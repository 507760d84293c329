"""One command at a time per state folder; the kernel lets go of the lock whatever happens to its holder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from .paths import Home
from .telling import Refusal


@contextmanager
def state_lock(home: Home, otherwise: str) -> Iterator[None]:
    """Hold the folder. Raises Refusal with the sentence given when another process does."""
    with (home.run / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(otherwise) from None
        yield
