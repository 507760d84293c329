import pytest

from accounts.models import User
from designs.models import Design
from designs.tests.published import published


@pytest.fixture
def lamp(creator: User, png: bytes) -> Design:
    """On sale and final, with its master in the store."""
    return Design.objects.get(pk=published(creator, png).design_id)
