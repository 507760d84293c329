"""Sending: from an intent in the database to a final transaction on the chain (docs/decisions/0003-outbox.md)."""

from .planning import enqueue

__all__ = ["enqueue"]
