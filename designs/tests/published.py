"""A published design whose master lies in the store, for tests of what happens after publication."""

import io

from accounts.models import User
from designs.models import Design, DesignVersion
from designs.storage import master_store
from marketplace.tests import rows


def published(owner: User, content: bytes, *, title: str = "Gyroid Lantern", block: int = 20) -> DesignVersion:
    """Its version; everything read from the chain is final."""
    rows.chain_read_to(100)
    design = rows.draft(owner, title)
    keep_master(design, content)
    rows.anchor(design, block=block)
    return design.versions.select_related("master", "design").get()


def keep_master(design: Design, content: bytes) -> None:
    version = design.versions.get()
    blob = master_store().put(io.BytesIO(content), max_bytes=len(content))
    version.master.sha256, version.master.cid, version.master.size = blob.sha256, blob.cid, blob.size
    version.master.save()
