import io

import pytest

from accounts.models import User
from designs.models import Design
from designs.storage import master_store
from marketplace.tests import rows


@pytest.fixture
def lamp(creator: User, png: bytes) -> Design:
    """On sale and final, with its master in the store."""
    rows.chain_read_to(100)
    design = rows.draft(creator, "Gyroid Lantern")
    rows.anchor(design, block=20)
    version = design.versions.get()
    blob = master_store().put(io.BytesIO(png), max_bytes=len(png))
    version.master.sha256, version.master.size = blob.sha256, blob.size
    version.master.save()
    return design
