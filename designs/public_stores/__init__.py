"""Stores that everybody can read: encrypted copies only. What a store is asked and how it says no."""

from .base import PublicStore, StoreRefused, WrongAddress
from .configured import configured_places, is_removable, public_store

__all__ = ["PublicStore", "StoreRefused", "WrongAddress", "configured_places", "is_removable", "public_store"]
