"""Running what reads untrusted bytes in a child process with limits, and nowhere else (law 7)."""

from .run import ChildFailed, Limits, Progress, run_child

__all__ = ["ChildFailed", "Limits", "Progress", "run_child"]
