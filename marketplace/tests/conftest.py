import pytest
from django.conf import LazySettings

from accounts.models import User
from designs.models import Contribution, Design
from marketplace.tests import rows


@pytest.fixture(autouse=True)
def unbuilt_static_files(settings: LazySettings) -> None:
    """Pages name static files as they lie in the source, so that no test waits for a collectstatic."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def lantern(creator: User, cocreator: User) -> Design:
    """On sale and final."""
    rows.chain_read_to(100)
    design = rows.draft(
        creator,
        "Gyroid Lantern",
        kind=Design.Kind.MESH,
        prompt="a lantern for two",
        parts={
            creator: (Contribution.Role.DESIGNER, 800_000),
            cocreator: (Contribution.Role.TWEAKER, 200_000),
        },
    )
    rows.anchor(design, block=20, prices={"personal": 18 * rows.TUSD, "commercial": 96 * rows.TUSD})
    return design


@pytest.fixture
def estuary(creator: User) -> Design:
    """An image on sale."""
    rows.chain_read_to(100)
    design = rows.draft(creator, "Estuary, seed 7041", prompt="tides")
    rows.anchor(design, block=30)
    return design
