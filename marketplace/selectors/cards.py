"""Designs in a grid: the home page, the search and what else shows cards."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from common.paging import key_of
from contracts.chains import chain
from contracts.selectors import ActionStatus, confirmation_status
from designs.models import Design
from designs.selectors import SELLING, Picture, on_show, picture_of, state_word
from licensing.selectors import current_offers

PAGE = 24


@dataclass(frozen=True)
class Card:
    """One design in a grid. `price_from` is in base units, None when nothing is on offer."""

    design: Design
    picture: Picture
    price_from: int | None
    status: ActionStatus
    claim_order: int
    entry_state: str


@dataclass(frozen=True)
class Page:
    """One page of cards; `following` is the cursor of the next page, or None."""

    cards: list[Card]
    following: str | None


def cards_page(*, query: str = "", kind: str = "", tag: str = "", after: str = "") -> Page:
    """A page of designs on show. The cursor is a key; with a query it is an offset of at most 240."""
    designs = on_show(query=query, kind=kind, tag=tag)
    key = key_of(after)
    if query:
        start = min(key or 0, 240)
        rows = list(designs[start : start + PAGE + 1])
        following = str(start + PAGE) if len(rows) > PAGE else None
    else:
        if key is not None:
            designs = designs.filter(id__lt=key)
        rows = list(designs[: PAGE + 1])
        following = str(rows[PAGE - 1].pk) if len(rows) > PAGE else None
    return Page(cards=cards_of(rows[:PAGE]), following=following)


def cards_of(designs: Sequence[Design]) -> list[Card]:
    """Cards of designs that came from `on_show`: their prices in one more query."""
    here = chain()
    selling = [d.entry_id or "" for d in designs if d.entry_status in SELLING]  # type: ignore[attr-defined]
    prices: dict[str, int] = {}
    for offer in current_offers(chain_id=here.chain_id, entry_ids=selling):
        prices.setdefault(offer.entry_id, offer.price)  # they come cheapest first
    return [
        Card(
            design=design,
            picture=picture_of(design, design.versions.all()[0].previews.all()),
            price_from=prices.get(design.entry_id or ""),
            status=confirmation_status(design.entry_block, here),  # type: ignore[attr-defined]
            claim_order=design.claim_order,  # type: ignore[attr-defined]
            entry_state=state_word(design.entry_status),  # type: ignore[attr-defined]
        )
        for design in designs
    ]


def kind_counts(designs: QuerySet[Design]) -> dict[str, int]:
    """How many of these designs are images and how many meshes."""
    return dict(designs.order_by().values_list("kind").annotate(number=Count("id")))
