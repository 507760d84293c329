"""Is this file what its name says, is it whole, and what are its facts?"""

from .facts import Inspection, inspect
from .preflight import DetectedType, FileLimits, preflight
from .reasons import InspectionError, sentence

__all__ = [
    "DetectedType",
    "FileLimits",
    "Inspection",
    "InspectionError",
    "inspect",
    "preflight",
    "sentence",
]
