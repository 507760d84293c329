"""Claiming, for the Earnings page."""

from typing import Any

from django import template

from royalties.claiming import ClaimBox, claim_box

register = template.Library()


@register.simple_tag
def claims_of(person: Any) -> ClaimBox:
    """What waits for this person, by address and currency."""
    return claim_box(person=person)
