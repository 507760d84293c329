"""The key of encrypted copies leaves through a license check, with a record of each time."""

import html
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.models import User
from common.identifiers import ZERO_HASH
from contracts.models import ChainBlock
from designs.encryption import decrypt, recipient_of
from designs.models import DesignVersion, PublicCopy, VersionKey
from designs.services.copying import work_on_copy
from designs.services.public_copies import make_copies
from designs.tests.age_tools import needs_age, opened_by_age, opened_by_typage
from designs.tests.kubo_double import running_kubo
from licensing.models import KeyRelease, LicenseExpiry, LicenseMovement, LicenseRevocation
from licensing.services.personal_data import own_data
from marketplace.tests import rows
from marketplace.tests.pages import page, signed_in, text
from studio.tests.pages import read

pytestmark = pytest.mark.django_db

LIBRARY = "/library/"


@pytest.fixture
def png() -> bytes:
    """A picture that is longer than one of the chunks that age encrypts by."""
    encoded = io.BytesIO()
    Image.effect_noise((300, 300), 80).save(encoded, "PNG")
    assert encoded.tell() > 65536
    return encoded.getvalue()


@pytest.fixture
def node(settings):
    with running_kubo() as node:
        settings.IPFS_API_URL = node.url
        yield node


@pytest.fixture
def copy(lamp, creator, settings, node) -> PublicCopy:
    """The lamp's standing copy on IPFS."""
    settings.STORE_KEYS = {"first": "11" * 32}
    copy = make_copies(actor=creator, version=lamp.versions.get(), place="ipfs", understood=True)[0]
    work_on_copy(copy_id=copy.pk)
    copy.refresh_from_db()
    return copy


@pytest.fixture
def held(lamp, copy, buyer) -> int:
    """The id of a license that the buyer holds."""
    cache.clear()
    return rows.sale(lamp, buyer, block=50)


def ask(user: User | None, license_id: int) -> Any:
    return signed_in(user).post(reverse("licensing:key", args=[license_id]))


def refused(user: User, license_id: int) -> str:
    """What a person reads who asks for page and key and gets neither."""
    client = signed_in(user)
    assert client.get(reverse("licensing:copies", args=[license_id]))["Location"] == LIBRARY
    answer = client.post(reverse("licensing:key", args=[license_id]), follow=True)
    assert answer.request["PATH_INFO"] == LIBRARY
    assert b"AGE-SECRET-KEY" not in answer.content
    assert not KeyRelease.objects.exists()
    return read(answer)


def test_a_licensee_gets_the_key_and_opens_the_copy(held, copy, buyer, node, png):
    answer = ask(buyer, held)

    assert answer["Content-Disposition"] == 'attachment; filename="key.txt"'
    assert answer["Cache-Control"] == "private, no-store"
    lines = answer.content.decode().splitlines()
    assert [line[:1] for line in lines] == ["#", "#", "#", "A"]
    assert lines[2] == f"# public key: {recipient_of(lines[3])}"
    opened = io.BytesIO()
    decrypt(io.BytesIO(node.path(copy.cid).read_bytes()), opened, identity=lines[3])
    assert opened.getvalue() == png
    release = KeyRelease.objects.get()
    assert (release.user, release.version, release.license_id) == (buyer, copy.version, held)
    assert (release.holder, release.recipient) == (buyer.custody_key.address, VersionKey.objects.get().recipient)


@pytest.mark.parametrize("opened_by", [pytest.param(opened_by_age, marks=needs_age), opened_by_typage])
def test_other_age_tools_open_the_copy_with_the_key_as_it_is_given(opened_by, held, copy, buyer, node, png, tmp_path):
    key = tmp_path / "key.txt"
    key.write_bytes(ask(buyer, held).content)
    assert opened_by(key, node.path(copy.cid), tmp_path / "opened") == png


def test_the_page_names_the_copy_and_the_commands(held, copy, buyer, settings):
    settings.IPFS_GATEWAY_URL = "https://gateway.example"
    DesignVersion.objects.update(file_name="my lamp's.glb")
    said = page(buyer, reverse("licensing:copies", args=[held]))
    assert copy.cid in said
    plain = html.unescape(said)
    name = "'my lamp'\"'\"'s.glb"
    assert f"ipfs cat {copy.cid} > {name}.age'" in plain
    assert f"curl -o {name}.age' https://gateway.example/ipfs/{copy.cid}" in plain
    assert f"age -d -i key.txt -o {name}' {name}.age'" in plain
    assert f"sha256sum {name}'" in plain
    assert copy.version.master.sha256 in plain
    assert "AGE-SECRET-KEY" not in said
    assert reverse("licensing:copies", args=[held]) in page(buyer, LIBRARY)


def test_whoever_holds_no_license_gets_no_key(held, creator, cocreator, stranger, moderator):
    for person in (creator, cocreator, stranger, moderator):
        assert "You do not hold this license." in refused(person, held)


def test_nobody_is_sent_to_sign_in_first(held):
    address = reverse("licensing:key", args=[held])
    assert ask(None, held)["Location"] == f"/accounts/login/?next={address}"
    assert signed_in(None).get(reverse("licensing:copies", args=[held])).status_code == 302


def test_a_key_is_not_given_for_following_a_link(held, buyer):
    assert signed_in(buyer).get(reverse("licensing:key", args=[held])).status_code == 405
    assert not KeyRelease.objects.exists()


def test_a_former_licensee_gets_no_key_and_the_next_one_does(held, buyer, stranger):
    sold = LicenseMovement.objects.get(license_id=held)
    LicenseMovement.objects.create(
        event=rows._event("DesignLicenses", "TransferSingle", 60),
        chain_id=sold.chain_id,
        entry_id=sold.entry_id,
        license_id=held,
        sender=buyer.custody_key.address,
        receiver=stranger.custody_key.address,
        quantity=1,
    )
    assert "You do not hold this license." in refused(buyer, held)
    assert ask(stranger, held).status_code == 200


def test_a_revoked_license_gives_no_key(held, buyer):
    LicenseRevocation.objects.create(
        event=rows._event("DesignLicenses", "LicenseRevoked", 60),
        chain_id=LicenseMovement.objects.get(license_id=held).chain_id,
        license_id=held,
        holder=buyer.custody_key.address,
        quantity=1,
        reason=ZERO_HASH,
    )
    assert "This license was revoked. It opens no download any more." in refused(buyer, held)
    assert reverse("licensing:copies", args=[held]) not in page(buyer, LIBRARY)


def test_an_expired_license_gives_no_key(held, buyer):
    LicenseExpiry.objects.create(
        event=rows._event("DesignLicenses", "LicenseIssued", 60),
        chain_id=LicenseMovement.objects.get(license_id=held).chain_id,
        license_id=held,
        expires_at=timezone.now() - timedelta(seconds=1),
    )
    assert "This license has expired. It opens no download any more." in refused(buyer, held)


def test_a_sale_that_the_chain_took_back_or_has_not_confirmed_gives_no_key(held, buyer):
    rows.chain_read_to(50, final=40)
    assert "The purchase is in a block, 1 of 2." in refused(buyer, held)
    ChainBlock.objects.filter(number=50).delete()
    assert "You do not hold this license." in refused(buyer, held)


def test_without_a_standing_copy_there_is_no_key_and_no_link(held, copy, buyer):
    PublicCopy.objects.update(state=PublicCopy.State.REMOVED)
    assert "There is no public copy of this design. Download the file itself." in refused(buyer, held)
    assert reverse("licensing:copies", args=[held]) not in text(page(buyer, LIBRARY))


def test_a_key_that_does_not_open_is_not_recorded_as_released(held, buyer, settings):
    settings.STORE_KEYS = {"other": "22" * 32}
    answer = signed_in(buyer).post(reverse("licensing:key", args=[held]), follow=True)
    assert "The key of this file cannot be used at the moment." in read(answer)
    assert not KeyRelease.objects.exists()


def test_keys_are_released_so_often_an_hour(held, buyer, settings):
    settings.KEY_RELEASES_PER_HOUR = 2
    assert [ask(buyer, held).status_code for _ in range(3)] == [200, 200, 302]
    assert KeyRelease.objects.count() == 2
    assert "That was too often. Wait 60 minutes and try again." in read(
        signed_in(buyer).post(reverse("licensing:key", args=[held]), follow=True)
    )


def test_releases_of_a_person_are_in_what_they_export(held, buyer, stranger):
    ask(buyer, held)
    (release,) = own_data(buyer)["key_releases"]
    assert (release["license"], release["holder"]) == (str(held), buyer.custody_key.address)
    assert own_data(stranger)["key_releases"] == []
