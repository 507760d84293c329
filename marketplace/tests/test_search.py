"""What search finds, how it is counted, and that its pages are whole whatever comes in between."""

import base64
import itertools
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import User
from accounts.services import open_account
from designs.models import Design, RegistryEntry
from marketplace.listings import Listing
from marketplace.selectors import Wanted, facets, search, suggestions
from marketplace.selectors.search import SORTS, BadCursor
from marketplace.tests import rows
from marketplace.tests.crowd import crowd
from marketplace.tests.pages import page, text

TUSD = rows.TUSD
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]


@pytest.fixture
def shop(lantern: Design, creator: User, stranger: User) -> dict[str, Design]:
    """Four designs by two people, at three prices and without one."""
    tide = rows.draft(creator, "Estuary, seed 7041", model_name="flow-field")
    rows.anchor(tide, block=30, prices={"personal": 6 * TUSD})
    shell = rows.draft(stranger, "Ossature", kind=Design.Kind.MESH, model_name="voronoi-shell")
    rows.anchor(shell, block=40, prices={"commercial": 120 * TUSD})
    plain = rows.draft(stranger, "Coral Tile")
    rows.anchor(plain, block=50)
    return {"lantern": lantern, "tide": tide, "shell": shell, "plain": plain}


def titles(**wanted: str) -> list[str]:
    found = search(Wanted(**wanted), limit=50)
    names = dict(Design.objects.values_list("pk", "title"))
    return [names[pk] for pk in found.design_ids]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("gyroid", "Gyroid Lantern"),
        ("lanterns", "Gyroid Lantern"),
        ("LANTERN gyroid", "Gyroid Lantern"),
        ("gyr", "Gyroid Lantern"),
        ("gyrod lantren", "Gyroid Lantern"),
        ("flow-field", "Estuary, seed 7041"),
        ("voronoi", "Ossature"),
        ("7041", "Estuary, seed 7041"),
        ("osature", "Ossature"),
        ('"coral tile"', "Coral Tile"),
    ],
)
def test_words_prefixes_and_typing_mistakes_find_the_design_first(
    shop: dict[str, Design], query: str, found: str
) -> None:
    assert titles(query=query)[0] == found


def test_a_creator_and_a_tag_are_words_too(shop: dict[str, Design]) -> None:
    assert set(titles(query="northlight")) == {"Gyroid Lantern", "Estuary, seed 7041"}
    assert len(titles(query="print-ready")) == 4
    assert titles(query="tile -coral") == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"sort": "newest"}, ["Coral Tile", "Ossature", "Estuary, seed 7041", "Gyroid Lantern"]),
        ({"sort": "price_up"}, ["Estuary, seed 7041", "Gyroid Lantern", "Coral Tile", "Ossature"]),
        ({"sort": "price_down"}, ["Ossature", "Coral Tile", "Gyroid Lantern", "Estuary, seed 7041"]),
        ({"kind": "mesh"}, ["Ossature", "Gyroid Lantern"]),
        ({"license": "commercial"}, ["Ossature", "Gyroid Lantern"]),
        ({"price": "0-10"}, ["Estuary, seed 7041"]),
        ({"price": "100-"}, ["Ossature"]),
        ({"program": "voronoi-shell"}, ["Ossature"]),
        ({"tag": "lattice", "kind": "image"}, ["Coral Tile", "Estuary, seed 7041"]),
        ({"disclosure": "ai_generated"}, []),
    ],
)
def test_filters_and_orders(shop: dict[str, Design], wanted: dict[str, str], found: list[str]) -> None:
    assert titles(**wanted) == found


def test_most_licensed_counts_sales_and_their_loss(shop: dict[str, Design], buyer: User) -> None:
    rows.sale(shop["tide"], buyer, block=60)
    assert titles(sort="licensed")[0] == "Estuary, seed 7041"
    shop["tide"].refresh_from_db()
    Listing.objects.get(design=shop["tide"], licensed=1)
    connection.cursor().execute("DELETE FROM licensing_licensesale")
    Listing.objects.get(design=shop["tide"], licensed=0)


def test_a_facet_is_counted_under_the_others_and_not_under_itself(shop: dict[str, Design]) -> None:
    found = facets(Wanted(kind="mesh", price="100-"))
    counts = {name: {c.value: c.count for c in choices} for name, choices in found.choices.items()}
    assert found.total == 1
    assert counts["kind"] == {"mesh": 1}
    assert counts["price"] == {"10-25": 1, "100-": 1}
    assert counts["license"] == {"commercial": 1}
    assert counts["program"] == {"voronoi-shell": 1}


@pytest.mark.parametrize("sort", ["", *SORTS])
def test_each_count_is_what_choosing_it_shows(shop: dict[str, Design], sort: str) -> None:
    wanted = Wanted(query="print-ready", sort=sort)
    for name, choices in facets(wanted).choices.items():
        assert choices, name
        for choice in choices:
            narrowed = wanted.but(**{name: choice.value})
            assert len(search(narrowed, limit=50).design_ids) == choice.count == facets(narrowed).total


def test_nothing_found_says_what_was_near(shop: dict[str, Design]) -> None:
    assert "Ossature" in [one.words for one in suggestions("osture")]
    html = page(None, "/search/?q=ostture")
    assert "Nothing matches" in html
    assert 'href="/search/?q=Ossature"' in html
    seen = text(page(None, "/search/?q=gyroid&kind=image"))
    assert "Nothing matches Without the filters there is 1 design." in seen


def test_a_search_is_an_address_and_needs_no_script(shop: dict[str, Design]) -> None:
    html = page(None, "/search/?q=print-ready&kind=mesh&sort=price_up")
    assert html.index("Gyroid Lantern") < html.index("Ossature")
    assert "/search/?q=print-ready&amp;kind=mesh&amp;license=commercial&amp;sort=price_up" in html
    assert "/search/?q=print-ready&amp;kind=mesh&amp;sort=price_down" in html


def test_search_takes_the_same_queries_for_few_and_many(
    lantern: Design, creator: User, django_assert_max_num_queries: Callable
) -> None:
    client = Client()
    address = "/search/?q=lantern&kind=mesh&tag=lattice"
    client.get(address)
    with django_assert_max_num_queries(16) as few:
        client.get(address)
    crowd(creator, 200)
    with django_assert_max_num_queries(16) as many:
        assert client.get(address).content.decode().count('<article class="card">') > 1
    assert len(many.captured_queries) == len(few.captured_queries)


HOSTILE = [
    "'", "' OR 1=1 --", "a & | ! ( ) :*", "<->", "\\", "%",
    "%s %(query)s", "_", "((((((", "-", "--", '"', "🙂", "ı İ ß",
    "\ud7ff", "a" * 5000, "the", "1" * 200, "' || ''", ":* & ''", "$$", "{}", "\u202e", "x\ty\r\nz",
]  # fmt: skip


def test_no_words_break_the_search(shop: dict[str, Design]) -> None:
    names = itertools.cycle(["tag", "program", "license", "creator", "price", "kind", "sort", "disclosure"])
    for query in HOSTILE:
        words = quote(query)
        page(None, f"/search/?q={words}&sort=price_up&after={words}")
        for name in itertools.islice(names, 3):
            page(None, f"/search/?{name}={words}")
    assert Client().get("/search/?q=%ff%fe&tag=%c3%28").status_code == 200


@pytest.mark.parametrize(
    "cursor",
    ["x", "=", "🙂", "A" * 5000, *(base64.urlsafe_b64encode(t.encode()).decode() for t in (
        "n.1", "n.99999999999999999999999999.1", "q.1.1", "n.-1.1", "n.1.1 OR 1=1", "l.99999999999999999999.1",
        "u.1.1", "n.9" + "9" * 70 + ".1", "r.1.1", "n.٣.1",
    ))],
)  # fmt: skip
def test_a_cursor_of_nobody_is_refused_and_shows_the_first_page(shop: dict[str, Design], cursor: str) -> None:
    with pytest.raises(BadCursor):
        search(Wanted(), after=cursor, limit=2)
    html = page(None, f"/search/?after={quote(cursor)}")
    assert "That link to a page was not whole" in html
    assert "Gyroid Lantern" in html


def test_a_cursor_belongs_to_its_order(shop: dict[str, Design]) -> None:
    following = search(Wanted(sort="price_up"), limit=2).following
    assert following
    with pytest.raises(BadCursor):
        search(Wanted(sort="newest"), after=following, limit=2)


class TestWalking(TestCase):
    """Pages by a key, over designs that are often alike in it."""

    def setUp(self) -> None:
        self.owner = open_account(email="w@example.org", password=rows.PASSWORD, display_name="Walker")

    def walk(self, wanted: Wanted, limit: int, between: Callable[[int], None]) -> list[int]:
        seen: list[int] = []
        after = ""
        for turn in range(60):
            found = search(wanted, after=after, limit=limit)
            seen += found.design_ids
            if found.following is None:
                return seen
            after = found.following
            between(turn)
        raise AssertionError("the pages do not end")

    @settings(max_examples=12)
    @given(
        number=st.integers(1, 24),
        a_block=st.integers(1, 6),
        limit=st.integers(1, 7),
        sort=st.sampled_from(sorted(SORTS)),
        query=st.sampled_from(["", "lantern", "gyroid"]),
        late=st.lists(st.integers(0, 12), max_size=3),
    )
    def test_each_row_comes_once_and_in_order_whatever_is_added_meanwhile(
        self, number: int, a_block: int, limit: int, sort: str, query: str, late: list[int]
    ) -> None:
        crowd(self.owner, number, a_block=a_block)
        wanted = Wanted(query=query, sort=sort)
        whole = search(wanted, limit=100).design_ids
        anchored = RegistryEntry.objects.order_by("claimed_at").values_list("claimed_at", flat=True)

        def add(turn: int) -> None:
            for number in [one for one in late if one == turn]:
                design = Design.objects.create(
                    owner=self.owner, title=f"Gyroid Lantern late {turn}", kind="mesh", disclosure="not_ai",
                    state="anchoring", chain_id=31337, entry_id=f"0x{uuid4().hex}",
                )  # fmt: skip
                at = anchored[number % len(anchored)] + timedelta(seconds=turn % 3 - 1)
                Listing.objects.create(
                    design=design, owner=self.owner, kind="mesh", disclosure="not_ai", program="", tags=[],
                    document="'gyroid':1A 'lantern':2A", words="gyroid lantern late", claimed_at=at,
                )  # fmt: skip
                late.remove(number)

        seen = self.walk(wanted, limit, add)
        assert len(seen) == len(set(seen))
        assert [pk for pk in seen if pk in set(whole)] == whole
