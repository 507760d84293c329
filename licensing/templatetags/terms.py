"""License terms in plain words: what a holder may and may not do, out of the rights that the sold hash covers."""

from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.templatetags.formatting import percent

register = template.Library()

_DAY = 86_400


@register.filter
def may(rights: dict[str, Any]) -> list[str]:
    """What the holder may do, a phrase each."""
    allowed = [_("use it in products, services and client work")] if rights.get("commercial_use") else []
    allowed += [] if rights.get("commercial_use") else [_("use it privately, and as gifts")]
    if copies := int(rights.get("copies_for_sale") or 0):
        allowed.append(_("sell up to %(number)s copies or prints") % {"number": _grouped(copies)})
    if units := int(rights.get("units") or 0):
        allowed.append(_("make up to %(number)s pieces, and report them") % {"number": _grouped(units)})
    allowed += {
        "private": [_("change it for yourself")],
        "in_products": [_("change it within a product")],
        "registered": [_derivatives(rights)],
    }.get(str(rights.get("derivatives")), [])
    allowed += [_("train a model on it")] if rights.get("training") else []
    allowed += [_("pass the license on as a whole")] if rights.get("transferable") else []
    allowed += [_("have later versions of it too")] if rights.get("later_versions") else []
    allowed += [_("be its only buyer from now on")] if rights.get("exclusive") else []
    return allowed


@register.filter
def may_not(rights: dict[str, Any]) -> list[str]:
    """What the holder may not do, a phrase each."""
    refused = [] if rights.get("commercial_use") else [_("use it commercially")]
    if not rights.get("copies_for_sale") and not rights.get("units"):
        refused.append(_("sell copies or prints"))
    refused.append(_("pass on or sell the file itself"))
    if rights.get("derivatives") != "registered":
        refused.append(_("publish or register works derived from it"))
    refused += [] if rights.get("training") else [_("train a model on it")]
    refused += [] if rights.get("transferable") else [_("pass the license on")]
    return refused


@register.filter
def lasts(rights: dict[str, Any]) -> str:
    """How long it lasts, and whether it can be taken back."""
    if rights.get("expires") and (period := int(rights.get("period") or 0)):
        days = max(1, period // _DAY)
        time = ngettext("It lasts %(days)s day.", "It lasts %(days)s days.", days) % {"days": _grouped(days)}
    else:
        time = _("It has no end.")
    if rights.get("revocable", True):
        return _("%(time)s It can be revoked as its text says.") % {"time": time}
    return _("%(time)s Nobody can revoke it.") % {"time": time}


def _derivatives(rights: dict[str, Any]) -> str:
    rate = int(rights.get("derivative_ppm") or 0)
    if not rate:
        return _("register works derived from it")
    return _("register works derived from it, which pay %(percent)s %% of what they earn") % {"percent": percent(rate)}


def _grouped(number: int) -> str:
    return number_format(number, force_grouping=number >= 1000)
