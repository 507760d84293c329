"""Redis, workers and the chain away: the real web server is asked, pages read, actions wait and say so.

The server runs as a process of its own, its settings lead to a port where nobody listens, or where somebody listens
and never answers.
"""

import html
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import global_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from common.testing import PASSWORD
from contracts.models import ChainCursor, ChainTransaction
from contracts.testing import database_url, free_port
from designs.models import Design, ProcessingStep
from designs.services.processing import process_version, sweep_processing
from designs.services.upload import Part
from licensing.models import LicenseTemplate
from marketplace.models import Order
from marketplace.tests.pages import signed_in, text
from marketplace.tests.support import draft_of, published, sold, with_offer
from studio.models import Publication
from studio.services import publishing
from studio.tests.pages import TYPED, parts_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]

ROOT = Path(__file__).resolve().parent.parent
CHAIN_AWAY = (
    "The chain does not answer Everything can be read. "
    "What you publish or buy now waits and goes on by itself; nothing is lost."
)
LONGEST = 20.0
"""Seconds that any answer may take while services are away."""


class Site:
    """The web server, asked as a browser does: with cookies, without following redirects."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies = {"csrftoken": "a" * 32}

    def sign_in(self, user: User) -> None:
        self.cookies["sessionid"] = signed_in(user).cookies["sessionid"].value

    def get(self, address: str) -> tuple[int, str]:
        """Status, and what is read."""
        return self._ask(urllib.request.Request(self.url + address))

    def post(self, address: str, data: dict[str, Any]) -> tuple[int, str]:
        """Status, and what is read, or where it leads."""
        data = {**data, "csrfmiddlewaretoken": self.cookies["csrftoken"]}
        if any(isinstance(value, SimpleUploadedFile) for value in data.values()):
            body, kind = encode_multipart(BOUNDARY, data), MULTIPART_CONTENT
        else:
            body, kind = urlencode(data).encode(), "application/x-www-form-urlencoded"
        return self._ask(urllib.request.Request(self.url + address, body, {"Content-Type": kind}))

    def _ask(self, request: urllib.request.Request) -> tuple[int, str]:
        request.add_header("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
        began = time.monotonic()
        try:
            with opener.open(request, timeout=60) as answer:
                status, headers, body = answer.status, answer.headers, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            status, headers, body = error.code, error.headers, error.read().decode()
        for cookie in headers.get_all("Set-Cookie", []):
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        assert time.monotonic() - began < LONGEST, request.full_url
        return status, headers.get("Location") or text(html.unescape(body))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Somebody listens, takes what is said, and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as server:
        yield server.getsockname()[1]


class Servers:
    """Starts web servers on the test's own database and files, with the chain away."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, **settings: str) -> Site:
        port = free_port()
        chain_away = f"http://127.0.0.1:{free_port()}"
        environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "CHAIN_RPC_URL": chain_away,
            "CHAIN_PUBLIC_RPC_URL": chain_away,
            "LOOMPRINT_VAR": str(self.var),
            "LOOMPRINT_LOCAL": "1",
            **settings,
        }
        command = [sys.executable, "-m", "gunicorn", "config.wsgi:application", "--bind", f"127.0.0.1:{port}"]
        command += ["--worker-class", "gthread", "--threads", "4", "--no-control-socket", "--log-level", "warning"]
        self.processes.append(
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        )
        self._wait(port)
        return Site(f"http://127.0.0.1:{port}")

    def _wait(self, port: int) -> None:
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                assert time.monotonic() < until, "the web server does not start"
                assert self.processes[-1].poll() is None, "the web server ended"
                time.sleep(0.1)

    def stop(self) -> None:
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(timeout=30)


@pytest.fixture(autouse=True)
def hashes_that_the_server_knows(own_folders: None, settings: Any) -> None:
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS


@pytest.fixture
def servers(settings: Any, tmp_path: Path, recorded_deployment: dict[str, str]) -> Iterator[Servers]:
    settings.MASTER_ROOT = tmp_path / "assets" / "masters"
    settings.PREVIEW_ROOT = tmp_path / "assets" / "previews"
    started = Servers(tmp_path)
    yield started
    started.stop()


@pytest.fixture
def on_sale(servers: Servers, creator: User, buyer: User, png: bytes) -> Design:
    """Published, sold once, and since then nothing was heard of the chain."""
    design = published(creator, png)
    sold(design, to=buyer.custody_key.address, block=8)
    ChainCursor.objects.update(reached_at=timezone.now() - timedelta(minutes=5))
    return design


@pytest.fixture(params=[pytest.param("closed", marks=pytest.mark.long), "silent"])
def without_redis(request: pytest.FixtureRequest, servers: Servers, silent_port: int) -> Site:
    """The site while Redis refuses, or takes connections and never answers, and the chain is away too."""
    port = free_port() if request.param == "closed" else silent_port
    return servers.start(REDIS_URL=f"redis://127.0.0.1:{port}/0")


@pytest.fixture
def without_chain(servers: Servers) -> Site:
    """The site with Redis and without a chain or any worker."""
    return servers.start()


def test_every_page_reads_without_redis_and_chain(
    without_redis: Site, on_sale: Design, creator: User, buyer: User
) -> None:
    title = on_sale.title
    for address, said in {
        "/": title,
        "/search/?q=lantern": title,
        on_sale.get_absolute_url(): "it is the first claim known to this registry",
        reverse("licensing:terms", args=[LicenseTemplate.objects.get(code="personal").terms_hash]): "Personal license",
        "/accounts/login/": "Sign in",
    }.items():
        status, page = without_redis.get(address)
        assert (status, said in page, CHAIN_AWAY in page) == (200, True, True), address
    for person, pages in {
        creator: {
            "/studio/": title,
            reverse("studio:design", args=[on_sale.public_id]): "Published and anchored",
            "/studio/upload/": "Upload a design",
            "/earnings/": "Credited 17.10 tUSD",
            "/account/": person_address(creator),
            "/account/notifications/": "otifications",
        },
        buyer: {
            "/library/": "held on chain Download",
            on_sale.get_absolute_url(): "You hold a Personal license for this design.",
        },
    }.items():
        without_redis.sign_in(person)
        for address, said in pages.items():
            status, page = without_redis.get(address)
            assert (status, said in page, CHAIN_AWAY in page) == (200, True, True), address
    for address in ("/api/v1/designs/", f"/api/v1/designs/{on_sale.public_id}/", "/health/"):
        assert without_redis.get(address)[0] == 200, address


def person_address(person: User) -> str:
    return str(person.custody_key.address)


def test_one_can_sign_in_and_download_without_redis(without_redis: Site, on_sale: Design, buyer: User) -> None:
    status, where = without_redis.post("/accounts/login/", {"login": buyer.email, "password": PASSWORD})
    assert (status, where) == (302, "/")

    without_redis.sign_in(buyer)
    (license_id,) = re.findall(r"/library/(\d+)/download/", signed_in(buyer).get("/library/").content.decode())
    status, where = without_redis.post(f"/library/{license_id}/download/", {})
    assert (status, where.startswith("/library/files/")) == (302, True)
    assert without_redis.get(where)[0] == 200


def test_an_upload_waits_without_redis_and_is_processed_afterwards(
    without_redis: Site, creator: User, png: bytes
) -> None:
    without_redis.sign_in(creator)
    people = parts_of((creator.email, "designer", "100"))

    status, where = without_redis.post(
        "/studio/upload/", {**TYPED, **people, "master": SimpleUploadedFile("lamp.png", png)}
    )

    design = Design.objects.get()
    assert (status, where) == (302, reverse("studio:design", args=[design.public_id]))
    page = without_redis.get(where)[1]
    assert "Your file has arrived and is being processed." in page
    assert "The file is being checked and its previews are made" in page
    assert "You can close this page; the work goes on." in page
    assert set(ProcessingStep.objects.values_list("state", flat=True)) == {"waiting"}

    assert sweep_processing() == 1
    process_version(version_id=design.versions.get().pk)
    assert "One thing is missing: a price" in without_redis.get(where)[1]


def test_publishing_without_redis_is_refused_with_the_draft_kept(
    without_redis: Site, creator: User, png: bytes
) -> None:
    design = with_offer(draft_of(creator, png))
    without_redis.sign_in(creator)
    address = reverse("studio:publish", args=[design.public_id])

    status, page = without_redis.post(address, {"password": PASSWORD, "keep": "on"})

    assert status == 200
    assert "Signing is not possible at the moment. Nothing was lost; try again in a minute." in page
    design.refresh_from_db()
    assert (design.state, design.first_offers.count()) == ("draft", 1)
    assert not Publication.objects.exists()
    assert signed_in(creator).post(address, {"password": PASSWORD, "keep": "on"}).status_code == 302
    assert Publication.objects.get().state == Publication.State.SUBMITTED


def test_publishing_without_a_chain_waits_and_says_so(without_chain: Site, creator: User, png: bytes) -> None:
    design = with_offer(draft_of(creator, png))
    without_chain.sign_in(creator)

    status, where = without_chain.post(
        reverse("studio:publish", args=[design.public_id]), {"password": PASSWORD, "keep": "on"}
    )

    assert (status, where) == (302, reverse("studio:design", args=[design.public_id]))
    page = without_chain.get(where)[1]
    assert "The registration is on its way to the chain" in page
    assert CHAIN_AWAY in page
    assert ChainTransaction.objects.get().state == "planned"
    design.refresh_from_db()
    assert design.state == Design.State.ANCHORING


def test_a_consent_without_a_chain_is_kept(without_chain: Site, creator: User, cocreator: User, png: bytes) -> None:
    parts = [Part(creator, "designer", 700_000), Part(cocreator, "tweaker", 300_000)]
    design = with_offer(draft_of(creator, png, parts=parts))
    publication = publishing.freeze_and_sign(actor=creator, work=design, password=PASSWORD)
    without_chain.sign_in(cocreator)
    address = reverse("studio:consent", args=[publication.public_id])

    assert without_chain.post(address, {"password": PASSWORD}) == (302, address)
    page = without_chain.get(address)[1]
    assert "Everyone accepted; it is on its way to the chain." in page
    assert CHAIN_AWAY in page
    assert ChainTransaction.objects.get().ref == publication.digest


def test_buying_without_redis_and_chain_keeps_the_order_and_says_so(
    without_redis: Site, on_sale: Design, stranger: User
) -> None:
    terms = LicenseTemplate.objects.get(code="personal").terms_hash
    address = reverse("marketplace:checkout", args=[on_sale.public_id, terms])
    without_redis.sign_in(stranger)
    assert CHAIN_AWAY in without_redis.get(address)[1]

    key = "5f6d7c9e-6b1c-4c52-9a55-6f2f1d1c0a99"
    status, payment = without_redis.post(address, {"price": "18000000", "checkout_key": key})
    order = Order.objects.get()
    assert (status, payment) == (302, f"/payments/test/{order.payment.public_id}/")
    status, where = without_redis.post(payment, {"decision": "pay"})

    assert (status, where) == (302, reverse("marketplace:order", args=[order.public_id]))
    page = without_redis.get(where)[1]
    assert "Your payment arrived. We are buying the license on chain for your address" in page
    assert "you may close this page" in page
    assert CHAIN_AWAY in page
    order.refresh_from_db()
    assert (order.state, order.payment.state) == ("paid", "paid")
    planned = ChainTransaction.objects.get(kind="buy")
    assert (planned.ref, planned.state) == (order.ref, "planned")


def test_a_chain_that_stands_behind_pauses_actions_and_says_so(on_sale: Design, buyer: User) -> None:
    ChainCursor.objects.update(sending_stopped="The chain stands at 3, we have read 15.")

    for address in ("/", "/library/", on_sale.get_absolute_url()):
        page = text(signed_in(buyer).get(address).content.decode())
        assert "Publishing and buying are paused" in page
        assert "Nothing is lost; what you start now waits and goes on by itself." in page
