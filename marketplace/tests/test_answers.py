"""Answers as they travel: what is compressed, and what HEAD is told."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from designs.templatetags.designs import preview_url
from marketplace.tests import rows
from marketplace.tests.pages import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]
BY_BROWSERS = {"Accept-Encoding": "gzip, br"}


def test_a_page_is_compressed_and_its_length_says_little(client: Client) -> None:
    answers = [client.get(reverse("marketplace:home"), headers=BY_BROWSERS) for _ in range(8)]

    assert all(answer["Content-Encoding"] == "gzip" for answer in answers)
    assert len({answer["Content-Length"] for answer in answers}) > 1


def test_what_is_no_page_is_not_compressed(client: Client) -> None:
    assert "Content-Encoding" not in client.get(reverse("marketplace:health"), headers=BY_BROWSERS)


@pytest.mark.parametrize("page", ["home", "search", "robots"])
def test_whoever_asks_only_for_the_head_is_answered(client: Client, page: str) -> None:
    answer = client.head(reverse(f"marketplace:{page}"))

    assert (answer.status_code, answer.content) == (200, b"")


def test_robots_read_the_shop_and_nothing_of_anybody(client: Client) -> None:
    answer = client.get(reverse("marketplace:robots"))

    assert answer["Content-Type"] == "text/plain"
    lines = answer.content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert "Disallow: /account/" in lines
    assert "Disallow: /d/" not in lines


def test_a_preview_is_for_caches_while_anybody_may_see_it(creator: User, moderator: User) -> None:
    rows.chain_read_to(100)
    design = rows.draft(creator, "Lantern")
    preview = design.versions.get().previews.first()
    assert preview is not None
    address = preview_url(design, preview)
    assert signed_in(creator).get(address)["Cache-Control"].startswith("private, ")
    rows.anchor(design, block=20)
    assert signed_in(None).get(address)["Cache-Control"].startswith("public, ")
    type(design).objects.filter(pk=design.pk).update(state=type(design).State.TAKEN_DOWN)
    assert signed_in(None).get(address).status_code == 404
    for one in (creator, moderator):
        assert signed_in(one).get(address)["Cache-Control"].startswith("private, ")
