"""Is this file what its name says, is it whole, and what are its facts?"""

from .checks import run_checks
from .facts import Inspection, inspect
from .measurements import Measurement, measurements
from .preflight import DetectedType, FileLimits, preflight
from .reasons import InspectionError, sentence

__all__ = [
    "DetectedType",
    "FileLimits",
    "Inspection",
    "InspectionError",
    "Measurement",
    "inspect",
    "measurements",
    "preflight",
    "run_checks",
    "sentence",
]
