"""A master leaves by a link that is its holder's alone and ends; what everybody else meets instead."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from common.identifiers import ZERO_ADDRESS
from contracts.models import ChainBlock
from designs.models import Design
from designs.storage import master_store
from licensing.models import DownloadGrant, LicenseMovement
from marketplace.tests import rows
from marketplace.tests.pages import signed_in
from studio.tests.pages import read

pytestmark = pytest.mark.django_db

LIBRARY = "/library/"
GONE = "You do not hold this license any more."


def start(user: User | None, license_id: int) -> Any:
    return signed_in(user).post(reverse("licensing:start_download", args=[license_id]))


def told(user: User, license_id: int) -> str:
    """What a person reads who asks for this download and gets none."""
    answer = signed_in(user).post(reverse("licensing:start_download", args=[license_id]), follow=True)
    assert answer.request["PATH_INFO"] == LIBRARY
    return read(answer)


def link_of(grant: DownloadGrant) -> str:
    return reverse("licensing:fetch", args=[grant.public_id])


def passed_on(license_id: int, sender: User, receiver: User, *, block: int, quantity: int = 1) -> None:
    sold = LicenseMovement.objects.filter(license_id=license_id).earliest("pk")
    LicenseMovement.objects.create(
        event=rows._event("DesignLicenses", "TransferSingle", block),
        chain_id=sold.chain_id,
        entry_id=sold.entry_id,
        license_id=license_id,
        sender=sender.custody_key.address,
        receiver=receiver.custody_key.address,
        quantity=quantity,
    )


@pytest.fixture
def held(lamp: Design, buyer: User) -> int:
    """The id of a license that the buyer holds."""
    return rows.sale(lamp, buyer, block=50)


@pytest.fixture
def grant(held: int, buyer: User) -> DownloadGrant:
    answer = start(buyer, held)
    found = DownloadGrant.objects.get()
    assert answer["Location"] == link_of(found)
    return found


def test_the_holder_gets_the_very_file_under_its_name(grant: DownloadGrant, buyer: User, png: bytes) -> None:
    answer = signed_in(buyer).get(link_of(grant))

    assert b"".join(answer.streaming_content) == png
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"] == 'attachment; filename="piece.png"'
    assert answer["Content-Length"] == str(len(png))
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["X-Content-Type-Options"] == "nosniff"
    grant.refresh_from_db()
    assert grant.fetched_at is not None
    assert grant.holder == buyer.custody_key.address


def test_a_damaged_master_is_not_given_and_does_not_count_as_fetched(grant: DownloadGrant, buyer: User) -> None:
    path = master_store().path(grant.version.master.sha256)
    path.write_bytes(b"x" + path.read_bytes()[1:])

    answer = signed_in(buyer).get(link_of(grant), follow=True)

    assert answer.redirect_chain[0][0] == LIBRARY
    assert "The stored file is damaged and is not handed out." in read(answer)
    grant.refresh_from_db()
    assert grant.fetched_at is None


def test_a_link_lasts_as_long_as_the_setting_says(settings: Any, held: int, buyer: User) -> None:
    settings.DOWNLOAD_LINK_SECONDS = 120
    before = timezone.now()

    start(buyer, held)

    lasts = DownloadGrant.objects.get().expires_at - before
    assert timedelta(seconds=119) < lasts < timedelta(seconds=125)


def test_an_expired_link_says_so_and_gives_nothing(grant: DownloadGrant, buyer: User) -> None:
    DownloadGrant.objects.update(expires_at=timezone.now())

    answer = signed_in(buyer).get(link_of(grant), follow=True)

    assert answer.request["PATH_INFO"] == LIBRARY
    assert "This link has expired. Open the design in your library for a new one." in read(answer)
    grant.refresh_from_db()
    assert grant.fetched_at is None


def test_a_link_works_for_the_person_that_it_was_given_to_and_nobody_else(
    grant: DownloadGrant, creator: User, stranger: User, moderator: User
) -> None:
    for person in (creator, stranger, moderator):
        assert signed_in(person).get(link_of(grant)).status_code == 404
    away = signed_in(None).get(link_of(grant))
    assert away["Location"] == f"/accounts/login/?next={link_of(grant)}"
    grant.refresh_from_db()
    assert grant.fetched_at is None


def test_another_holder_of_the_same_license_needs_a_link_of_their_own(
    lamp: Design, grant: DownloadGrant, stranger: User
) -> None:
    license_id = rows.sale(lamp, stranger, block=60)
    assert license_id == grant.license_id

    assert signed_in(stranger).get(link_of(grant)).status_code == 404
    assert start(stranger, license_id).status_code == 302
    assert DownloadGrant.objects.get(user=stranger).holder == stranger.custody_key.address


@pytest.mark.parametrize("who", ["creator", "stranger", "moderator"])
def test_a_license_of_someone_else_opens_no_download(request: Any, held: int, who: str) -> None:
    assert "You do not hold this license." in told(request.getfixturevalue(who), held)
    assert not DownloadGrant.objects.exists()


def test_nobody_is_sent_to_sign_in_first(held: int) -> None:
    address = reverse("licensing:start_download", args=[held])
    assert start(None, held)["Location"] == f"/accounts/login/?next={address}"
    assert not DownloadGrant.objects.exists()


def test_a_download_is_not_started_by_following_a_link(held: int, buyer: User) -> None:
    assert signed_in(buyer).get(reverse("licensing:start_download", args=[held])).status_code == 405
    assert not DownloadGrant.objects.exists()


@pytest.mark.parametrize(("head", "opens"), [(50, False), (51, True), (80, True)])
def test_a_download_opens_at_the_confirmations(held: int, buyer: User, head: int, opens: bool) -> None:
    rows.chain_read_to(head, final=40)

    if opens:
        assert start(buyer, held)["Location"] == link_of(DownloadGrant.objects.get())
    else:
        assert "The purchase is in a block, 1 of 2. The download opens by itself in a moment." in told(buyer, held)
        assert not DownloadGrant.objects.exists()


def test_a_link_stops_working_when_the_license_is_passed_on(grant: DownloadGrant, buyer: User, stranger: User) -> None:
    passed_on(grant.license_id, buyer, stranger, block=60)

    answer = signed_in(buyer).get(link_of(grant), follow=True)

    assert GONE in read(answer)
    assert "You do not hold this license." in told(buyer, grant.license_id)
    assert start(stranger, grant.license_id).status_code == 302


def test_of_two_licenses_one_may_be_passed_on(lamp: Design, grant: DownloadGrant, buyer: User, stranger: User) -> None:
    rows.sale(lamp, buyer, block=55)
    passed_on(grant.license_id, buyer, stranger, block=60)

    assert signed_in(buyer).get(link_of(grant)).status_code == 200


def test_a_link_stops_working_when_the_chain_takes_the_sale_back(grant: DownloadGrant, buyer: User) -> None:
    ChainBlock.objects.filter(number=50).delete()

    assert GONE in read(signed_in(buyer).get(link_of(grant), follow=True))
    assert DownloadGrant.objects.get().fetched_at is None


def test_a_license_that_was_never_made_by_the_chain_opens_nothing(lamp: Design, buyer: User) -> None:
    from common.identifiers import license_id_of
    from licensing.models import LicenseTemplate

    terms = LicenseTemplate.objects.get(code="personal").terms_hash
    wished = license_id_of(entry_id=lamp.entry_id or "", terms_hash=terms)

    assert "You do not hold this license." in told(buyer, wished)
    assert ZERO_ADDRESS not in set(LicenseMovement.objects.values_list("receiver", flat=True))
