"""A design on sale, the people around it, and moderators of every kind."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission

from accounts.models import User
from accounts.services import open_account
from common.testing import PASSWORD
from designs.models import Design
from marketplace.tests import rows


@pytest.fixture(autouse=True)
def unbuilt_static_files(settings: Any) -> None:
    """Pages name static files as they lie in the source, so that no test waits for a collectstatic."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def lantern(recorded_deployment: Any, creator: User) -> Design:
    """On sale and final."""
    rows.chain_read_to(100)
    design = rows.draft(creator, "Gyroid Lantern")
    rows.anchor(design, block=20)
    return design


def staff(name: str, *permissions: str) -> User:
    """Somebody with these permissions and no more."""
    person = open_account(email=f"{name}@example.org", password=PASSWORD, display_name=name.capitalize())
    person.is_staff = True
    person.save()
    person.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return person


@pytest.fixture
def viewer(db: None) -> User:
    return staff("looker", "view_case")


@pytest.fixture
def first(db: None) -> User:
    return staff("first", "view_case", "change_case")


@pytest.fixture
def second(db: None) -> User:
    return staff("second", "view_case", "change_case")
