"""A creator's page tells everybody the same, and nothing of what is theirs alone."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from designs.models import Contribution, Design
from marketplace.tests import rows
from marketplace.tests.crowd import crowd
from marketplace.tests.pages import page, signed_in, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]


def address(person: User) -> str:
    return reverse("marketplace:creator", args=[person.public_id])


def test_it_tells_works_programs_counts_and_parts_in_works_of_others(
    lantern: Design, creator: User, cocreator: User, buyer: User
) -> None:
    rows.sale(lantern, buyer, block=50)
    rows.draft(creator, "Secret plan")
    seen = text(page(None, address(creator)))
    assert "Northlight Studio Works with lattice-lantern" in seen
    assert "Designs 1 Licenses sold 1 Parts in works of others 0" in seen
    assert "Gyroid Lantern" in seen
    assert "Secret plan" not in seen
    theirs = text(page(None, address(cocreator)))
    assert "Designs 0 Licenses sold 0 Parts in works of others 1" in theirs
    assert "Gyroid Lantern Tweaker · by Northlight Studio" in theirs


def test_nothing_private_is_on_it_whoever_looks(lantern: Design, creator: User, buyer: User) -> None:
    pages = [page(person, address(creator)) for person in (None, buyer)]
    for html in pages:
        assert creator.email not in html
        assert creator.custody_key.address not in html
        assert f'rel="canonical" href="http://testserver{address(creator)}"' in html


def test_whoever_shows_nothing_has_no_page(lantern: Design, creator: User, buyer: User, stranger: User) -> None:
    rows.draft(stranger, "A draft", parts={
        stranger: (Contribution.Role.DESIGNER, 500_000), buyer: (Contribution.Role.TWEAKER, 500_000),
    })  # fmt: skip
    for person in (buyer, stranger):
        for looks in (None, person, creator):
            assert signed_in(looks).get(address(person)).status_code == 404
    Design.objects.filter(pk=lantern.pk).update(state=Design.State.TAKEN_DOWN)
    assert signed_in(None).get(address(creator)).status_code == 404


def test_cards_lead_to_it(lantern: Design, creator: User) -> None:
    for where in ("/", "/search/?q=lantern"):
        assert f'href="{address(creator)}"' in page(None, where)


def test_it_takes_the_same_queries_for_many_works(
    lantern: Design, creator: User, django_assert_max_num_queries: Callable
) -> None:
    client = Client()
    client.get(address(creator))
    with django_assert_max_num_queries(14) as few:
        client.get(address(creator))
    crowd(creator, 60)
    with django_assert_max_num_queries(14) as many:
        html = client.get(address(creator)).content.decode()
    assert html.count('<article class="card">') == 24
    assert 'rel="next"' in html
    assert len(many.captured_queries) == len(few.captured_queries)
