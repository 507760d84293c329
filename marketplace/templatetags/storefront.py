"""What storefront pages show of a selector's answer: chips, the proof strip, where the money goes."""

import shlex
from typing import Any

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.templatetags.formatting import amount, percent, short
from contracts.chains import chain
from contracts.errors import ChainNotDeployed
from designs.models import Design
from marketplace.selectors import DesignPage, MoneyFlow
from royalties.ledger import SUPPLY

register = template.Library()


@register.simple_tag
def proof_items(shown: DesignPage) -> list[dict[str, str]]:
    """The strip under a design. Green is only what stands on chain; nothing is called proof that is stated."""
    made = bool(shown.version.model_name)
    return [
        _anchored(shown),
        _claim(shown),
        _lineage(shown),
        {
            "tone": "none",
            "label": _("Making"),
            "detail": _("program and parameters stated, not re-run") if made else _("no program stated"),
            "url": "#made",
        },
    ]


def _anchored(shown: DesignPage) -> dict[str, str]:
    status, entry = shown.status, shown.entry
    if entry is None:
        return {
            "tone": "pending" if shown.design.state == Design.State.ANCHORING else "none",
            "label": _("Not anchored yet"),
            "detail": _("only its people see this page"),
            "url": "",
        }
    block = entry.event.block
    detail = _("block %(number)s · %(day)s") % {
        "number": f"{block.number:,}",
        "day": date_format(block.timestamp, "j M Y"),
    }
    if status.code == "final":
        return {"tone": "proof", "label": _("Anchored"), "detail": detail, "url": "#check"}
    return {"tone": "pending", "label": status.label.capitalize(), "detail": detail, "url": "#check"}


def _claim(shown: DesignPage) -> dict[str, str]:
    if shown.entry is None:
        return {"tone": "none", "label": _("No claim yet"), "detail": _("of this file by you"), "url": ""}
    if shown.entry_state == "contested":
        detail = _("another claim of this file disputes it")
        return {"tone": "pending", "label": _("Contested"), "detail": detail, "url": "#check"}
    settled = "proof" if shown.status.code == "final" else "pending"
    if not shown.is_later_claim:
        return {
            "tone": settled,
            "label": _("First claim"),
            "detail": _("known to this registry"),
            "url": "#check",
        }
    first = shown.first_claim
    return {
        "tone": "none",
        "label": _("A later claim"),
        "detail": _("first by %(address)s") % {"address": short(first.creator)} if first else "",
        "url": "#claims",
    }


def _lineage(shown: DesignPage) -> dict[str, str]:
    number = len(shown.parents)
    if not number:
        return {"tone": "none", "label": _("Lineage"), "detail": _("no parents stated"), "url": ""}
    detail = ngettext("derived from %(number)s work", "derived from %(number)s works", number) % {"number": number}
    tone = "proof" if shown.status.code == "final" else "pending"
    return {"tone": tone, "label": _("Lineage"), "detail": detail, "url": ""}


@register.simple_tag
def breakdown_rows(flow: MoneyFlow) -> list[dict[str, Any]]:
    """Rows for components/breakdown.html: every holder, the platform, ancestors, and what no line holds."""
    parts = flow.breakdown
    rows = [
        {
            "label": short(name) if name.startswith("0x") else name,
            "note": ", ".join(word for word in (role.lower(), f"{percent(units)} %") if word),
            "amount": amount(units_paid),
            "percent": _share(units_paid, parts.price),
        }
        for name, role, units, units_paid in flow.lines
    ]
    rows.append(
        {
            "label": "Loomprint",
            "note": f"{percent(parts.fee_ppm)} %",
            "amount": amount(parts.fee),
            "percent": _share(parts.fee, parts.price),
        }
    )
    if parts.ancestors:
        rows.append(
            {
                "label": _("Works it derives from"),
                "note": f"{percent(parts.ancestors_ppm)} %",
                "amount": amount(parts.ancestors),
                "percent": _share(parts.ancestors, parts.price),
            }
        )
    rest = parts.price - parts.fee - parts.ancestors - sum(line[3] for line in flow.lines)
    if rest:
        everyone = sum(line[2] for line in flow.lines) == SUPPLY
        label = _("Fractions, carried to the next sale") if everyone else _("Further holders")
        rows.append({"label": label, "note": "", "amount": amount(rest), "percent": _share(rest, parts.price)})
    return rows


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0


@register.simple_tag
def verify_commands(shown: DesignPage) -> dict[str, str]:
    """The exact commands with which anyone checks this file, with our database and without it."""
    file = shlex.quote(shown.version.file_name)
    here = chain()
    try:
        registry = here.deployment.address("DesignRegistry")
    except ChainNotDeployed:
        registry = shown.entry.event.address if shown.entry else ""
    alone = f"python contracts/verifier/verify.py {file} --rpc {here.public_rpc_url} --registry {registry}"
    return {"ours": f"python manage.py verify {file}", "alone": alone, "registry": registry}
