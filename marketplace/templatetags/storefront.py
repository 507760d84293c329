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
from designs.models import Design, RegistryEntry
from designs.verdicts import claim_sentence, logs_command, receipt_command, verifier_command
from marketplace.selectors import DesignPage, MoneyFlow, ResourceShown
from royalties.ledger import SUPPLY
from royalties.selectors import PPM

register = template.Library()


@register.simple_tag
def proof_items(shown: DesignPage) -> list[dict[str, str]]:
    """The strip under a design: anchored, lineage, reproducible, conforming. Green is only what stands on chain."""
    anchoring = shown.design.state == Design.State.ANCHORING
    return [_anchored(shown, anchoring=anchoring), _lineage(shown), _reproducible(shown), _conforming(shown)]


@register.simple_tag
def resource_proof_items(shown: ResourceShown) -> list[dict[str, str]]:
    """The strip of a model, program or data set: anchored, and who computed its hash."""
    resource = shown.resource
    seen = _("of the file itself, by us") if resource.hashed_here else _("as its owner stated it; we have not seen it")
    return [
        _anchored(shown, anchoring=resource.state == resource.State.ANCHORING),
        {"tone": "none", "label": _("Hash"), "detail": seen, "url": ""},
    ]


def _anchored(shown: DesignPage | ResourceShown, *, anchoring: bool) -> dict[str, str]:
    status, entry = shown.status, shown.entry
    if entry is None:
        return {
            "tone": "pending" if anchoring else "none",
            "label": _("Not anchored yet"),
            "detail": _("only its people see this page"),
            "url": "",
        }
    block = entry.event.block
    place = _("block %(number)s · %(day)s") % {
        "number": f"{block.number:,}",
        "day": date_format(block.timestamp, "j M Y"),
    }
    if shown.entry_state == "contested":
        detail = _("%(block)s, contested by another claim") % {"block": place}
        return {"tone": "pending", "label": _("Anchored"), "detail": detail, "url": "#check"}
    claim = (
        _("claim number %(order)d of this file") % {"order": shown.claim_order}
        if shown.is_later_claim
        else _("first claim")
    )
    final = status.code == "final"
    return {
        "tone": "proof" if final else "pending",
        "label": _("Anchored") if final else status.label.capitalize(),
        "detail": _("%(block)s, %(claim)s") % {"block": place, "claim": claim},
        "url": "#claims" if shown.is_later_claim and isinstance(shown, DesignPage) else "#check",
    }


def _lineage(shown: DesignPage) -> dict[str, str]:
    above, below = len(shown.family.ancestors), shown.family.descendants_number
    words = []
    if above:
        words.append(ngettext("%(number)s ancestor", "%(number)s ancestors", above) % {"number": above})
    if below:
        words.append(ngettext("%(number)s descendant", "%(number)s descendants", below) % {"number": below})
    if not words:
        return {"tone": "none", "label": _("Lineage"), "detail": _("an original, nothing derived yet"), "url": ""}
    tone = "proof" if shown.status.code == "final" else "pending"
    return {"tone": tone, "label": _("Lineage"), "detail": ", ".join(words), "url": "#lineage"}


def _reproducible(shown: DesignPage) -> dict[str, str]:
    """Nothing is re-run yet, so nothing is green: only what a re-run would need is told."""
    version = shown.version
    if not version.model_name:
        detail = _("not checked: no program stated")
    elif version.parameters and version.seed:
        detail = _("not checked: program, parameters, seed stated")
    else:
        detail = _("not checked: program stated, not all it ran on")
    return {"tone": "none", "label": _("Reproducible"), "detail": detail, "url": "#made"}


def _conforming(shown: DesignPage) -> dict[str, str]:
    mesh = shown.design.kind == Design.Kind.MESH
    detail = _("not checked against a process") if mesh else _("an image: nothing to check it against")
    return {"tone": "none", "label": _("Conforming"), "detail": detail, "url": "#facts" if mesh else ""}


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


@register.simple_tag
def money_lines(shown: DesignPage, flow: MoneyFlow) -> list[dict[str, Any]]:
    """One sale to the last unit: every holder, each ancestor, the fee, and what no line holds. They make the price.

    Each line has label, note, units (base units), and an address, an entry or a design where there is one.
    """
    parts = flow.breakdown
    left = parts.price - parts.fee
    addresses = [part.address for part in parts.slices]
    lines: list[dict[str, Any]] = [
        {
            "label": "" if name.startswith("0x") else name,
            "note": role.lower(),
            "part": _("%(percent)s %% of the shares") % {"percent": percent(share)},
            "address": address,
            "units": units,
        }
        for address, (name, role, share, units) in zip(addresses, flow.lines, strict=True)
    ]
    lines += [
        {
            "label": one.title or _("a work not shown here"),
            "note": _("ancestor, to its holders"),
            "part": _("%(percent)s %% after the fee") % {"percent": percent(one.ppm)},
            "design": one.design,
            "units": left * one.ppm // PPM,
        }
        for one in shown.family.ancestors
    ]
    fee = {"label": "Loomprint", "note": _("fee"), "units": parts.fee}
    lines.append({**fee, "part": _("%(percent)s %% of the price") % {"percent": percent(parts.fee_ppm)}})
    rest = parts.price - sum(line["units"] for line in lines)
    if rest:
        everyone = sum(line[2] for line in flow.lines) == SUPPLY
        label = _("Fractions, carried to the next sale") if everyone else _("Further holders, by their shares")
        lines.append({"label": label, "note": "", "part": "", "units": rest})
    return lines


def _share(part: int, whole: int) -> float:
    return round(100 * part / whole, 2) if whole else 0


@register.simple_tag
def verify_commands(shown: DesignPage) -> dict[str, str]:
    """The exact commands with which anyone checks this file's registration without us."""
    file, sha256, here = shown.version.file_name, shown.version.master.sha256, chain()
    try:
        registry = here.deployment.address("DesignRegistry")
    except ChainNotDeployed:
        registry = shown.entry.event.address if shown.entry else ""
    node = here.public_rpc_url
    return {
        "hash": f"sha256sum {shlex.quote(file)}",
        "verifier": verifier_command(file, node=node, registry=registry),
        "logs": logs_command(sha256, node=node, registry=registry),
        "receipt": receipt_command(shown.transaction_hash, node=node),
        "registry": registry,
    }


@register.filter
def claim_words(claim: RegistryEntry) -> str:
    """What one registration proves, in the product's words."""
    return claim_sentence(claim)
