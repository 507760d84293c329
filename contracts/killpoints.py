"""Named lines at which a test lets a real process die, as power loss would (law 3)."""

import os
import signal


def reach(name: str) -> None:
    """Die by SIGKILL here when LOOMPRINT_KILL_AT names this line; only in a local start."""
    if os.environ.get("LOOMPRINT_KILL_AT") == name and os.environ.get("LOOMPRINT_LOCAL") == "1":
        os.kill(os.getpid(), signal.SIGKILL)
