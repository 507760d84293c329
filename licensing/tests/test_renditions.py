"""A holder takes a file in another form: who may, what they see, and that it verifies afterwards."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.verifier.statement import Statement, read_beside
from designs.credentials.local_authority import make_local_authority
from designs.models import Design, RegistryEntry, Rendition
from designs.services.renditions import run_rendition
from designs.storage import master_store
from licensing.models import DownloadGrant
from licensing.tests.test_downloads import passed_on
from marketplace.tests import rows
from marketplace.tests.pages import signed_in
from studio.tests.pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]


@pytest.fixture(autouse=True)
def operator(settings: Any) -> None:
    settings.OPERATOR_KEY = "0x" + "07" * 32
    cache.clear()


@pytest.fixture
def held(lamp: Design, buyer: User) -> int:
    # What was claimed is the file that lies in the store.
    RegistryEntry.objects.update(output_hash=lamp.versions.get().master.output_hash)
    return rows.sale(lamp, buyer, block=50)


def files(license_id: int) -> str:
    return reverse("licensing:files", args=[license_id])


def ask(user: User | None, license_id: int, form: str = "credentials", **extra: Any) -> Any:
    return signed_in(user).post(reverse("licensing:order", args=[license_id]), {"form": form}, **extra)


def taken(user: User | None, license_id: int, rendition: Rendition) -> Any:
    address = reverse("licensing:start_download", args=[license_id])
    return signed_in(user).post(address, {"rendition": str(rendition.public_id)})


@pytest.fixture
def ready(held: int, buyer: User) -> Rendition:
    ask(buyer, held)
    run_rendition(rendition_id=Rendition.objects.get().pk)
    return Rendition.objects.get()


def test_a_holder_asks_sees_it_being_made_and_takes_it_and_it_verifies(held: int, buyer: User, lamp: Design) -> None:
    page = signed_in(buyer).get(files(held))
    assert "The master, byte for byte" in read(page)
    assert "Made when you ask for it, in a moment." in read(page)
    assert "hx-get" not in page.content.decode().partition('id="forms"')[2].partition(">")[0]

    assert ask(buyer, held)["Location"] == files(held)
    waiting = signed_in(buyer).get(files(held), {"part": "forms"})
    assert 'hx-trigger="every 2s"' in waiting.content.decode()
    assert "Waiting" in read(waiting)
    assert "<html" not in waiting.content.decode()

    run_rendition(rendition_id=Rendition.objects.get().pk)
    rendition = Rendition.objects.select_related("asset").get()
    assert rendition.asset is not None
    assert "piece-credentials.png" in read(signed_in(buyer).get(files(held)))
    link = taken(buyer, held, rendition)["Location"]
    answer = signed_in(buyer).get(link)
    content = b"".join(answer.streaming_content)
    assert content == master_store().path(rendition.asset.sha256).read_bytes()
    assert rendition.embedded.encode() in content
    assert answer["Content-Disposition"] == 'attachment; filename="piece-credentials.png"'
    assert (answer["Content-Type"], answer["Content-Length"]) == ("image/png", str(len(content)))
    assert DownloadGrant.objects.get().fetched_at is not None

    master = lamp.versions.get().master.sha256
    verdict = Client().get(reverse("verify:verdict", args=[rendition.asset.sha256]))
    said = read(verdict)
    assert f"This file is a rendition of the file with SHA-256 {master}" in said
    assert f"as {rendition.signer} signed." in said
    assert f"Of that file: The address {lamp.owner.custody_key.address} claimed this file at" in said
    assert "Nothing is known" not in said
    assert 'data-known="true"' in verdict.content.decode()
    stated = Client().get(reverse("verify:statement", args=[rendition.asset.sha256]))
    assert read_beside(stated.content).signer() == rendition.signer.lower()
    told = Client().get(f"/api/v1/verify/{rendition.asset.sha256}/").json()
    assert (told["known"], told["claims"]) == (True, [])
    assert told["renditions"] == [
        {
            "chain_id": lamp.chain_id,
            "entry_id": lamp.entry_id,
            "form": "credentials",
            "master_sha256": master,
            "signer": rendition.signer,
            "statement": rendition.statement,
            "trouble": "",
        }
    ]


def test_a_row_that_was_tampered_with_is_not_believed(ready: Rendition) -> None:
    stated = Statement.read(ready.statement.encode())
    Rendition.objects.update(statement=Statement(**{**vars(stated), "master": "ab" * 32}).text)
    said = Client().get(reverse("verify:verdict", args=[ready.asset.sha256]))  # type: ignore[union-attr]
    assert "The signature does not hold: do not rely on this." in read(said)
    assert 'data-known="false"' in said.content.decode()


def test_a_claim_that_left_the_chain_is_said(ready: Rendition) -> None:
    from contracts.models import ChainBlock

    ChainBlock.objects.filter(number=20).delete()
    said = read(Client().get(reverse("verify:verdict", args=[ready.asset.sha256])))  # type: ignore[union-attr]
    assert "The claim of that file is not on the chain any more." in said


def test_without_a_valid_license_there_is_no_page_no_order_and_no_file(
    ready: Rendition, held: int, buyer: User, creator: User, stranger: User, moderator: User
) -> None:
    for person in (creator, stranger, moderator):
        assert signed_in(person).get(files(held)).status_code == 404
        assert ask(person, held, "resized")["Location"] == "/library/"
        assert taken(person, held, ready)["Location"] == "/library/"
    for address in (files(held), reverse("licensing:order", args=[held])):
        assert signed_in(None).post(address)["Location"].startswith("/accounts/login/")
    assert Rendition.objects.count() == 1
    assert not DownloadGrant.objects.exists()
    link = taken(buyer, held, ready)["Location"]
    assert signed_in(stranger).get(link).status_code == 404
    passed_on(held, buyer, stranger, block=60)
    assert "You do not hold this license any more." in read(signed_in(buyer).get(link, follow=True))
    assert signed_in(buyer).get(files(held)).status_code == 404
    assert taken(stranger, held, ready)["Location"].startswith("/library/files/")


def test_a_license_of_one_design_opens_no_rendition_of_another(ready: Rendition, buyer: User, creator: User) -> None:
    other = rows.draft(creator, "Another")
    rows.anchor(other, block=30)
    license_id = rows.sale(other, buyer, block=50)
    assert taken(buyer, license_id, ready)["Location"] == "/library/"
    address = reverse("licensing:start_download", args=[license_id])
    assert signed_in(buyer).post(address, {"rendition": "no-uuid"}).status_code == 404
    assert not DownloadGrant.objects.exists()


def test_one_that_is_not_ready_is_not_given_and_one_that_failed_says_why(held: int, buyer: User) -> None:
    ask(buyer, held)
    rendition = Rendition.objects.get()
    answer = signed_in(buyer).post(
        reverse("licensing:start_download", args=[held]), {"rendition": str(rendition.public_id)}, follow=True
    )
    assert "This form of the file is not ready." in read(answer)
    Rendition.objects.update(state="failed", message="It was too much.", beat_at=timezone.now())
    page = signed_in(buyer).get(files(held))
    assert "It could not be made. It was too much." in read(page)
    assert "Try again" in read(page)


def test_a_form_that_the_file_has_not_is_refused(held: int, buyer: User) -> None:
    told = ask(buyer, held, "stl", follow=True)
    assert "This file cannot be had in that form." in read(told)
    assert not Rendition.objects.exists()


def test_orders_are_limited_per_account(settings: Any, held: int, buyer: User) -> None:
    settings.RENDITIONS_PER_HOUR = 1
    ask(buyer, held)
    assert "That was too often." in read(ask(buyer, held, "resized", follow=True))
    assert Rendition.objects.count() == 1


def test_of_a_file_that_was_never_delivered_there_is_no_statement(ready: Rendition) -> None:
    assert Client().get(reverse("verify:statement", args=["ab" * 32])).status_code == 404
    assert json.loads(ready.beside.as_json())["file"] == ready.asset.sha256  # type: ignore[union-attr]


def test_credentials_beside_a_file_are_given_and_their_absence_is_said(
    settings: Any, held: int, buyer: User, lamp: Design, tmp_path: Path
) -> None:
    settings.CREDENTIALS_DIR = tmp_path
    assert "No certificate is set up here" in read(signed_in(buyer).get(files(held)))
    make_local_authority(tmp_path)
    assert "No certificate is set up here" not in read(signed_in(buyer).get(files(held)))
    ask(buyer, held)
    run_rendition(rendition_id=Rendition.objects.get().pk)
    assert "Content Credentials are in it" in read(signed_in(buyer).get(files(held)))
    made = Rendition.objects.select_related("asset").get()
    assert made.asset is not None
    address = reverse("verify:credentials", args=[made.asset.sha256])
    assert Client().get(address).status_code == 404
    said = read(Client().get(reverse("verify:verdict", args=[made.asset.sha256])))
    assert "put into the file when it was made; this page does not check them" in said
    # As for one that cannot hold them.
    Rendition.objects.update(has_credentials=False, manifest=made.asset)
    answer = Client().get(address)
    assert b"".join(answer.streaming_content) == master_store().path(made.asset.sha256).read_bytes()
    assert answer["Content-Disposition"] == 'attachment; filename="piece-credentials.c2pa"'
    assert address in signed_in(buyer).get(files(held)).content.decode()
