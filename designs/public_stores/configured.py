"""The public stores that this installation has, by its settings."""

from django.conf import settings

from .base import PublicStore, StoreRefused

IPFS, ARWEAVE = "ipfs", "arweave"
# Whether a copy can be taken away again.
_REMOVABLE = {IPFS: True, ARWEAVE: False}


def configured_places() -> list[str]:
    """Where a copy can be made."""
    is_set = {IPFS: settings.IPFS_API_URL, ARWEAVE: settings.ARWEAVE_UPLOAD_URL}
    return [place for place in _REMOVABLE if is_set[place]]


def public_store(place: str) -> PublicStore:
    """The store at a place. Raises StoreRefused where the settings do not name it any more."""
    # Here and not above: few processes copy, and the client of HTTP takes a tenth of a second to import.
    from .arweave import ArweaveStore
    from .http import Wire
    from .kubo import KuboStore

    if place == IPFS and settings.IPFS_API_URL:
        authorization = settings.IPFS_API_AUTHORIZATION
        headers = {"Authorization": authorization} if authorization else {}
        return KuboStore(Wire(settings.IPFS_API_URL, headers=headers))
    if place == ARWEAVE and settings.ARWEAVE_UPLOAD_URL:
        return ArweaveStore(
            upload=Wire(settings.ARWEAVE_UPLOAD_URL),
            gateway=Wire(settings.ARWEAVE_GATEWAY_URL),
            key=settings.ARWEAVE_KEY,
        )
    raise StoreRefused(f"No {place} store is set.")


def is_removable(place: str) -> bool:
    """Whether a copy at a place can be taken away again, whatever the settings are."""
    return _REMOVABLE[place]
