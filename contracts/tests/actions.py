"""Business actions of these tests: each leaves a trace on the chain that shows how often it was done."""

import hashlib
from typing import Any

from django.db import transaction
from eth_utils.address import to_checksum_address

from contracts.client import client
from contracts.encoding import encode_call
from contracts.models import ChainTransaction
from contracts.outbox import enqueue
from contracts.testing import LiveChain

TERMS = "test_terms"
TRANSFER = "test_transfer"


def key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def address(text: str) -> str:
    return to_checksum_address(key(text)[:20])


@transaction.atomic
def plan_transfer(to: str, *, amount: int = 1, ref: str = "", kind: str = TRANSFER) -> ChainTransaction:
    """A payment of test dollars: sent twice, the balance shows it."""
    return enqueue(
        kind=kind,
        subject=f"test.payment:{to}",
        ref=key(ref or f"pay {to}"),
        contract="TestStablecoin",
        function="transfer",
        args=[to, amount],
    )


@transaction.atomic
def plan_terms(text: str, **changes: Any) -> ChainTransaction:
    """A hash of terms for the market: it reverts the second time, and emits an event that we read."""
    return enqueue(
        kind=TERMS,
        subject=f"test.terms:{text}",
        ref=key(f"terms {text}"),
        contract="LicenseMarket",
        function="addTerms",
        args=[key(text), f"https://terms.example/{text}"],
        **changes,
    )


@transaction.atomic
def plan_terms_again(text: str) -> ChainTransaction:
    """Another action that adds terms which the market has: a certain revert."""
    return enqueue(
        kind=TERMS,
        subject=f"test.terms:{text} again",
        ref=key(f"terms {text} again"),
        contract="LicenseMarket",
        function="addTerms",
        args=[key(text), ""],
    )


def take_coins(live: LiveChain, amount: int) -> None:
    """The market moves coins of the operator, who has allowed it, at a price that puts it first in the next block."""
    market = live.chain.deployment.address("LicenseMarket")
    live.node.rpc("anvil_setBalance", market, hex(10**19))
    live.node.rpc("anvil_impersonateAccount", market)
    data = encode_call("TestStablecoin", "transferFrom", [live.operator, market, amount])
    transfer = {
        "from": market,
        "to": live.chain.deployment.address("TestStablecoin"),
        "data": "0x" + data.hex(),
        "gas": hex(200_000),
        "maxFeePerGas": hex(10**12),
        "maxPriorityFeePerGas": hex(10**11),
    }
    live.node.rpc("eth_sendTransaction", transfer)


def balance(live: LiveChain, holder: str) -> int:
    found: int = client(live.chain).call("TestStablecoin", "balanceOf", holder)
    return found
