"""Storefront, library and earnings for the person they are for, for strangers, and in a bounded number of queries."""

import re
from collections.abc import Callable
from importlib import import_module
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from contracts.models import ChainCursor
from designs.models import Contribution, Design
from licensing.models import LicenseTemplate
from marketplace.models import Order
from marketplace.tests import rows
from marketplace.tests.pages import page, signed_in, text
from payments.services import open_intent

TUSD = rows.TUSD

pytestmark = pytest.mark.django_db


def order_for(
    design: Design, buyer: User, *, state: str = Order.State.PLACED, ref: str = "", reason: str = ""
) -> Order:
    template = LicenseTemplate.objects.get(code="personal", active=True)
    ref = ref or f"0x{uuid4().hex}{uuid4().hex}"
    return Order.objects.create(
        ref=ref,
        buyer=buyer,
        checkout_key=uuid4(),
        design=design,
        template=template,
        chain_id=design.chain_id,
        entry_id=design.entry_id,
        terms_hash=template.terms_hash,
        currency=rows.CURRENCY,
        price=18 * TUSD,
        recipient=buyer.custody_key.address,
        payment=open_intent(payer=buyer, amount=18 * TUSD, description="Lantern", return_url="/", purpose_key=ref),
        state=state,
        state_reason=reason,
    )


def test_an_empty_house_says_what_to_do_next(stranger: User) -> None:
    assert "Nothing is on show yet" in page(None, "/")
    assert "Nothing matches" in page(None, "/search/?q=lantern")
    assert "No designs yet" in page(stranger, reverse("studio:dashboard"))
    assert "No licenses yet" in page(stranger, reverse("licensing:library"))
    assert "You hold no shares yet" in page(stranger, reverse("royalties:earnings"))


def test_home_and_search_show_title_creator_price_and_mark(lantern: Design) -> None:
    for address in ("/", "/search/?q=lantern", "/search/?kind=mesh", "/search/?tag=lattice"):
        seen = text(page(None, address))
        assert "Gyroid Lantern Northlight Studio from 18.00 tUSD anchored" in seen
    assert "Gyroid Lantern" not in page(None, "/search/?kind=image")


def test_a_card_is_green_only_when_its_block_is_final(lantern: Design) -> None:
    rows.chain_read_to(20, final=10)
    seen = page(None, "/")
    assert "in a block (1 of 2)" in seen
    assert "tone-proof" not in seen


def test_a_later_claim_is_marked_and_names_the_first(lantern: Design, stranger: User, creator: User) -> None:
    again = rows.draft(stranger, "Copied Lantern", content=f"{creator.pk} Gyroid Lantern")
    rows.anchor(again, block=30)
    assert "later claim" in page(None, "/")
    html = page(None, again.get_absolute_url())
    assert "it is claim number 2 known to this registry, not the first;" in text(html)
    assert "All claims of this very file" in html
    assert "it is the first claim known to this registry;" in text(page(None, lantern.get_absolute_url()))


def test_home_takes_as_many_queries_for_24_cards_as_for_2(
    creator: User, django_assert_max_num_queries: Callable, lantern: Design
) -> None:
    client = Client()
    client.get("/")
    with django_assert_max_num_queries(10) as few:
        client.get("/")
    for number in range(25):
        rows.anchor(rows.draft(creator, f"Piece {number}"), block=40 + number)
    with django_assert_max_num_queries(10) as many:
        html = client.get("/").content.decode()
    assert html.count('<article class="card">') == 24
    assert 'rel="next"' in html
    assert len(many.captured_queries) == len(few.captured_queries)


def test_the_design_page_says_how_it_was_made_and_keeps_the_prompt(lantern: Design) -> None:
    html = page(None, lantern.get_absolute_url())
    seen = text(html)
    assert "Model or program lattice-lantern 1.0" in seen
    assert "period 1.5, thickness 0.38" in seen
    assert "withheld; its creators can prove it" in seen
    assert "a lantern for two" not in html
    assert "120.0 × 120.0 × 119.4 mm" in seen
    assert "434,000 triangles, watertight, 1 body" in seen
    assert "signed by Loomprint's custody key for them." in seen.replace("&#x27;", "'")
    assert f"python3 verify.py piece.glb --rpc http://127.0.0.1:9 --registry {rows.REGISTRY}" in html
    assert rows.REGISTRY in html
    assert "@example.org" not in html


def test_the_breakdown_of_the_chosen_offer_adds_up(lantern: Design) -> None:
    commercial = LicenseTemplate.objects.get(code="commercial", active=True)
    seen = text(page(None, f"{lantern.get_absolute_url()}?offer={commercial.terms_hash}"))
    assert "Where your 96.00 goes Northlight Studio designer, 80 % 72.96" in seen
    assert "tpms-lab tweaker, 20 % 18.24 Loomprint 5 % 4.80 Total 96.00 tUSD" in seen


def test_a_price_that_does_not_divide_says_where_the_fractions_go(creator: User, cocreator: User) -> None:
    rows.chain_read_to(100)
    third = {
        creator: (Contribution.Role.DESIGNER, 333_333),
        cocreator: (Contribution.Role.TWEAKER, 666_667),
    }
    design = rows.draft(creator, "Thirds", parts=third)
    rows.anchor(design, block=9, prices={"personal": 1_000_001})
    seen = text(page(None, design.get_absolute_url()))
    parts = (316_666, 633_334, 50_000)
    assert "Northlight Studio designer, 33.3333 % 0.316666" in seen
    assert "tpms-lab tweaker, 66.6667 % 0.633334" in seen
    assert 1_000_001 - sum(parts) == 1
    assert "Fractions, carried to the next sale 0.000001" in seen


def test_a_draft_is_a_page_for_its_people_only(creator: User, cocreator: User, stranger: User) -> None:
    design = rows.draft(
        creator,
        "Secret",
        parts={
            creator: (Contribution.Role.DESIGNER, 500_000),
            cocreator: (Contribution.Role.TWEAKER, 500_000),
        },
    )
    for person in (creator, cocreator):
        assert "Not published yet" in page(person, design.get_absolute_url())
    for person in (stranger, None):
        assert signed_in(person).get(design.get_absolute_url()).status_code == 404


def test_the_proof_strip_polls_until_the_entry_is_final(lantern: Design) -> None:
    address = reverse("marketplace:design_status", args=[lantern.public_id])
    assert "hx-get" not in page(None, address)
    rows.chain_read_to(21, final=5)
    assert 'hx-trigger="every 3s"' in page(None, address)


def test_the_polled_strip_asks_for_the_whole_page_once_offers_are_open(lantern: Design) -> None:
    address = reverse("marketplace:design_status", args=[lantern.public_id])
    assert Client().get(address + "?seen=none")["HX-Refresh"] == "true"
    assert "HX-Refresh" not in Client().get(address)


def test_checkout_shows_everything_before_money(lantern: Design, buyer: User) -> None:
    template = LicenseTemplate.objects.get(code="personal", active=True)
    address = reverse("marketplace:checkout", args=[lantern.public_id, template.terms_hash])
    html = page(buyer, address)
    assert '<input type="hidden" name="price" value="18000000">' in html
    assert re.search(r'name="checkout_key" value="[0-9a-f-]{36}"', html)
    assert "Loomprint 5 % 0.90 Total 18.00 tUSD" in text(html)
    away = Client().get(address)
    assert away.status_code == 302
    assert "login" in away["Location"]


@pytest.mark.parametrize(
    ("state", "said", "polls"),
    [
        (Order.State.PLACED, "The payment is open", True),
        (Order.State.PAID, "Your payment arrived.", True),
        (Order.State.FAILED, "The payment is on its way back to you in full.", True),
        (Order.State.REFUNDED, "The purchase failed; your payment was returned in full", False),
        (Order.State.CANCELED, "This order was canceled", False),
    ],
)
def test_an_order_says_where_it_stands(
    lantern: Design, buyer: User, stranger: User, state: str, said: str, polls: bool
) -> None:
    order = order_for(lantern, buyer, state=state, reason="The chain refused it.")
    for name in ("order", "order_status"):
        address = reverse(f"marketplace:{name}", args=[order.public_id])
        html = page(buyer, address)
        assert said in text(html)
        assert ("hx-get" in html) is polls
        assert signed_in(stranger).get(address).status_code == 404
        assert signed_in(None).get(address).status_code == 302


def test_an_order_is_licensed_by_the_chain_alone(lantern: Design, buyer: User) -> None:
    order = order_for(lantern, buyer, state=Order.State.PAID)
    address = reverse("marketplace:order", args=[order.public_id])
    assert "The license is yours" not in page(buyer, address)
    rows.sale(lantern, buyer, block=50, ref=order.ref)
    assert "The license is yours" in page(buyer, address)


def test_the_library_opens_the_download_at_enough_confirmations(lantern: Design, buyer: User) -> None:
    license_id = rows.sale(lantern, buyer, block=50)
    rows.chain_read_to(50, final=40)
    address = reverse("licensing:library")
    waiting = page(buyer, address)
    assert "in a block (1 of 2)" in waiting
    start = reverse("licensing:start_download", args=[license_id])
    assert start not in waiting
    rows.chain_read_to(51, final=40)
    assert f'action="{start}"' in page(buyer, address)


def test_a_holder_sees_the_license_on_the_design_page(lantern: Design, buyer: User) -> None:
    rows.sale(lantern, buyer, block=50)
    said = "You hold a Personal license for this design."
    assert said in page(buyer, lantern.get_absolute_url())
    assert said not in page(None, lantern.get_absolute_url())


def test_terms_are_readable_and_name_their_hash(lantern: Design) -> None:
    template = LicenseTemplate.objects.get(code="personal", active=True)
    html = page(None, reverse("licensing:terms", args=[template.terms_hash]))
    assert "Sample, not reviewed by a lawyer" in html
    assert '<li value="1"><strong>Grant.</strong>' in html
    assert template.terms_hash in html
    assert reverse("licensing:terms_document", args=[template.terms_hash]) in html


def test_earnings_explain_every_unit(lantern: Design, cocreator: User, buyer: User) -> None:
    rows.sale(lantern, buyer, block=50)
    rows.payout(lantern, cocreator, 1_420_000, block=60)
    seen = text(page(cocreator, reverse("royalties:earnings")))
    assert "Credited 3.42 tUSD Paid out 1.42 tUSD Waiting 2.00 tUSD" in seen
    assert "Gyroid Lantern 20 % 3.42 1.42 2.00" in seen
    assert "18.00 17.10 20 % 3.42" in seen
    assert signed_in(None).get(reverse("royalties:earnings")).status_code == 302


def test_pages_read_while_nothing_was_ever_read_from_the_chain(lantern: Design, buyer: User) -> None:
    rows.sale(lantern, buyer, block=50)
    ChainCursor.objects.all().delete()
    for address in ("/", lantern.get_absolute_url(), reverse("licensing:library")):
        assert "The chain does not answer" in page(buyer, address)


def test_claims_that_are_not_listed_are_counted(
    lantern: Design, creator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # By its path a name is looked for in the package first, where the function of this name is.
    monkeypatch.setattr(import_module("marketplace.selectors.design_page"), "AT_MOST", 2)
    for number in range(4):
        copy = rows.draft(rows.person(f"Claimant {number}"), f"Copy {number}", content=f"{creator.pk} Gyroid Lantern")
        rows.anchor(copy, block=40 + number)

    first, last = page(None, lantern.get_absolute_url()), page(None, copy.get_absolute_url())

    assert "3 more claims are not listed." in first
    assert "All claims of this very file" not in first
    assert "2 more claims are not listed." in last
    assert "5 · this design" in text(last)
