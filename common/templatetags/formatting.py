"""Filters for figures and text: money, shares, hashes, JSON, license texts. They change no value's meaning."""

import json
import re
from collections.abc import Iterator
from typing import Any

from django import template
from django.template.defaultfilters import stringfilter
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from common.money import TUSD, format_amount

register = template.Library()

UNITS_PER_PERCENT = 10_000


@register.filter
def money(units: int | str | None) -> str:
    """Base units of the test dollar as people read them: 18000000 gives "18.00 tUSD"; nothing gives ""."""
    return "" if units is None or units == "" else format_amount(int(units), TUSD)


@register.filter
def amount(units: int | str | None) -> str:
    """The same without its symbol, for components that print the currency themselves."""
    return money(units).removesuffix(f" {TUSD.symbol}")


@register.filter
def percent(units: int | str | None) -> str:
    """Share units (of 1,000,000) as percent: 125000 gives "12.5", 1 gives "0.0001"."""
    if units is None or units == "":
        return ""
    whole, rest = divmod(int(units), UNITS_PER_PERCENT)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".")


@register.filter
@stringfilter
def short(value: str) -> str:
    """A hash or address cut in the middle, for running text: "0x7099…79C8"."""
    return value if len(value) <= 12 else f"{value[:6]}…{value[-4:]}"


@register.filter
def pretty_json(value: Any) -> str:
    """A JSON value on several lines, its keys in the order in which they are kept."""
    return json.dumps(value, indent=2, ensure_ascii=False)


@register.filter
def simple_pairs(value: Any, limit: int = 6) -> str:
    """A flat object as running text, "period 1.5, seed 7"; "" when it is nested, empty or long."""
    if not isinstance(value, dict) or not 0 < len(value) <= limit:
        return ""
    if any(isinstance(part, dict | list) or len(str(part)) > 24 for part in value.values()):
        return ""
    words = (f"{name} {part if isinstance(part, str) else json.dumps(part)}" for name, part in value.items())
    return ", ".join(words)


@register.filter
@stringfilter
def prose(text: str) -> SafeString:
    """Plain text with "# headings", numbered paragraphs and blank lines between, as HTML. Nothing else is markup.

    A first line that is a heading is left out: the page says it as its own title.
    """
    blocks = [block.strip() for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]
    if blocks and blocks[0].startswith("# "):
        blocks = blocks[1:]
    return format_html_join("\n", "{}", ((part,) for part in _parts(blocks)))


_NUMBERED = re.compile(r"^(\d+)\. (?:([^.]{1,60})\. )?(.+)$")


def _parts(blocks: list[str]) -> Iterator[SafeString]:
    for block in blocks:
        lines = [line.strip() for line in block.splitlines()]
        found = [_NUMBERED.match(line) for line in lines]
        if all(found):
            items = [match.groups() for match in found if match]
            yield format_html("<ol>{}</ol>", format_html_join("", "{}", ((_item(*item),) for item in items)))
        elif block.startswith("#"):
            yield format_html("<h2>{}</h2>", block.lstrip("# "))
        else:
            yield format_html("<p>{}</p>", " ".join(lines))


def _item(number: str, title: str | None, rest: str) -> SafeString:
    if title:
        return format_html('<li value="{}"><strong>{}.</strong> {}</li>', number, title, rest)
    return format_html('<li value="{}">{}</li>', number, rest)
