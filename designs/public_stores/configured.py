"""The public stores that this installation has, by its settings."""

from django.conf import settings

from .base import PublicStore, StoreRefused
from .http import Wire
from .kubo import KuboStore

IPFS = "ipfs"


def configured_places() -> list[str]:
    """Where a copy can be made."""
    return [IPFS] if settings.IPFS_API_URL else []


def public_store(place: str) -> PublicStore:
    """The store at a place. Raises StoreRefused where the settings do not name it any more."""
    if place == IPFS and settings.IPFS_API_URL:
        authorization = settings.IPFS_API_AUTHORIZATION
        headers = {"Authorization": authorization} if authorization else {}
        return KuboStore(Wire(settings.IPFS_API_URL, headers=headers))
    raise StoreRefused(f"No {place} store is set.")


def is_removable(place: str) -> bool:
    """Whether a copy at a place can be taken away again, whatever the settings are."""
    return place == IPFS
