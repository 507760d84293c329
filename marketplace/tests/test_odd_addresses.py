"""Addresses that nobody types: each is answered, and none by an error of ours."""

from urllib.parse import quote

import pytest
from django.urls import reverse

from accounts.models import User
from common.paging import key_of
from designs.models import Design
from marketplace.tests.pages import page, signed_in

pytestmark = pytest.mark.django_db

ODD_NUMBERS = ["²", "٣", "9" * 18, "9" * 40, "9" * 5000, "-1", "1.5", "x", ""]


@pytest.mark.parametrize(
    "address",
    [
        "/?after=%00",
        "/search/?q=%00",
        "/search/?tag=a%00b",
        "/library/terms/%00/",
        "/library/terms/%00/document.json",
        "/studio/?before=%00",
        "/api/v1/designs/?q=a%00b",
        "/api/v1/designs/?q=fine&q=%00",
        "/api/v1/verify/%00/",
        "/admin/moderation/review/?q=%00",
    ],
)
def test_an_address_with_a_zero_character_names_nothing(moderator: User, address: str) -> None:
    assert signed_in(moderator).get(address).status_code == 404


def test_the_page_for_nothing_says_so(stranger: User) -> None:
    answer = signed_in(stranger).get("/search/?q=%00")
    assert "There is nothing at this address" in answer.content.decode()


@pytest.mark.parametrize("number", ODD_NUMBERS, ids=lambda number: number[:6])
def test_a_cursor_that_is_no_key_shows_a_page(lantern: Design, number: str) -> None:
    for address in (f"/?after={quote(number)}", f"/search/?q=lantern&after={quote(number)}"):
        page(None, address)
    page(lantern.owner, f"{reverse('studio:dashboard')}?before={quote(number)}")
    assert signed_in(None).get(f"/api/v1/designs/?after={quote(number)}").status_code == 200


@pytest.mark.parametrize("number", ["9" * 20, "9" * 90, "9" * 5000], ids=len)
def test_a_license_number_beyond_all_numbers_downloads_nothing(buyer: User, number: str) -> None:
    assert signed_in(buyer).post(f"/library/{number}/download/").status_code in {302, 404}


def test_only_whole_numbers_that_a_row_can_have_are_keys() -> None:
    assert [key_of(number) for number in ODD_NUMBERS] == [None, None, 10**18 - 1] + [None] * 6
    assert key_of("17") == 17
