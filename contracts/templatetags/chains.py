"""The public chain as pages name it."""

from django import template
from django.conf import settings
from django.utils.html import json_script

from common.money import TUSD
from contracts.chains import chain
from contracts.errors import ChainNotDeployed
from contracts.wallet_texts import wallet_texts

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


@register.simple_tag
def chain_facts() -> str:
    """What a page's wallet island needs to know of the chain, as a JSON script; "" while nothing is deployed."""
    here = chain()
    try:
        deployment = here.deployment
    except ChainNotDeployed:
        return ""
    return json_script(
        {
            "chainId": here.chain_id,
            "name": settings.CHAIN_NAME,
            "rpcUrl": here.public_rpc_url,
            "isLocal": here.is_local and settings.LOOMPRINT_LOCAL,
            "contracts": deployment.addresses,
            "currency": {"address": deployment.currency, "code": TUSD.code, "decimals": TUSD.decimals},
            "coin": {"code": settings.CHAIN_COIN, "decimals": 18},
            "walletConnect": settings.WALLETCONNECT_PROJECT_ID,
            "patience": settings.WALLET_PATIENCE_SECONDS,
        },
        "chain-facts",
    )


@register.simple_tag
def wallet_words() -> str:
    """The wallet island's sentences in the reader's language, as a JSON script."""
    return json_script(wallet_texts(), "wallet-words")
