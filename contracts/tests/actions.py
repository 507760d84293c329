"""Business actions of these tests: each leaves a trace on the chain that shows how often it was done."""

import hashlib
from typing import Any

from django.db import transaction
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from contracts.client import client
from contracts.encoding import encode_call
from contracts.models import ChainTransaction
from contracts.outbox import enqueue
from contracts.testing import LiveChain

TERMS = "test_terms"
TRANSFER = "test_transfer"
# Transferable licenses without end, of which nothing is derived.
FACTS = [True, False, False, False, False, False, 0, 0, 0, 0]


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


def terms_hash_of(text: str) -> str:
    """The hash that the licenses give to terms of this text."""
    kinds = "(bool,bool,bool,bool,bool,bool,uint32,uint32,uint40,uint32)"
    return "0x" + keccak(encode(["bytes32", kinds], [key(text), tuple(FACTS)])).hex()


@transaction.atomic
def plan_terms(text: str, **changes: Any) -> ChainTransaction:
    """Terms for the licenses: defining them reverts the second time, and emits an event that we read."""
    return enqueue(
        kind=TERMS,
        subject=f"test.terms:{text}",
        ref=key(f"terms {text}"),
        contract="DesignLicenses",
        function="defineTerms",
        args=[key(text), FACTS, f"https://terms.example/{text}"],
        **changes,
    )


@transaction.atomic
def plan_terms_again(text: str) -> ChainTransaction:
    """Another action that defines terms which are defined: a certain revert."""
    return enqueue(
        kind=TERMS,
        subject=f"test.terms:{text} again",
        ref=key(f"terms {text} again"),
        contract="DesignLicenses",
        function="defineTerms",
        args=[key(text), FACTS, ""],
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
