"""Running what reads untrusted bytes in a child process with limits, and nowhere else (law 7)."""

from .run import TRANSIENT, ChildFailed, Limits, Progress, run_child

__all__ = ["TRANSIENT", "ChildFailed", "Limits", "Progress", "run_child"]
