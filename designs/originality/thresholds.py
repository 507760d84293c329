"""From which values on a pair counts as a match. The values are fitted (manage.py fit_originality), never typed in.

thresholds.json holds them with what they were measured to do on shapes and pictures they were not fitted on;
evidence/halves.json lists both halves.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("thresholds.json")


@dataclass(frozen=True)
class Thresholds:
    """`version` rises with every change of a value: manage.py recheck_originality then compares anew.

    Candidates are pairs whose descriptors are nearer than a radius (Euclidean for meshes, differing bits for
    pictures). A candidate is laid over the other. Surfaces match where `spacing` (alignment.Alignment) is at most the
    value here, or both `inside` and `missing` are: a copy that lost parts; or `spacing` is at most `thinned` and the
    corners of the coarser mesh are at most `corners` apart (alignment.corners_apart). Pictures match where
    `agreement` (overlay.Overlay) is at least the value here, or `beside` is: a picture that was written over.
    """

    version: int
    distances_radius: float
    harmonics_radius: float
    unstretched_radius: float
    spacing: float
    inside: float
    missing: float
    thinned: float
    corners: float
    unstretched_spacing: float
    hash_radius: int
    agreement: float
    beside: float
    hash_quality: int


@cache
def thresholds() -> Thresholds:
    """The committed thresholds."""
    return Thresholds(**json.loads(FILE.read_text(encoding="utf-8"))["thresholds"])
