"""What the commands say on the terminal: one line per step, one sentence per refusal."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

_terminal = threading.Lock()
STILL_AFTER = 15.0


class Refusal(Exception):
    """One sentence: what is missing or refused, and what to do."""


def say(line: str = "") -> None:
    """Print a line. A terminal that has gone away (closed window, broken pipe) is no reason to stop."""
    with _terminal:
        try:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
        except (OSError, ValueError):
            pass


class Step:
    """A running step; what it found out may be added to its line."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.note = ""
        self.began = time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self.began


@contextmanager
def step(name: str) -> Iterator[Step]:
    """Say a step with its seconds when it is done, and that it is still running when it takes long."""
    current = Step(name)
    done = threading.Event()

    def remind() -> None:
        while not done.wait(STILL_AFTER):
            say(f"  …   {name}: still at it after {current.seconds():.0f} s")

    threading.Thread(target=remind, daemon=True).start()
    try:
        yield current
    finally:
        done.set()
    label = f"{current.name}: {current.note}" if current.note else current.name
    say(f"  ok  {label:<72} {current.seconds():6.1f} s")
