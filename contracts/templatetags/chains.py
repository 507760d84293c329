"""The public chain as pages name it."""

from django import template

from contracts.chains import chain
from contracts.errors import ChainNotDeployed

register = template.Library()


@register.simple_tag
def chain_number() -> int:
    """The public chain's id."""
    return chain().chain_id


@register.simple_tag
def registry_address() -> str:
    """Address of the DesignRegistry, or "" while our contracts are not deployed."""
    try:
        return chain().deployment.address("DesignRegistry")
    except ChainNotDeployed:
        return ""
