"""Further files of a design reach those who hold a license, as files to be saved, and nobody else."""

import io
from typing import Any

import pytest
from django.urls import reverse

from accounts.models import User
from designs.models import Attachment, Design
from designs.services.attachments import NewAttachment, attach, keep_file
from designs.services.received import ReceivedFile
from licensing.models import DownloadGrant, LicenseMovement
from marketplace.tests import rows
from marketplace.tests.pages import signed_in
from studio.tests.pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

PAGE = b"<script>alert(1)</script>"


def attached(design: Design, content: bytes, name: str, release: str) -> Attachment:
    new = NewAttachment(ReceivedFile(io.BytesIO(content), name), "documentation", release)
    return attach(version=design.versions.get(), new=new, blob=keep_file(new.file))


@pytest.fixture
def notes(lamp: Design) -> Attachment:
    return attached(lamp, PAGE, "größe “notes”.html", "with_license")


@pytest.fixture
def secret(lamp: Design) -> Attachment:
    return attached(lamp, b"secret", "secret.json", "private")


@pytest.fixture
def held(lamp: Design, buyer: User) -> int:
    return rows.sale(lamp, buyer, block=50)


def ask(user: User | None, license_id: int, wanted: Any) -> Any:
    address = reverse("licensing:start_download", args=[license_id])
    return signed_in(user).post(address, {"attachment": str(wanted)})


def assert_only_to_be_saved(answer: Any, content: bytes) -> None:
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment; ")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Length"] == str(len(content))
    assert b"".join(answer.streaming_content) == content


def test_a_holder_takes_the_file_as_it_was_given(notes: Attachment, held: int, buyer: User) -> None:
    page = read(signed_in(buyer).get(reverse("licensing:files", args=[held])))
    assert notes.name in page
    assert "Proof of its field (JSON)" in page
    assert notes.asset.sha256 in page

    answer = signed_in(buyer).get(ask(buyer, held, notes.public_id)["Location"])

    assert_only_to_be_saved(answer, PAGE)
    assert "gr%C3%B6%C3%9Fe%20%E2%80%9Cnotes%E2%80%9D.html" in answer["Content-Disposition"]
    assert DownloadGrant.objects.get().fetched_at is not None


def test_a_private_file_is_neither_shown_nor_given(secret: Attachment, held: int, buyer: User) -> None:
    for address in (reverse("licensing:files", args=[held]), secret.version.design.get_absolute_url()):
        page = read(signed_in(buyer).get(address))
        assert "secret.json" not in page
        assert secret.asset.sha256 not in page

    assert ask(buyer, held, secret.public_id)["Location"] == "/library/"
    assert not DownloadGrant.objects.exists()


def test_without_the_license_or_with_another_ones_file_nothing_is_given(
    notes: Attachment, held: int, buyer: User, stranger: User, creator: User, png: bytes
) -> None:
    other = attached(rows.draft(creator, "Another"), b"other", "other.txt", "with_license")

    assert ask(stranger, held, notes.public_id)["Location"] == "/library/"
    assert ask(buyer, held, other.public_id)["Location"] == "/library/"
    for made_up in ("0" * 32, "7", "no id"):
        assert ask(buyer, held, made_up).status_code == 404
    assert not DownloadGrant.objects.exists()


def test_a_link_ends_with_the_license(notes: Attachment, held: int, buyer: User) -> None:
    link = ask(buyer, held, notes.public_id)["Location"]
    rows.chain_read_to(45)
    LicenseMovement.objects.all().delete()
    answer = signed_in(buyer).get(link)
    assert (answer.status_code, answer["Location"]) == (302, "/library/")


def test_its_owner_and_moderators_open_any_of_them(
    secret: Attachment, creator: User, moderator: User, buyer: User, caplog: Any
) -> None:
    address = reverse("designs:attachment", args=[secret.version.design.public_id, secret.public_id])
    for person in (creator, moderator):
        assert_only_to_be_saved(signed_in(person).get(address), b"secret")
    assert signed_in(buyer).get(address).status_code == 404


def test_the_shop_says_what_comes_with_a_license(
    notes: Attachment, secret: Attachment, lamp: Design, buyer: User
) -> None:
    page = read(signed_in(buyer).get(lamp.get_absolute_url()))
    assert f"{notes.name} Documentation, 25 bytes, comes with every license" in page
    assert "Documentation, 6 bytes: withheld; its creators can prove it" in page
