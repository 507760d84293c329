"""Where a work comes from and what came of it, on its page: linked, with rates, in a bounded number of queries."""

from collections.abc import Callable, Sequence

import pytest
from django.test import Client

from accounts.models import User
from designs.lineage import SHOWN, family_of
from designs.models import Design, EntryAncestor
from marketplace.tests import rows
from marketplace.tests.pages import page, text

pytestmark = pytest.mark.django_db


def derives(derived: Design, *lines: tuple[str, int, bool], block: int = 60) -> None:
    """The derived work's table: (ancestor's entry, parts per million, whether it is a parent)."""
    fixed = rows._event("DesignRegistry", "AncestorsFixed", block)
    EntryAncestor.objects.bulk_create(
        EntryAncestor(
            event=fixed,
            position=position,
            chain_id=derived.chain_id,
            entry_id=derived.entry_id,
            ancestor_id=ancestor,
            ppm=ppm,
            binding_ppm=0,
            direct=direct,
        )
        for position, (ancestor, ppm, direct) in enumerate(lines)
    )


def works(owner: User, *titles: str) -> Sequence[Design]:
    rows.chain_read_to(100)
    made = []
    for number, title in enumerate(titles):
        design = rows.draft(owner, title)
        rows.anchor(design, block=10 + number)
        made.append(design)
    return made


def entry(design: Design) -> str:
    assert design.entry_id is not None
    return design.entry_id


def test_ancestors_and_descendants_are_linked_with_their_rates(creator: User) -> None:
    study, rib, lantern, shade = works(creator, "Schoen Study", "Lantern Rib", "Lantern", "Shade")
    derives(rib, (entry(study), 50_000, True))
    derives(lantern, (entry(rib), 80_000, True), (entry(study), 50_000, False))
    derives(shade, (entry(lantern), 125_000, True))

    html = page(None, lantern.get_absolute_url())

    seen = text(html)
    assert "Lineage 2 ancestors, 1 descendant" in seen
    assert "Derived from 2 works Lantern Rib by Northlight Studio 8 % Schoen Study by Northlight Studio 5 %" in seen
    assert "indirectly" in seen
    assert "1 work derives from it Shade by Northlight Studio 12.5 %" in seen
    assert "Of every sale, 13 % of what is left after Loomprint's fee" in seen.replace("&#x27;", "'")
    for other in (study, rib, shade):
        assert f'href="{other.get_absolute_url()}"' in html
    assert "Derived from Lantern Rib Disclosure" in seen


def test_an_original_has_no_lineage_section(lantern: Design) -> None:
    html = page(None, lantern.get_absolute_url())
    assert 'id="lineage"' not in html
    assert "an original, nothing derived yet" in html


def test_an_ancestor_that_nobody_may_see_is_named_by_its_entry_alone(creator: User) -> None:
    hidden, lantern = works(creator, "Hidden Work", "Lantern")
    derives(lantern, (entry(hidden), 70_000, True))
    Design.objects.filter(pk=hidden.pk).update(state=Design.State.TAKEN_DOWN)

    html = page(None, lantern.get_absolute_url())

    assert "Hidden Work" not in html
    assert "A work not shown here" in html
    assert entry(hidden) in html


def test_each_ancestor_stands_in_the_tree_once_however_many_ways_lead_to_it(creator: User) -> None:
    """A lattice of ancestors has two ways more with each floor; a tree that followed them all would never end."""
    floors = 12
    names = [f"{side} {floor}" for floor in range(floors) for side in ("left", "right")]
    made = works(creator, *names, "Top")
    for floor in range(1, floors):
        below = [(entry(made[2 * floor - 2 + side]), 1000, True) for side in (0, 1)]
        for side in (0, 1):
            derives(made[2 * floor + side], *below)
    everyone = [(entry(one), 1000, one in made[-3:-1]) for one in made[:-1]]
    derives(made[-1], *everyone)

    family = family_of(chain_id=made[-1].chain_id or 0, entry_id=entry(made[-1]))

    def count(relatives: Sequence) -> int:
        return sum(1 + count(one.above) for one in relatives)

    assert count(family.parents) == len(family.ancestors) == 2 * floors


def test_the_page_takes_as_many_queries_for_thirty_descendants_as_for_one(
    creator: User, django_assert_max_num_queries: Callable
) -> None:
    lantern, rib, first = works(creator, "Lantern", "Rib", "Child")
    derives(lantern, (entry(rib), 50_000, True))
    derives(first, (entry(lantern), 50_000, True))
    client = Client()
    client.get(lantern.get_absolute_url())
    with django_assert_max_num_queries(40) as few:
        client.get(lantern.get_absolute_url())
    for number in range(30):
        (child,) = works(creator, f"Child {number}")
        derives(child, (entry(lantern), 50_000, True), block=61 + number)

    with django_assert_max_num_queries(40) as many:
        html = client.get(lantern.get_absolute_url()).content.decode()

    assert len(many.captured_queries) <= len(few.captured_queries) + 1  # the count, when not all are listed
    assert "31 works derive from it" in text(html)
    assert html.count("/d/") < 200
    assert f"The newest {SHOWN} are listed." in text(html)


def test_the_money_of_a_sale_adds_up_to_the_unit_with_every_holder_ancestor_and_fee(
    creator: User, cocreator: User
) -> None:
    (rib,) = works(creator, "Rib")
    thirds = {creator: ("designer", 333_333), cocreator: ("tweaker", 666_667)}
    lantern = rows.draft(creator, "Lantern", parts=thirds)
    rows.anchor(lantern, block=30, prices={"personal": 1_000_001})
    derives(lantern, (entry(rib), 70_000, True))

    seen = text(page(None, lantern.get_absolute_url()))

    # 1.000001: fee 0.05, ancestor 7 % of 0.950001 = 0.0665 (rounded down), own 0.883501.
    units = {"fee": 50_000, "ancestor": 66_500, "creator": 294_500, "cocreator": 589_000}
    assert 1_000_001 - sum(units.values()) == 1
    money = seen.partition("if it were sold now")[2]
    assert "Northlight Studio designer 33.3333 % of the shares" in money
    assert "0.2945" in money
    assert "tpms-lab tweaker 66.6667 % of the shares" in money
    assert "0.589" in money
    assert "Rib ancestor, to its holders 7 % after the fee 0.0665" in money
    assert "Loomprint fee 5 % of the price 0.05" in money
    assert "Fractions, carried to the next sale 0.000001" in money
    assert "Price 1.000001" in money


def test_the_licenses_say_in_plain_words_what_one_may_and_may_not(lantern: Design) -> None:
    seen = text(page(None, lantern.get_absolute_url()))
    personal, _, commercial = seen.partition("What a license allows")[2].partition("Commercial You may")
    assert "You may use it privately, and as gifts change it for yourself pass the license on as a whole" in personal
    assert "You may not use it commercially sell copies or prints pass on or sell the file itself" in personal
    assert "use it in products, services and client work sell up to 5,000 copies or prints" in commercial
    assert "train a model on it" in commercial


def test_the_strip_says_anchored_lineage_reproducible_conforming_and_what_is_known(lantern: Design) -> None:
    html = page(None, lantern.get_absolute_url())
    strip = text(html.partition('<ul class="proof"')[2].partition("</ul>")[0])
    order = [strip.index(word) for word in ("Anchored", "Lineage", "Reproducible", "Conforming")]
    assert order == sorted(order)
    assert "Anchored block 20 · 20 Nov 2026, first claim" in strip
    assert "Reproducible not checked: program, parameters, seed stated" in strip
    assert "Conforming not checked against a process" in strip
    assert html.count("tone-proof") == 1
