"""What a currency's address stands for."""

from django.conf import settings

from common.identifiers import ZERO_ADDRESS
from common.money import TUSD, Currency
from contracts.chains import Chain
from contracts.errors import ChainNotDeployed

NATIVE_DECIMALS = 18


def currency_at(address: str, chain: Chain) -> Currency:
    """The currency at an address: ours, the native coin, or one that is known by its address and base units alone."""
    if address == ZERO_ADDRESS:
        return Currency(settings.CHAIN_COIN, settings.CHAIN_COIN, NATIVE_DECIMALS)
    try:
        ours = chain.deployment.currency
    except ChainNotDeployed:
        ours = address
    return TUSD if address == ours else Currency(address, f"{address[:6]}…{address[-4:]}", 0)
