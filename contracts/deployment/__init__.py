"""Putting our contracts on a chain, and recording where they are (docs/contracts/deployment.md)."""

from .plan import Plan
from .records import Record, load_record, save_record
from .service import ensure_deployed

__all__ = ["Plan", "Record", "ensure_deployed", "load_record", "save_record"]
