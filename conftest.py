"""Fixtures that every room uses: people, files, and a deployment to talk about."""

import io
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.core.cache import caches
from django.db import connections
from django.test import TransactionTestCase
from PIL import Image
from whitenoise import WhiteNoise

from accounts.models import User
from accounts.services import open_account
from common.testing import PASSWORD, addresses

pytest_plugins = ["contracts.testing", "contracts.testing_proxy"]

# Machines are shared and noisy: how long one example took says nothing about the code.
hypothesis.settings.register_profile("loomprint", deadline=None, max_examples=50)
hypothesis.settings.register_profile("long", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "loomprint"))


# Written by migrating, and the same for every test.
KEPT_TABLES = {"django_migrations", "django_content_type", "auth_permission", "django_site"}


def _empty_what_was_written(case: TransactionTestCase) -> None:
    """Django's flush empties every table and builds its permissions anew: a second for each test, mostly of nothing."""
    for alias in case._databases_names(include_mirrors=False):
        connection = connections[alias]
        names = sorted(set(connection.introspection.table_names()) - KEPT_TABLES)
        quoted = [connection.ops.quote_name(name) for name in names]
        written = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in quoted)  # noqa: S608
        with connection.cursor() as cursor:
            cursor.execute(written)
            full = [name for (name,) in cursor.fetchall()]
            # Without triggers, so in any order.
            cursor.execute("SET session_replication_role = replica")
            for name in full:
                cursor.execute(f"DELETE FROM {name}")  # noqa: S608
            cursor.execute("RESET session_replication_role")


@pytest.fixture(scope="session", autouse=True)
def static_files_listed_once() -> Iterator[None]:
    """Each test client begins by listing all static files, which takes a tenth of a second: thousands of times."""
    found: dict[tuple[str, str | None], dict[str, Any]] = {}
    listing = WhiteNoise.add_files

    def add_files(self: WhiteNoise, root: str, prefix: str | None = None) -> None:
        key = (str(root), prefix)
        if key not in found:
            listing(self, root, prefix)
            found[key] = dict(self.files)
        self.files.update(found[key])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoise, "add_files", add_files)
        yield


@pytest.fixture(scope="session", autouse=True)
def own_cache() -> None:
    """Tests empty it, and would empty that of the processes beside them."""
    from contracts.testing import redis_database  # a plugin: pytest imports it first

    settings.CACHES["default"]["LOCATION"] = redis_database(16)
    with suppress(AttributeError):  # none was made yet
        del caches["default"]


@pytest.fixture(scope="session", autouse=True)
def quick_emptying() -> None:
    TransactionTestCase._fixture_teardown = _empty_what_was_written


@pytest.fixture(autouse=True)
def pillows_own_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers of files set it for their child; a test that calls one in its own process gives it back."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)


@pytest.fixture(autouse=True)
def own_folders(settings: Any, tmp_path: Path) -> None:
    """Every test keeps its files to itself, and hashes passwords fast."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MASTER_ROOT = tmp_path / "masters"
    settings.PREVIEW_ROOT = tmp_path / "previews"
    settings.OUTGOING_ROOT = tmp_path / "outgoing"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "scratch"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    settings.MAIL_DIR = tmp_path / "mail"
    settings.EMAIL_FILE_PATH = settings.MAIL_DIR


@pytest.fixture
def creator(db: None) -> User:
    return open_account(email="creator@example.org", password=PASSWORD, display_name="Northlight Studio")


@pytest.fixture
def cocreator(db: None) -> User:
    return open_account(email="cocreator@example.org", password=PASSWORD, display_name="tpms-lab")


@pytest.fixture
def buyer(db: None) -> User:
    return open_account(email="buyer@example.org", password=PASSWORD, display_name="Mara")


@pytest.fixture
def stranger(db: None) -> User:
    return open_account(email="stranger@example.org", password=PASSWORD, display_name="Stranger")


@pytest.fixture
def moderator(db: None) -> User:
    return open_account(email="moderator@example.org", password=PASSWORD, display_name="Moderator", is_staff=True)


@pytest.fixture
def png() -> bytes:
    """A real image of 64 by 48 pixels."""
    image = Image.new("RGB", (64, 48))
    image.putdata([(x * 4, y * 5, (x + y) % 256) for y in range(48) for x in range(64)])
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def recorded_deployment(settings: Any, tmp_path: Path) -> dict[str, str]:
    """A deployment record without a chain behind it, for what needs addresses only."""
    folder = tmp_path / "deployments"
    folder.mkdir()
    known = addresses()
    record = {
        "version": "test",
        "chain_id": settings.CHAINS["public"]["chain_id"],
        "deployed_block": 1,
        "deployer": known["AccessManager"],
        "complete": True,
        "contracts": {name: {"address": address} for name, address in known.items()},
    }
    (folder / f"{record['chain_id']}.json").write_text(json.dumps(record))
    settings.DEPLOYMENTS_DIRS = [folder]
    return known
