"""What moderators, creators and the market do to an entry on chain: pages say it, and nothing of it is sold."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from common.identifiers import ZERO_ADDRESS, ZERO_HASH, entry_id_hex
from common.testing import addresses
from contracts.models import ChainBlock
from designs.models import Design
from licensing.models import LicenseTemplate
from licensing.selectors import OfferOnShow, licenses_of, offers_of
from licensing.services.downloads import DownloadRefused, grant_download
from marketplace.models import Order
from marketplace.services.checkout import CheckoutRefused, place_order
from marketplace.tests.pages import page, signed_in, text
from marketplace.tests.support import PERSONAL_PRICE, block_at, event, head_at, offered, published, sold
from royalties.selectors import breakdown, fee_ppm

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

HERE = 31337
SUSPENDED, WITHDRAWN, ACTIVE, CONTESTED = 2, 3, 0, 1


@pytest.fixture
def design(creator: User, png: bytes) -> Design:
    return published(creator, png)


@pytest.fixture
def wanted(design: Design) -> OfferOnShow:
    return offers(design)[0]


def offers(design: Design) -> list[OfferOnShow]:
    return offers_of(chain_id=HERE, entry_id=design.entry_id or "")


def entry(design: Design) -> int:
    return int(design.entry_id or "", 16)


def personal() -> str:
    return LicenseTemplate.objects.get(code="personal", active=True).terms_hash


def set_status(design: Design, status: int, *, block: int) -> None:
    args = {"entryId": str(entry(design)), "status": str(status), "reason": ZERO_HASH, "by": ZERO_ADDRESS}
    event("DesignRegistry", "StatusChanged", args, block=block)


def order(buyer: User, design: Design, wanted: OfferOnShow) -> Order:
    return place_order(
        buyer=buyer, design=design, wanted=wanted, price_seen=wanted.offer.price, checkout_key=uuid.uuid4()
    )


def assert_not_sold(design: Design, buyer: User, wanted: OfferOnShow, title: str) -> None:
    seen = text(page(None, design.get_absolute_url()))
    assert title in seen
    assert "License for" not in seen
    assert "Published and anchored" not in text(page(design.owner, f"/studio/designs/{design.public_id}/"))
    answer = signed_in(buyer).get(f"/d/{design.public_id}/buy/{wanted.offer.terms_hash}/")
    assert answer["Location"] == design.get_absolute_url()
    with pytest.raises(CheckoutRefused, match=title):
        order(buyer, design, wanted)
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("status", "word", "title"),
    [(SUSPENDED, "suspended", "Not for sale: suspended"), (WITHDRAWN, "withdrawn", "Not for sale: withdrawn")],
)
def test_a_stopped_entry_is_shown_and_not_sold(
    design: Design, wanted: OfferOnShow, buyer: User, status: int, word: str, title: str
) -> None:
    set_status(design, status, block=20)

    assert_not_sold(design, buyer, wanted, title)
    home = text(page(None, "/"))
    assert "Gyroid Lantern Northlight Studio not for sale" in home
    assert word in home.split("not for sale")[1]
    studio = page(design.owner, f"/studio/designs/{design.public_id}/")
    assert f"Gyroid Lantern {word.capitalize()} Not for sale" in text(studio)
    assert f"{word.capitalize()} " in text(page(design.owner, "/studio/"))
    for html in (page(None, design.get_absolute_url()), studio):
        assert ('class="notice notice-broken"' in html) == (status == SUSPENDED)
    listed = signed_in(None).get("/api/v1/designs/").json()["results"][0]
    assert (listed["entry_status"], listed["price_from"]) == (word, None)
    detail = signed_in(None).get(f"/api/v1/designs/{design.public_id}/").json()
    assert (detail["entry_status"], detail["offers"]) == (word, [])
    sha256 = design.versions.get().master.sha256
    assert signed_in(None).get(f"/api/v1/verify/{sha256}/").json()["claims"][0]["entry_status"] == word


def test_the_newest_status_holds_and_a_reorganization_takes_it_back(design: Design) -> None:
    set_status(design, SUSPENDED, block=20)
    set_status(design, ACTIVE, block=21)
    assert "License for" in text(page(None, design.get_absolute_url()))

    ChainBlock.objects.filter(number=21).delete()

    assert "Not for sale: suspended" in text(page(None, design.get_absolute_url()))


def test_a_contested_entry_is_sold_and_says_so_before_money_is_spent(
    design: Design, wanted: OfferOnShow, buyer: User
) -> None:
    set_status(design, CONTESTED, block=20)

    seen = text(page(None, design.get_absolute_url()))

    assert "contested by another claim" in seen
    assert "License for" in seen
    assert "This claim is contested" in seen
    assert "contested" in text(page(None, "/"))
    assert "Published, contested" in text(page(design.owner, "/studio/"))
    checkout = text(page(buyer, f"/d/{design.public_id}/buy/{wanted.offer.terms_hash}/"))
    assert checkout.index("This claim is contested") < checkout.index("Pay 18.00 tUSD")


def test_an_exclusive_license_closes_the_entry(design: Design, wanted: OfferOnShow, buyer: User) -> None:
    event("LicenseMarket", "EntryClosed", {"entryId": str(entry(design)), "licenseId": "1"}, block=20)

    assert_not_sold(design, buyer, wanted, "Not for sale any more")


def test_a_paused_market_sells_nothing_until_it_goes_on(design: Design, wanted: OfferOnShow, buyer: User) -> None:
    event("LicenseMarket", "Paused", {"account": ZERO_ADDRESS}, block=20)
    assert_not_sold(design, buyer, wanted, "Sales are paused")

    event("LicenseMarket", "Unpaused", {"account": ZERO_ADDRESS}, block=21)

    assert order(buyer, design, wanted).state == Order.State.PLACED


def test_a_closed_currency_sells_nothing_until_it_opens(design: Design, wanted: OfferOnShow, buyer: User) -> None:
    tusd = addresses()["TestStablecoin"]
    event("DesignShares", "CurrencyClosed", {"currency": ZERO_ADDRESS, "closed": True}, block=19)
    assert "License for" in text(page(None, design.get_absolute_url()))
    event("DesignShares", "CurrencyClosed", {"currency": tusd, "closed": True}, block=20)
    assert_not_sold(design, buyer, wanted, "Sales are paused")

    event("DesignShares", "CurrencyClosed", {"currency": tusd, "closed": False}, block=21)

    assert "License for" in text(page(None, design.get_absolute_url()))


def test_an_offer_changes_closes_and_opens_again(design: Design, buyer: User) -> None:
    key = {"entryId": str(entry(design)), "terms": personal(), "currency": addresses()["TestStablecoin"]}
    sold(design, to=buyer.custody_key.address, block=18)
    offered(entry(design), personal(), block=20, price=21_000_000, supply=3)
    assert [(one.offer.price, one.left) for one in offers(design)] == [(21_000_000, 2)]
    assert "from 21.00 tUSD" in text(page(None, "/"))
    studio = f"/studio/designs/{design.public_id}/"
    assert "It is on sale." in text(page(design.owner, studio))
    assert "Licenses and prices Personal 21.00 tUSD People" in text(page(design.owner, studio))

    event("LicenseMarket", "OfferClosed", key, block=21)
    assert offers(design) == []
    assert "Nothing is on offer" in text(page(None, design.get_absolute_url()))
    assert "not for sale" in text(page(None, "/"))
    assert "No license of it is on offer at the moment." in text(page(design.owner, studio))
    assert "Licenses and prices None is on offer." in text(page(design.owner, studio))
    assert "on sale" not in text(page(design.owner, studio))

    offered(entry(design), personal(), block=22, price=5_000_000)
    assert [one.offer.price for one in offers(design)] == [5_000_000]
    ChainBlock.objects.filter(number__gte=21).delete()
    assert [one.offer.price for one in offers(design)] == [21_000_000]


def test_offers_that_are_not_for_everyone_in_our_currency_now_are_not_sold_here(design: Design) -> None:
    later, earlier = timezone.now() + timedelta(hours=1), timezone.now() - timedelta(hours=1)
    commercial = LicenseTemplate.objects.get(code="commercial", active=True).terms_hash
    gate = {"kind": "1", "token": ZERO_ADDRESS, "id": "0", "minimum": "1"}
    for number, more in enumerate(
        (
            {"startsAt": str(int(later.timestamp()))},
            {"endsAt": str(int(earlier.timestamp()))},
            {"allowRoot": "0x" + "1" * 64},
            {"gate": gate},
            {"currency": ZERO_ADDRESS},
        )
    ):
        offered(entry(design), commercial, block=20 + number, price=1, **more)
        assert [one.offer.price for one in offers(design)] == [PERSONAL_PRICE], more

    times = {"startsAt": str(int(earlier.timestamp())), "endsAt": str(2**40 - 1)}
    offered(entry(design), commercial, block=30, price=2, **times)
    assert [one.offer.price for one in offers(design)] == [2, PERSONAL_PRICE]


def test_a_revoked_license_opens_no_download(design: Design, buyer: User, stranger: User) -> None:
    license_id = sold(design, to=buyer.custody_key.address, block=10)
    sold(design, to=stranger.custody_key.address, block=11)
    grant_download(user=buyer, license_id=license_id)
    args = {"licenseId": str(license_id), "holder": buyer.custody_key.address, "reason": ZERO_HASH}

    event("DesignLicenses", "LicenseRevoked", args, block=12)

    with pytest.raises(DownloadRefused, match="revoked"):
        grant_download(user=buyer, license_id=license_id)
    seen = text(page(buyer, "/library/"))
    assert "revoked It opens no download any more." in seen
    assert "You hold a" not in text(page(buyer, design.get_absolute_url()))
    assert licenses_of(user=stranger)[0].download_open
    sold(design, to=buyer.custody_key.address, block=13)
    assert [(one.quantity, one.ended) for one in licenses_of(user=buyer)] == [(1, "")]
    ChainBlock.objects.filter(number=13).delete()
    assert [(one.quantity, one.ended) for one in licenses_of(user=buyer)] == [(1, "revoked")]
    ChainBlock.objects.filter(number=12).delete()
    assert licenses_of(user=buyer)[0].download_open


def test_the_order_of_a_license_that_was_revoked_says_so(design: Design, wanted: OfferOnShow, buyer: User) -> None:
    placed = order(buyer, design, wanted)
    license_id = sold(design, to=buyer.custody_key.address, block=10, ref=placed.ref)
    address = f"/orders/{placed.public_id}/"
    assert "The license is yours" in text(page(buyer, address))

    args = {"licenseId": str(license_id), "holder": buyer.custody_key.address, "reason": ZERO_HASH}
    event("DesignLicenses", "LicenseRevoked", args, block=12)

    seen = text(page(buyer, address))
    assert "This license was revoked It gives no rights any more and opens no download." in seen
    assert "is yours" not in seen
    assert "Yours" not in seen


def test_a_license_that_has_expired_opens_no_download_until_it_is_renewed(design: Design, buyer: User) -> None:
    license_id = sold(design, to=buyer.custody_key.address, block=10)
    past, future = (int((timezone.now() + timedelta(days=days)).timestamp()) for days in (-1, 1))
    issue = {"expiresAt": str(past), "unitsReported": "0", "unitPrice": "0", "currencyIndex": "0", "version": "1"}
    event("DesignLicenses", "LicenseIssued", {"licenseId": str(license_id), "issue": issue}, block=10)
    with pytest.raises(DownloadRefused, match="expired"):
        grant_download(user=buyer, license_id=license_id)
    assert "expired on" in text(page(buyer, "/library/"))
    assert "You hold a Personal license" not in text(page(buyer, design.get_absolute_url()))

    extended = {"tokenId": str(license_id), "expiration": str(future)}
    event("DesignLicenses", "SubscriptionUpdate", extended, block=11)

    assert grant_download(user=buyer, license_id=license_id).license_id == license_id


def test_a_fee_that_changes_holds_from_its_time_on(design: Design) -> None:
    def scheduled(ppm: int, at: Any, *, block: int) -> None:
        event(
            "DesignShares", "FeeScheduled", {"feePpm": str(ppm), "effectiveAt": str(int(at.timestamp()))}, block=block
        )

    now = timezone.now()
    scheduled(20_000, now + timedelta(days=14), block=20)
    assert fee_ppm(chain_id=HERE) == 50_000
    assert fee_ppm(chain_id=HERE, at=now + timedelta(days=15)) == 20_000
    ChainBlock.objects.filter(number=20).update(timestamp=now - timedelta(days=20))
    ChainBlock.objects.filter(number=20).get().events.update(
        args={"feePpm": "20000", "effectiveAt": str(int((now - timedelta(days=6)).timestamp()))}
    )
    assert fee_ppm(chain_id=HERE) == 20_000

    scheduled(80_000, now + timedelta(days=14), block=21)
    assert fee_ppm(chain_id=HERE) == 20_000
    assert fee_ppm(chain_id=HERE, at=now - timedelta(days=10)) == 50_000
    assert breakdown(chain_id=HERE, entry_id=design.entry_id or "", price=1_000_000).fee == 20_000
    assert "Loomprint 2 % 0.36" in text(page(None, design.get_absolute_url()))


def test_what_ancestors_get_stands_in_the_breakdown_and_in_the_strip(design: Design) -> None:
    line = {"entryId": "1", "ppm": "100000", "bindingPpm": "0", "direct": True}
    grandparent = {"entryId": "2", "ppm": "50000", "bindingPpm": "50000", "direct": False}
    table = {"entryId": str(entry(design)), "ancestors": [line, grandparent]}
    event("DesignRegistry", "AncestorsFixed", table, block=5)

    parts = breakdown(chain_id=HERE, entry_id=design.entry_id or "", price=18_000_000)

    assert (parts.fee, parts.ancestors, parts.slices[0].amount) == (900_000, 2_565_000, 14_535_000)
    seen = text(page(None, design.get_absolute_url()))
    assert "Works it derives from 15 % 2.565 Total" in seen
    assert "Lineage 2 ancestors" in seen


def test_a_later_version_of_an_entry_is_known_by_its_hash(design: Design) -> None:
    args = {"entryId": str(entry(design)), "outputHash": "0x" + "7" * 64, "number": "2", "recordRoot": "0x" + "8" * 64}
    event("DesignRegistry", "VersionAdded", args, block=20)

    found = signed_in(None).get(f"/api/v1/verify/{'7' * 64}/").json()

    assert (found["known"], found["claims"]) == (True, [])
    assert [(one["entry_id"], one["number"]) for one in found["versions"]] == [(entry_id_hex(entry(design)), 2)]
    assert "It is the first version of the entry; 1 later one was added on chain." in text(
        page(None, design.get_absolute_url())
    )


def test_a_claim_that_was_committed_earlier_comes_first_although_it_was_registered_later(
    design: Design, stranger: User, png: bytes, django_assert_max_num_queries: Any
) -> None:
    from marketplace.tests.support import anchored, submitted
    from moderation.models import Review
    from moderation.services import decide
    from studio.services import publishing

    other, publication = submitted(stranger, png, title="Earlier lantern")
    decide(moderator=stranger, review=Review.objects.get(digest=publication.digest), approve=True, reason="Ok.")
    publishing.sweep_publications()
    claimed_at = int(block_at(5).timestamp.timestamp()) - 100
    anchored(publication, block=20, claimed_at=claimed_at)
    head_at(40)

    assert "it is the first claim known to this registry;" in text(page(None, other.get_absolute_url()))
    assert "it is claim number 2 known to this registry, not the first;" in text(page(None, design.get_absolute_url()))
    claims = signed_in(None).get(f"/api/v1/verify/{design.versions.get().master.sha256}/").json()["claims"]
    assert [(claim["creator"], claim["claim_order"]) for claim in claims] == [
        (stranger.custody_key.address, 1),
        (design.owner.custody_key.address, 2),
    ]
    cards = {one["title"]: one["claim_order"] for one in signed_in(None).get("/api/v1/designs/").json()["results"]}
    assert cards == {"Earlier lantern": 1, "Gyroid Lantern": 2}


def test_a_design_that_is_being_taken_down_offers_nothing_before_the_chain_has_it(
    design: Design, wanted: OfferOnShow, creator: User
) -> None:
    Design.objects.filter(pk=design.pk).update(state=Design.State.TAKEN_DOWN)

    seen = page(creator, design.get_absolute_url())

    assert "Not for sale: taken down" in text(seen)
    assert 'id="license-button"' not in seen
