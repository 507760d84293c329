"""What buyers see, in every width and color scheme."""

import pytest
from django.urls import reverse

from accounts.models import User
from common.identifiers import ZERO_ADDRESS, ZERO_HASH
from contracts.verifier import Statement
from designs.models import Asset, Design, Rendition
from licensing.models import LicenseTemplate
from marketplace.models import Order
from marketplace.tests import rows
from marketplace.tests.browser.visitor import Visitor
from marketplace.tests.support import event
from marketplace.tests.test_pages_render import order_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("recorded_deployment"),
]


def test_an_empty_house(visitor: Visitor, stranger: User) -> None:
    visitor.look("/")
    visitor.look("/search/?q=lantern")
    visitor.sign_in(stranger)
    for name in ("studio:dashboard", "licensing:library", "royalties:earnings", "accounts:notifications"):
        visitor.look(reverse(name))


def test_the_storefront(visitor: Visitor, lantern: Design, estuary: Design, stranger: User, creator: User) -> None:
    again = rows.draft(
        stranger, "Copied Lantern with a name that needs two lines", content=f"{creator.pk} Gyroid Lantern"
    )
    rows.anchor(again, block=99)
    rows.chain_read_to(100, final=50)
    terms = LicenseTemplate.objects.get(code="commercial", active=True).terms_hash
    for address in (
        "/",
        "/search/?q=lantern",
        "/search/?q=nothing+of+the+kind",
        estuary.get_absolute_url(),
        again.get_absolute_url(),
        f"{lantern.get_absolute_url()}?offer={terms}",
        reverse("licensing:terms", args=[terms]),
    ):
        visitor.look(address)
    visitor.judge_focus()


def test_what_was_stopped_contested_or_revoked(visitor: Visitor, lantern: Design, estuary: Design, buyer: User) -> None:
    order = order_for(lantern, buyer, state=Order.State.PAID)
    bought = rows.sale(lantern, buyer, block=40, ref=order.ref)
    for design, status in ((lantern, "2"), (estuary, "1")):
        entry = {"entryId": str(int(design.entry_id or "", 16)), "status": status}
        event("DesignRegistry", "StatusChanged", {**entry, "reason": ZERO_HASH, "by": ZERO_ADDRESS}, block=50)
    revoked = {"licenseId": str(bought), "holder": buyer.custody_key.address, "reason": ZERO_HASH}
    event("DesignLicenses", "LicenseRevoked", revoked, block=51)
    rows.chain_read_to(100)
    for address in ("/", lantern.get_absolute_url(), estuary.get_absolute_url()):
        visitor.look(address)
    visitor.sign_in(buyer)
    terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash
    visitor.look(reverse("marketplace:checkout", args=[estuary.public_id, terms]))
    for address in (reverse("licensing:library"), reverse("marketplace:order", args=[order.public_id])):
        visitor.look(address)
    for owner, design in ((lantern.owner, lantern), (estuary.owner, estuary)):
        visitor.sign_in(owner)
        visitor.look(reverse("studio:dashboard"))
        visitor.look(reverse("studio:design", args=[design.public_id]))


def test_the_files_of_a_license(visitor: Visitor, lantern: Design, buyer: User) -> None:
    license_id = rows.sale(lantern, buyer, block=40)
    rows.chain_read_to(100)
    version = lantern.versions.select_related("master").get()
    common = {
        "version": version,
        "master_sha256": version.master.sha256,
        "chain_id": lantern.chain_id,
        "registry": rows.REGISTRY,
        "entry_id": lantern.entry_id,
    }
    file = Asset.objects.create(sha256="ab" * 32, cid="bafy", size=48_000, media_type="model/stl")
    about = Statement("file", 31337, rows.REGISTRY.lower(), lantern.entry_id or "", version.master.sha256, "stl")
    Rendition.objects.create(
        form="stl",
        state="done",
        asset=file,
        file_name="piece.stl",
        statement=about.with_content(file.sha256).text,
        signer=rows.REGISTRY,
        **common,
    )
    Rendition.objects.create(form="3mf", state="running", percent=40, **common)
    Rendition.objects.create(form="credentials", state="failed", message="It was too much.", **common)
    visitor.sign_in(buyer)
    visitor.look(reverse("licensing:files", args=[license_id]))
    visitor.look(reverse("verify:verdict", args=[file.sha256]))


def test_a_mesh_in_its_viewer(visitor: Visitor, lantern: Design) -> None:
    visitor.go(lantern.get_absolute_url())
    # Nobody is there yet, so a megabyte stays where it is.
    assert not visitor.page.locator("[data-viewer][data-state]").count()
    visitor.page.mouse.move(200, 300)
    visitor.page.locator("[data-viewer][data-state=ready]").wait_for()
    visitor.judge()
    visitor.judge_focus()


def test_checkout_and_payment(visitor: Visitor, lantern: Design, buyer: User) -> None:
    visitor.sign_in(buyer)
    personal = LicenseTemplate.objects.get(code="personal", active=True)
    visitor.look(reverse("marketplace:checkout", args=[lantern.public_id, personal.terms_hash]))
    visitor.judge_focus()
    order = order_for(lantern, buyer)
    visitor.look(reverse("payments:test_page", args=[order.payment.public_id]))


def test_an_order_in_each_state(visitor: Visitor, lantern: Design, buyer: User) -> None:
    visitor.sign_in(buyer)
    for state in Order.State:
        order = order_for(lantern, buyer, state=state, reason="The chain refused it: the offer sold out.")
        visitor.look(reverse("marketplace:order", args=[order.public_id]))


def test_a_license_on_its_way_and_final(visitor: Visitor, lantern: Design, buyer: User, cocreator: User) -> None:
    visitor.sign_in(buyer)
    order = order_for(lantern, buyer, state=Order.State.PAID)
    rows.sale(lantern, buyer, block=50, ref=order.ref)
    rows.payout(lantern, cocreator, 1_420_000, block=60)
    for read, final in ((50, 40), (100, 100)):
        rows.chain_read_to(read, final=final)
        visitor.look(reverse("marketplace:order", args=[order.public_id]))
        visitor.look(reverse("licensing:library"))
    visitor.look(lantern.get_absolute_url())
    visitor.sign_in(cocreator)
    visitor.look(reverse("royalties:earnings"))


def test_earnings_from_derived_works_and_other_markets_and_a_payout_sent_elsewhere(
    visitor: Visitor, lantern: Design, estuary: Design, buyer: User, cocreator: User
) -> None:
    rows.sale(lantern, buyer, block=50)
    rows.swept(lantern, 2_400_000, block=52)
    rows.owes(estuary, lantern, 45 * rows.TUSD, block=54)
    rows.payout(lantern, cocreator, 3_420_000, block=60)
    rows.payout(lantern, cocreator, 480_000, block=61, to="0x" + "5A" * 20)
    visitor.sign_in(cocreator)

    visitor.look(reverse("royalties:earnings"))

    said = visitor.page.inner_text("main")
    assert "On its way from derived works" in said
    assert "royalties from elsewhere" in said
    assert "0x5A5A" in said.split("Payouts")[1]
