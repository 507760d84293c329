"""A stored file as a CAR, for an IPFS node or a pinning service of one's own."""

import os
import tempfile
from pathlib import Path

from django.utils.translation import gettext as _

from designs.addresses import WrongRoot, write_car
from designs.errors import DesignError
from designs.models import Asset
from designs.storage import CorruptBlob, master_store


class UnknownAsset(DesignError):
    def __init__(self, sha256: str) -> None:
        super().__init__("unknown_asset", _("No file with the SHA-256 %(sha256)s is kept here.") % {"sha256": sha256})


def export_car(*, sha256: str, target: Path) -> tuple[str, int]:
    """Write the master named by its SHA-256 to `target`; return the root's CID and the number of blocks.

    Constant memory. The target appears whole or not at all, and an older one stays until then. Raises UnknownAsset,
    BlobMissing, CorruptBlob where the stored bytes no longer have the asset's CID, or OSError of the target.
    """
    asset = Asset.objects.filter(sha256=sha256).first()
    if asset is None:
        raise UnknownAsset(sha256)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=target.name + ".")
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file, master_store().open(sha256) as stream:
            blocks = write_car(stream, file, cid=asset.cid)
        temporary.replace(target)
    except WrongRoot as error:
        raise CorruptBlob(sha256, error.found) from error
    finally:
        temporary.unlink(missing_ok=True)
    return asset.cid, blocks
