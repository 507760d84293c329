"""The platform's fee as pages say it, and amounts in the currency that they came in."""

from django import template

from common.money import Currency, format_amount
from common.templatetags.formatting import percent
from contracts.chains import chain
from royalties.selectors import fee_ppm

register = template.Library()


@register.simple_tag
def platform_fee() -> str:
    """The fee of today as "5 %"."""
    return f"{percent(fee_ppm(chain_id=chain().chain_id))} %"


@register.filter
def figure(units: int, currency: Currency) -> str:
    """Base units without their symbol, for the columns of one currency."""
    return format_amount(units, currency).removesuffix(f" {currency.symbol}")


@register.filter
def in_currency(units: int | None, currency: Currency) -> str:
    """Base units with their symbol, except in the currency of our prices, which tables name once."""
    return figure(units or 0, currency) if currency.code == "tUSD" else format_amount(units or 0, currency)
