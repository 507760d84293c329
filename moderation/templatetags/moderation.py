"""What pages of other rooms say of moderation."""

from typing import Any

from django import template

from designs.models import Design
from moderation.policy import RULES, Rule
from moderation.selectors import standing_decisions

register = template.Library()


@register.inclusion_tag("moderation/_standing.html", takes_context=True)
def moderation_standing(context: Any, design: Design) -> dict[str, Any]:
    """Why a design stands as it does: a short line for everybody, the way to the whole statement for its owner."""
    user = context.get("user")
    return {
        "decisions": standing_decisions(design),
        "is_owner": user is not None and user.pk is not None and design.owner_id == user.pk,
        "design": design,
    }


@register.filter
def rule_of(action: str) -> Rule | None:
    """What an action does, by its word."""
    return RULES.get(action)
