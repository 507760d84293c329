"""Refusals on the way from draft to chain."""

from designs.errors import DesignError


class PublishingError(DesignError):
    """A draft cannot be frozen, answered or published; `str()` says why and what to do."""
