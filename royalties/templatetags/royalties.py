"""The platform's fee as pages say it; its value has one home, the ledger."""

from django import template

from common.templatetags.formatting import percent
from royalties.ledger import FEE_PPM

register = template.Library()


@register.simple_tag
def platform_fee() -> str:
    """The fee as "5 %"."""
    return f"{percent(FEE_PPM)} %"
