"""Wallets of people who use the contracts without us."""

from eth_utils.address import to_checksum_address

from contracts.encoding import encode_call
from licensing.models import LicenseTemplate
from tests.faults.market import PRICE, Market


def wallet_with_coins(market: Market, *, coins: int = PRICE) -> str:
    """A wallet that is unknown here, with coins that it allows the market to take."""
    wallet = to_checksum_address("0x" + "5a" * 20)
    node, deployment = market.live.node, market.live.chain.deployment
    node.rpc("anvil_setBalance", wallet, hex(10**19))
    send_as(market, market.live.operator, "TestStablecoin", "transfer", wallet, coins)
    send_as(market, wallet, "TestStablecoin", "approve", deployment.address("LicenseMarket"), coins)
    return wallet


def buy_with(market: Market, wallet: str) -> None:
    terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash
    intent = [market.entry, terms, market.currency, PRICE, 1, wallet, 2**40]
    send_as(market, wallet, "LicenseMarket", "buy", intent, [])


def send_as(market: Market, sender: str, contract: str, function: str, *args: object, value: int = 0) -> None:
    """A transaction of a key that we do not have, or use behind our own back."""
    node = market.live.node
    node.rpc("anvil_impersonateAccount", sender)
    data = "0x" + encode_call(contract, function, list(args)).hex()
    to = market.live.chain.deployment.address(contract)
    call = {"from": sender, "to": to, "data": data, "gas": hex(1_000_000), "value": hex(value)}
    node.rpc("eth_sendTransaction", call)
    node.rpc("anvil_stopImpersonatingAccount", sender)
