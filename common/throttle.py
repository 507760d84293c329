"""Counting attempts in Redis. When Redis is away actions go through: limits guard comfort, not money."""

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.throttling import BaseThrottle


class TooMany(Exception):
    """More attempts than the limit allows; `str()` says when to try again."""


def allow(key: str, *, limit: int, seconds: int) -> None:
    """Count one attempt; raise TooMany beyond `limit` within `seconds`."""
    cache.add(f"throttle:{key}", 0, timeout=seconds)
    try:
        used = cache.incr(f"throttle:{key}")
    except ValueError:  # it ran out between the two
        return
    if used > limit:
        raise TooMany(_("That was too often. Wait %(minutes)s minutes and try again.") % {"minutes": seconds // 60})


def address_of(request: HttpRequest) -> str:
    """Who asks, as every limit by address counts them (LOOMPRINT_PROXIES); empty where nobody is known."""
    return BaseThrottle().get_ident(request) or ""  # type: ignore[arg-type]
