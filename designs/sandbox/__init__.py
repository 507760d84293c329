"""Running what reads untrusted bytes in a child process with limits, and nowhere else (law 7)."""

from .run import TRANSIENT, ChildFailed, Limits, Progress, Usage, keep_warm, measuring, run_child
from .template import end_template

__all__ = [
    "TRANSIENT",
    "ChildFailed",
    "Limits",
    "Progress",
    "Usage",
    "end_template",
    "keep_warm",
    "measuring",
    "run_child",
]
