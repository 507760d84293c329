"""Where a sale of a draft would go, as rows for components/breakdown.html."""

from typing import Any

from django import template
from django.utils.translation import gettext as _

from common.money import PPM
from common.templatetags.formatting import amount, money, percent, short
from studio.ancestry import Split

register = template.Library()


@register.simple_tag
def split_rows(split: Split) -> list[dict[str, Any]]:
    """The platform, every ancestor, and what is left for the people of the design."""
    rows = [_row("Loomprint", "", split.fee, split.price)]
    for part, sum_of_it in split.ancestors:
        name = part.design.title if part.design else short(part.entry_id)
        rows.append(_row(name, f"{percent(part.ppm)} %", sum_of_it, split.price))
    rows.append(_row(_("You and your co-creators, by shares"), "", split.rest, split.price))
    return rows


def _row(label: str, note: str, part: int, whole: int) -> dict[str, Any]:
    return {
        "label": label,
        "note": note,
        "amount": amount(part),
        "percent": part * PPM * 100 // whole / PPM if whole else 0,
    }


@register.simple_tag
def split_heading(split: Split) -> str:
    return _("Of a sale at %(price)s") % {"price": money(split.price)}


@register.simple_tag
def split_total(split: Split) -> str:
    return amount(split.price)
