"""A file in hand, and the one row for its bytes once they are kept."""

from dataclasses import dataclass
from typing import IO

from designs.file_names import safe_file_name
from designs.models import Asset
from designs.services.stored_files import hold_stored
from designs.storage import StoredBlob, StoreUnavailable, master_store
from designs.storage.configured import MASTERS

OPAQUE = "application/octet-stream"


@dataclass(frozen=True)
class ReceivedFile:
    stream: IO[bytes]
    name: str

    @property
    def safe_name(self) -> str:
        return safe_file_name(self.name) or "file"


def asset_of(blob: StoredBlob, *, media_type: str) -> Asset:
    """The one row for these bytes, in the transaction that refers to it. What came as bytes of any kind gets its type
    once it comes as a master. Raises StoreUnavailable where the bytes were discarded meanwhile."""
    hold_stored(store=MASTERS, names=[blob.sha256])
    if not master_store().exists(blob.sha256):
        raise StoreUnavailable
    asset, created = Asset.objects.get_or_create(
        sha256=blob.sha256, defaults={"cid": blob.cid, "size": blob.size, "media_type": media_type}
    )
    if not created and asset.media_type == OPAQUE != media_type:
        Asset.objects.filter(pk=asset.pk, media_type=OPAQUE).update(media_type=media_type)
        asset.media_type = media_type
    return asset
