"""Designs in a grid: the home page, the search and what else shows cards."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from contracts.chains import chain
from contracts.selectors import ActionStatus, confirmation_status
from designs.models import Design, EntryAncestor
from designs.selectors import SELLING, Picture, on_show, picture_of, state_word
from licensing.selectors import current_offers
from marketplace.selectors.search import BadCursor, Wanted, search

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
    parents: int
    derived: int


@dataclass(frozen=True)
class Page:
    """One page of cards; `following` is the cursor of the next page, or None. `lost` says that the cursor asked for
    was none of ours, so that this is the first page."""

    cards: list[Card]
    following: str | None
    lost: bool = False


def cards_page(wanted: Wanted | None = None, *, after: str = "", limit: int = PAGE) -> Page:
    """A page of designs on show, after a cursor that an earlier page gave."""
    wanted = wanted or Wanted()
    lost = False
    try:
        found = search(wanted, after=after, limit=limit)
    except BadCursor:
        found, lost = search(wanted, limit=limit), True
    designs = {design.pk: design for design in on_show().filter(pk__in=found.design_ids)}
    cards = cards_of([designs[pk] for pk in found.design_ids if pk in designs])
    return Page(cards=cards, following=found.following, lost=lost)


def cards_of(designs: Sequence[Design]) -> list[Card]:
    """Cards of designs that came from `on_show`: their prices and lineage in three more queries."""
    here = chain()
    selling = [d.entry_id or "" for d in designs if d.entry_status in SELLING]  # type: ignore[attr-defined]
    prices: dict[str, int] = {}
    for offer in current_offers(chain_id=here.chain_id, entry_ids=selling):
        prices.setdefault(offer.entry_id, offer.price)  # they come cheapest first
    entries = [design.entry_id or "" for design in designs]
    parents = _count("entry_id", entries, here.chain_id)
    derived = _count("ancestor_id", entries, here.chain_id)
    return [
        Card(
            design=design,
            picture=picture_of(design, design.versions.all()[0].previews.all()),
            price_from=prices.get(design.entry_id or ""),
            status=confirmation_status(design.entry_block, here),  # type: ignore[attr-defined]
            claim_order=design.claim_order,  # type: ignore[attr-defined]
            entry_state=state_word(design.entry_status),  # type: ignore[attr-defined]
            parents=parents.get(design.entry_id or "", 0),
            derived=derived.get(design.entry_id or "", 0),
        )
        for design in designs
    ]


def _count(end: str, entry_ids: Sequence[str], chain_id: int) -> dict[str, int]:
    """How many direct derivations each of these entries has at this end."""
    lines = EntryAncestor.objects.filter(chain_id=chain_id, direct=True, **{f"{end}__in": entry_ids})
    return dict(lines.order_by().values_list(end).annotate(number=Count("id")))
