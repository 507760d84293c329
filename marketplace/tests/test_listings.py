"""What search reads is always what the other rows say, whoever changed them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.services.profile import rename
from common.identifiers import ZERO_ADDRESS, ZERO_HASH
from contracts.models import ChainBlock
from designs.models import Design
from designs.selectors import on_show
from licensing.models import Offer
from marketplace.listings import Listing, ListingPrice
from marketplace.selectors import cards_of
from marketplace.services.listings import list_what_began_or_ended
from marketplace.tests import rows
from marketplace.tests.support import event

TUSD = rows.TUSD
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]


def _everything() -> list[tuple]:
    listings = Listing.objects.order_by("pk").values_list()
    prices = ListingPrice.objects.order_by("listing", "currency").values_list(
        "listing", "currency", "price", "licenses"
    )
    return [*listings, *prices]


def _agrees() -> None:
    """The kept rows are those that listing everything anew gives, and those that cards show."""
    kept = _everything()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM marketplace_listingprice; DELETE FROM marketplace_listing")
        cursor.execute("SELECT marketplace_list(array_agg(id)) FROM designs_design")
    assert _everything() == kept
    cards = cards_of(list(on_show()))
    assert {card.design.pk for card in cards} == set(Listing.objects.values_list("pk", flat=True))
    prices = dict(ListingPrice.objects.filter(currency=rows.CURRENCY).values_list("listing", "price"))
    assert {card.design.pk: card.price_from for card in cards if card.price_from is not None} == prices


def test_a_draft_is_listed_when_it_is_anchored_and_not_before(creator: User) -> None:
    rows.chain_read_to(100)
    design = rows.draft(creator, "Estuary")
    assert not Listing.objects.exists()
    rows.anchor(design, block=20, prices={"personal": 18 * TUSD, "commercial": 9 * TUSD})
    listing = Listing.objects.get(design=design)
    assert listing.words == "estuary northlight studio lattice-lantern lattice print-ready"
    price = listing.prices.get()
    assert (price.currency, price.price, sorted(price.licenses)) == (
        rows.CURRENCY, 9 * TUSD, ["commercial", "personal"],
    )  # fmt: skip
    _agrees()


def test_titles_names_programs_and_states_reach_the_list_at_once(lantern: Design, creator: User) -> None:
    Design.objects.filter(pk=lantern.pk).update(title="Another name", tags=["vase"])
    lantern.versions.update(model_name="other-program")
    rename(user=creator, display_name="Southlight")
    assert Listing.objects.get().words == "another name southlight other-program vase"
    _agrees()
    Design.objects.filter(pk=lantern.pk).update(state=Design.State.TAKEN_DOWN)
    assert not Listing.objects.exists()
    Design.objects.filter(pk=lantern.pk).update(state=Design.State.ANCHORING)
    _agrees()


def test_an_offer_that_changes_or_closes_changes_the_price(lantern: Design) -> None:
    terms = Offer.objects.get(price=18 * TUSD).terms_hash
    entry = str(int(lantern.entry_id or "", 16))
    key = {"entryId": entry, "terms": terms, "currency": rows.CURRENCY}
    event("LicenseMarket", "OfferClosed", key, block=30)
    assert ListingPrice.objects.get().price == 96 * TUSD
    _agrees()
    changed = {"entryId": entry, "status": "2", "reason": ZERO_HASH, "by": ZERO_ADDRESS}
    event("DesignRegistry", "StatusChanged", changed, block=31)
    assert not ListingPrice.objects.exists()
    _agrees()
    event("DesignRegistry", "StatusChanged", {**changed, "status": "0"}, block=32)
    assert ListingPrice.objects.get().price == 96 * TUSD
    event("LicenseMarket", "EntryClosed", {"entryId": entry, "licenseId": "1"}, block=33)
    assert not ListingPrice.objects.exists()
    _agrees()


def test_a_reorganization_takes_listings_sales_and_prices_back(lantern: Design, buyer: User) -> None:
    rows.sale(lantern, buyer, block=50)
    assert Listing.objects.get().licensed == 1
    _agrees()
    ChainBlock.objects.filter(number__gte=50).delete()
    assert Listing.objects.get().licensed == 0
    ChainBlock.objects.filter(number__gte=20).delete()
    assert not Listing.objects.exists()
    assert not ListingPrice.objects.exists()


def test_an_offer_that_time_ended_leaves_the_list(lantern: Design) -> None:
    Offer.objects.filter(price=18 * TUSD).update(ends_at=timezone.now() - timedelta(minutes=1))
    assert ListingPrice.objects.get().price == 96 * TUSD
    # As it was a minute ago, when no row changed.
    ListingPrice.objects.update(price=18 * TUSD)
    assert list_what_began_or_ended() == 1
    assert ListingPrice.objects.get().price == 96 * TUSD
    _agrees()


def test_a_design_that_is_deleted_leaves_nothing(lantern: Design) -> None:
    for related in (lantern.contributions, lantern.first_offers):
        related.all().delete()
    lantern.delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert not Listing.objects.exists()
