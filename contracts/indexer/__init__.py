"""Reading: from the chain's logs to events and projections (docs/decisions/0004-indexer-and-finality.md)."""

from .following import Step, follow, follow_to_head

__all__ = ["Step", "follow", "follow_to_head"]
