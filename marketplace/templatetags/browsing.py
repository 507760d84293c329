"""What lists of designs show beside the cards: chips, filters, sorts, and the addresses that they lead to."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.contrib.auth.models import AbstractBaseUser
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from designs.templatetags.designs import chain_marks
from marketplace.models import Order
from marketplace.selectors import SORTS, Card, Facets, Wanted, orders_under_way

register = template.Library()

# In the order in which people narrow a list. Kinds are the chips above it.
GROUPS = {
    "license": gettext_lazy("License"),
    "price": gettext_lazy("Price"),
    "disclosure": gettext_lazy("How it was made"),
    "program": gettext_lazy("Program or model"),
    "tag": gettext_lazy("Tag"),
    "creator": gettext_lazy("Creator"),
}


def address_of(wanted: Wanted, **more: str) -> str:
    """The search page that shows this."""
    query = urlencode({**wanted.parameters, **{name: value for name, value in more.items() if value}})
    return reverse("marketplace:search") + (f"?{query}" if query else "")


@register.simple_tag
def wanted_url(wanted: Wanted, after: str | None = "") -> str:
    return address_of(wanted, after=after or "")


@register.simple_tag
def kinds_of(wanted: Wanted, facets: Facets, tags: int = 0) -> list[dict[str, Any]]:
    """Chips: everything, each kind, and the most used tags, with counts."""
    kinds = facets.choices["kind"]
    chips = [
        {
            "label": _("Everything"),
            "url": address_of(wanted.but(kind="")),
            "current": not wanted.kind,
            "count": f"{sum(choice.count for choice in kinds):,}",
        }
    ]
    for facet, choices in (("kind", kinds), ("tag", facets.choices.get("tag", [])[:tags])):
        chips += [
            {
                "label": choice.label if facet == "kind" else choice.label.capitalize(),
                "url": address_of(wanted.but(**{facet: choice.value})),
                "current": choice.chosen,
                "count": f"{choice.count:,}",
            }
            for choice in choices
        ]
    return chips


@register.simple_tag
def filter_groups(wanted: Wanted, facets: Facets) -> list[dict[str, Any]]:
    """Every facet that has something to choose, with links that choose it or let it go."""
    groups = []
    for name, title in GROUPS.items():
        links = [
            {
                "label": choice.label,
                "count": f"{choice.count:,}",
                "current": choice.chosen,
                "url": address_of(wanted.but(**{name: "" if choice.chosen else choice.value})),
            }
            for choice in facets.choices[name]
        ]
        if links:
            groups.append({"name": name, "title": title, "links": links})
    return groups


@register.simple_tag
def chosen_filters(wanted: Wanted, facets: Facets) -> list[dict[str, Any]]:
    """What narrows the list now, each with the address of the list without it."""
    chosen = []
    for name, title in GROUPS.items():
        if value := getattr(wanted, name):
            labels = {choice.value: choice.label for choice in facets.choices[name]}
            unnamed = _("this creator") if name == "creator" else value
            label = labels.get(value, unnamed)
            chosen.append({"title": title, "label": label, "url": address_of(wanted.but(**{name: ""}))})
    return chosen


@register.simple_tag
def sort_links(wanted: Wanted) -> list[dict[str, Any]]:
    """The orders of the list; the best match only where words are searched for."""
    return [
        {
            "label": label,
            "url": address_of(wanted.but(sort="" if name == Wanted(query=wanted.query).order else name)),
            "current": name == wanted.order,
        }
        for name, label in SORTS.items()
        if wanted.query or name != "relevance"
    ]


@register.simple_tag
def card_marks(card: Card) -> list[dict[str, str]]:
    """A card's marks: where it stands on chain, and its lineage."""
    marks = chain_marks(card.status, card.claim_order, card.entry_state)
    if card.parents:
        label = ngettext("%(number)s parent", "%(number)s parents", card.parents) % {"number": card.parents}
        marks.append({"tone": "bare", "label": label})
    if card.derived:
        label = ngettext("%(number)s descendant", "%(number)s descendants", card.derived) % {"number": card.derived}
        marks.append({"tone": "bare", "label": label})
    return marks


@register.simple_tag
def orders_on_their_way(user: AbstractBaseUser) -> list[Order]:
    """A buyer's orders that are no license yet and may become one."""
    return orders_under_way(buyer=user)
