"""My library: what each person holds by the chain alone, in every state that a license can have."""

from collections.abc import Callable

import pytest
from django.urls import reverse

from accounts.models import User, Wallet
from common.identifiers import ZERO_ADDRESS
from contracts.models import ChainBlock
from designs.models import Design
from licensing.models import LicenseMovement
from licensing.selectors import held_entries, licenses_of, offers_of, shelf_of
from licensing.tests.test_downloads import passed_on
from marketplace.tests import rows
from marketplace.tests.pages import page, signed_in, text
from marketplace.tests.support import event

pytestmark = pytest.mark.django_db

LIBRARY = "/library/"


def shelf(user: User) -> str:
    return text(page(user, LIBRARY))


def test_an_empty_library_says_what_to_do(lamp: Design, buyer: User) -> None:
    assert "No licenses yet What you buy lands here as soon as the chain has it" in shelf(buyer)


def test_nobody_is_sent_to_sign_in() -> None:
    assert signed_in(None).get(LIBRARY)["Location"] == f"/accounts/login/?next={LIBRARY}"


def test_a_license_is_on_its_holders_shelf_alone(lamp: Design, creator: User, buyer: User, stranger: User) -> None:
    rows.sale(lamp, buyer, block=50)

    assert "Gyroid Lantern Personal license · by Northlight Studio held on chain Download" in shelf(buyer)
    for person in (creator, stranger):
        assert "No licenses yet" in shelf(person)


def test_a_license_that_is_not_deep_enough_waits_and_says_how_long(lamp: Design, buyer: User) -> None:
    license_id = rows.sale(lamp, buyer, block=50)
    rows.chain_read_to(50, final=40)

    seen = page(buyer, LIBRARY)

    assert "in a block (1 of 2) The download opens soon; reload to see." in text(seen)
    assert reverse("licensing:start_download", args=[license_id]) not in seen


def test_two_purchases_of_one_license_are_two_copies(lamp: Design, buyer: User) -> None:
    rows.sale(lamp, buyer, block=50)
    rows.sale(lamp, buyer, block=51)

    assert "Personal license , 2 copies" in shelf(buyer)
    assert [held.quantity for held in licenses_of(user=buyer)] == [2]


def test_two_kinds_of_license_stand_apart_newest_first(creator: User, buyer: User) -> None:
    rows.chain_read_to(100)
    design = rows.draft(creator, "Twisted Vessel")
    rows.anchor(design, block=20, prices={"personal": 18 * rows.TUSD, "commercial": 96 * rows.TUSD})
    rows.sale(design, buyer, block=50, code="personal")
    rows.sale(design, buyer, block=60, code="commercial")

    assert [held.template.code for held in licenses_of(user=buyer) if held.template] == ["commercial", "personal"]


def test_a_license_passed_on_changes_the_shelf(lamp: Design, buyer: User, stranger: User) -> None:
    license_id = rows.sale(lamp, buyer, block=50)
    passed_on(license_id, buyer, stranger, block=60)

    assert "No licenses yet" in shelf(buyer)
    assert "Gyroid Lantern Personal license" in shelf(stranger)
    assert held_entries(user=stranger, entry_ids=[lamp.entry_id or ""]) == {lamp.entry_id}
    assert held_entries(user=buyer, entry_ids=[lamp.entry_id or ""]) == set()


def test_a_license_burned_is_gone(lamp: Design, buyer: User) -> None:
    license_id = rows.sale(lamp, buyer, block=50)
    sold = LicenseMovement.objects.get()
    LicenseMovement.objects.create(
        event=rows._event("DesignLicenses", "TransferSingle", 60),
        chain_id=sold.chain_id,
        entry_id=sold.entry_id,
        license_id=license_id,
        sender=buyer.custody_key.address,
        receiver=ZERO_ADDRESS,
        quantity=1,
    )

    assert "No licenses yet" in shelf(buyer)


def test_a_sale_that_the_chain_takes_back_leaves_the_shelf(lamp: Design, buyer: User) -> None:
    rows.sale(lamp, buyer, block=50)
    ChainBlock.objects.filter(number=50).delete()

    assert "No licenses yet" in shelf(buyer)


def test_what_was_bought_stays_when_the_design_is_taken_down(lamp: Design, buyer: User) -> None:
    rows.sale(lamp, buyer, block=50)
    Design.objects.filter(pk=lamp.pk).update(state=Design.State.TAKEN_DOWN)

    assert "held on chain Download" in shelf(buyer)


def test_several_licenses_moved_by_one_event_arrive_together(lamp: Design, buyer: User, stranger: User) -> None:
    license_id = rows.sale(lamp, buyer, block=50)
    rows.sale(lamp, buyer, block=51)
    moved = {
        "operator": ZERO_ADDRESS,
        "from": buyer.custody_key.address,
        "to": stranger.custody_key.address,
        "ids": [str(license_id), str(license_id)],
        "values": ["1", "1"],
    }
    event("DesignLicenses", "TransferBatch", moved, block=60)

    assert licenses_of(user=buyer) == []
    assert [held.quantity for held in licenses_of(user=stranger)] == [2]


def test_offers_count_down_to_sold_out(lamp: Design, buyer: User) -> None:
    from licensing.models import Offer

    Offer.objects.update(supply=2)
    where = {"chain_id": lamp.chain_id or 0, "entry_id": lamp.entry_id or ""}
    seen = []
    for number in range(3):
        (offer,) = offers_of(**where)
        seen.append((offer.left, offer.sold_out))
        if number < 2:
            rows.sale(lamp, buyer, block=50 + number)

    assert seen == [(2, False), (1, False), (0, True)]
    assert "This license is sold out" in page(None, lamp.get_absolute_url())


def test_licenses_of_linked_wallets_are_on_the_shelf_and_leave_with_the_wallet(
    lamp: Design, buyer: User, stranger: User
) -> None:
    wallet = Wallet.objects.create(user=buyer, address="0x" + "Ab" * 20, kind="eoa")
    license_id = rows.sale(lamp, stranger, block=50)
    sold = LicenseMovement.objects.get(license_id=license_id)
    LicenseMovement.objects.create(
        event=rows._event("DesignLicenses", "TransferSingle", 52),
        chain_id=sold.chain_id,
        entry_id=sold.entry_id,
        license_id=license_id,
        sender=stranger.custody_key.address,
        receiver=wallet.address,
        quantity=1,
    )

    assert "Gyroid Lantern" in shelf(buyer)
    assert "No licenses yet" in shelf(stranger)
    assert licenses_of(user=buyer)[0].holder == wallet.address
    grant = signed_in(buyer).post(reverse("licensing:start_download", args=[license_id]))
    assert "/library/files/" in grant["Location"]
    wallet.delete()
    assert "No licenses yet" in shelf(buyer)
    assert signed_in(buyer).get(grant["Location"])["Location"] == LIBRARY


def test_the_shelf_is_walked_by_keys_and_searched(creator: User, buyer: User) -> None:
    rows.chain_read_to(200)
    for number in range(7):
        design = rows.draft(creator, f"Piece {number}")
        rows.anchor(design, block=20)
        rows.sale(design, buyer, block=50 + number // 3)
    whole = [one.license_id for one in licenses_of(user=buyer)]
    seen: list[int] = []
    after = ""
    while True:
        found = shelf_of(user=buyer, after=after, limit=2)
        seen += [one.license_id for one in found.licenses]
        if found.following is None:
            break
        after = found.following
    assert seen == whole
    assert len(whole) == 7
    assert [one.design.title for one in shelf_of(user=buyer, query="piece 4").licenses] == ["Piece 4"]
    assert "Nothing here matches" in text(page(buyer, f"{LIBRARY}?q=nothing"))
    for odd in ("x", "1.x", "9" * 80, "%27"):
        assert "Piece 6" in page(buyer, f"{LIBRARY}?after={odd}")


def test_the_shelf_costs_the_same_for_one_license_and_for_many(
    lamp: Design, creator: User, buyer: User, django_assert_max_num_queries: Callable
) -> None:
    rows.sale(lamp, buyer, block=50)
    client = signed_in(buyer)
    client.get(LIBRARY)
    with django_assert_max_num_queries(22) as few:
        client.get(LIBRARY)
    for number in range(6):
        design = rows.draft(creator, f"Piece {number}")
        rows.anchor(design, block=20)
        rows.sale(design, buyer, block=51)
    with django_assert_max_num_queries(22) as many:
        client.get(LIBRARY)
    assert len(many.captured_queries) == len(few.captured_queries)
