"""One Chromium for all tests of this folder, and a shop with everything in it."""

import io
import os
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from eth_utils.address import to_checksum_address
from playwright.sync_api import Browser, expect

from accounts.models import User, Wallet
from accounts.services import Proof, link_wallet
from common.testing import running_chromium
from common.testing_wallet import DemoWallet
from contracts.testing import LiveChain
from designs.models import Contribution, Design, Preview
from designs.storage import preview_store
from designs.tests.samples import glb_bytes
from marketplace.tests import rows
from marketplace.tests.browser.visitor import AXE, HEIGHT, Visitor

# A shared machine is slow at times; what never comes is still told.
expect.set_options(timeout=60_000)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    # Playwright's loop makes Django think that it is asked from an async view.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with running_chromium() as browser:
        yield browser
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def visitor(chromium: Browser, live_server: Any) -> Iterator[Visitor]:
    # A color that fades into another scheme is not the color that people read.
    context = chromium.new_context(viewport={"width": 1440, "height": HEIGHT}, reduced_motion="reduce")
    context.add_init_script(AXE)
    context.set_default_timeout(60_000)
    yield Visitor(context.new_page(), live_server.url)
    context.close()


@pytest.fixture
def lantern(lantern: Design) -> Design:
    """The mesh on sale, with the file that its viewer shows."""
    content = glb_bytes()
    Preview.objects.create(
        version=lantern.versions.get(),
        kind=Preview.Kind.VIEWER,
        sha256=preview_store().put(io.BytesIO(content), max_bytes=len(content)).sha256,
        media_type="model/gltf-binary",
        size=len(content),
    )
    return lantern


@pytest.fixture
def together(creator: User, cocreator: User) -> Design:
    """A draft of two people with its prices."""
    parts = {creator: (Contribution.Role.DESIGNER, 874_999), cocreator: (Contribution.Role.TWEAKER, 125_001)}
    return rows.draft(creator, "Together", prices={"personal": 18 * rows.TUSD}, parts=parts)


@pytest.fixture
def fresh_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another visitor's address for each test: the limits count by address, in a Redis that tests share."""
    place = "10." + ".".join(str(secrets.randbelow(250) + 1) for _ in range(3))
    monkeypatch.setattr("allauth.account.adapter.get_client_ip", lambda _request: place)


@pytest.fixture
def accounts(live_chain: LiveChain) -> list[str]:
    """The addresses that the demo wallet shows."""
    return [to_checksum_address(one) for one in live_chain.node.rpc("eth_accounts")]


@pytest.fixture
def wallet(visitor: Visitor) -> DemoWallet:
    return DemoWallet(visitor.page)


@pytest.fixture
def linked(creator: User, accounts: list[str]) -> Wallet:
    return link_wallet(user=creator, proof=Proof(accounts[0], Wallet.Kind.EOA))
