"""Is this file what its name says, is it whole, and what are its facts?"""

from .checks import run_checks
from .facts import Inspection, inspect
from .making import read_making
from .measurements import Measurement, measurements, wall_scale
from .preflight import DetectedType, FileLimits, image_type, preflight
from .reasons import InspectionError, sentence

__all__ = [
    "DetectedType",
    "FileLimits",
    "Inspection",
    "InspectionError",
    "Measurement",
    "image_type",
    "inspect",
    "measurements",
    "preflight",
    "read_making",
    "run_checks",
    "sentence",
    "wall_scale",
]
