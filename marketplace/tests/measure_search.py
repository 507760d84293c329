"""Milliseconds of searches over 50,000 designs, and the indexes that they take. Run by `script/bench search`."""

import re
import statistics
import time
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client

from accounts.models import User
from marketplace.selectors import Wanted, facets, search, suggestions
from marketplace.tests import rows
from marketplace.tests.crowd import crowd

NUMBER = 50_000
TIMES = 9
ASKED = {
    "newest": Wanted(),
    "price": Wanted(sort="price_up"),
    "licensed": Wanted(sort="licensed"),
    "words": Wanted(query="murmuration screen"),
    "typing": Wanted(query="murmuraton scren"),
    "narrow": Wanted(query="voronoi", kind="mesh", tag="vessel", price="10-25"),
}
INDEXES = {
    "newest": "listing_newest",
    "price": "listing_price",
    "licensed": "listing_licensed",
    "words": "listing_document",
    "typing": "listing_words",
}

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]


def milliseconds(act: Callable[[], object]) -> float:
    act()
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        act()
        taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


def say(name: str, value: float) -> None:
    print(f"\nMEASURED {name} {value:.1f}")


def plan_of(act: Callable[[], object]) -> str:
    """The plan of the last statement that the act sends."""
    with connection.execute_wrapper(_explaining(found := [])):
        act()
    return "\n".join(found)


def _explaining(found: list[str]) -> Callable:
    def explain(execute: Callable, text: str, values: object, many: bool, context: dict) -> object:
        if "FROM marketplace_listing" in text:
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN {text}", values)
                found.extend(row[0] for row in cursor.fetchall())
        return execute(text, values, many, context)

    return explain


def test_searches_of_many_designs(creator: User) -> None:
    rows.chain_read_to(100)
    crowd(creator, NUMBER)
    with connection.cursor() as cursor:
        # As autovacuum leaves a table that is not being filled at this moment.
        for index in ("listing_document", "listing_words", "listing_tags"):
            cursor.execute("SELECT gin_clean_pending_list(%s::regclass)", [index])
        cursor.execute("ANALYZE")
    for name, wanted in ASKED.items():
        plan = plan_of(lambda wanted=wanted: search(wanted, limit=24))
        used = sorted(set(re.findall(r"listing_\w+", plan)) - {"listing_id"})
        print(f"\nPLAN {name}: {', '.join(used)}")
        say(f"{name}.page", milliseconds(lambda wanted=wanted: search(wanted, limit=24)))
        say(f"{name}.facets", milliseconds(lambda wanted=wanted: facets(wanted)))
        if name in INDEXES:
            assert INDEXES[name] in used, plan
    after = ""
    for _ in range(100):
        after = search(Wanted(), after=after, limit=24).following or ""
    say("newest.page_100", milliseconds(lambda: search(Wanted(), after=after, limit=24)))
    say("suggestions", milliseconds(lambda: suggestions("murmurasson skren")))
    client = Client()
    say("home.whole", milliseconds(lambda: client.get("/")))
    say("search.whole", milliseconds(lambda: client.get("/search/?q=murmuration+screen")))
