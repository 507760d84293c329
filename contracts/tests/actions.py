"""Business actions of these tests: each leaves a trace on the chain that shows how often it was done."""

import hashlib
import subprocess
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from common.testing import wait_until
from contracts.client import client
from contracts.encoding import encode_call
from contracts.models import ChainCursor, ChainEvent, ChainTransaction, TransactionAttempt
from contracts.outbox import enqueue
from contracts.testing import LiveChain
from contracts.testing_proxy import Fault, Line

# What beat and a worker do together, as one process.
SWEEPER = """
import time, django
django.setup()
from contracts.outbox.sweeping import sweep_all
while True:
    sweep_all()
    time.sleep(0.2)
"""
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


def take_coins(live: LiveChain, amount: int) -> str:
    """The market moves coins of the operator, who has allowed it, at a price that puts it first in the next block.
    Returns the transaction's hash.
    """
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
    return str(live.node.rpc("eth_sendTransaction", transfer))


def refusing(message: str) -> Fault:
    """A node that takes no transaction, and says this."""

    def answer(line: Line) -> None:
        error = {"code": -32000, "message": message}
        line.say([{"jsonrpc": "2.0", "id": question["id"], "error": error} for question in line.questions()])

    return Fault("refuses", answer).only("eth_sendRawTransaction")


def a_while_ago(minutes: int) -> None:
    """Let all that was done have been done so long ago."""
    then = timezone.now() - timedelta(minutes=minutes)
    ChainTransaction.objects.update(state_at=then)
    TransactionAttempt.objects.update(signed_at=then, broadcast_at=then, tried_at=then)


def balance(live: LiveChain, holder: str) -> int:
    found: int = client(live.chain).call("TestStablecoin", "balanceOf", holder)
    return found


def start_reader_and_sender(live: LiveChain, **changes: str) -> list["subprocess.Popen[bytes]"]:
    """An indexer and a sweeper as processes, once the first has read something."""
    indexer = live.start("manage.py", "follow_chain", unheard=True, **changes)
    sender = live.start("-c", SWEEPER, unheard=True, **changes)
    wait_until(ChainCursor.objects.exists)
    return [indexer, sender]


def plan_some(name: str) -> list[ChainTransaction]:
    """Three events of one contract, and a payment that shows whether it was made twice."""
    return [*(plan_terms(f"{name} {number}") for number in range(3)), plan_transfer(address(name), amount=5)]


def some(name: str) -> QuerySet[ChainTransaction]:
    subjects = [*(f"test.terms:{name} {number}" for number in range(3)), f"test.payment:{address(name)}"]
    return ChainTransaction.objects.filter(subject__in=subjects)


def are(name: str, *states: str) -> bool:
    """Whether all that `plan_some` planned is in one of these states."""
    return some(name).filter(state__in=states).count() == 4


def read(name: str) -> int:
    """How many events of these are in the database."""
    return ChainEvent.objects.filter(
        name="TermsDefined", args__uri__startswith=f"https://terms.example/{name} "
    ).count()


def check_some(live: LiveChain, names: list[str]) -> None:
    """Once all is final: each was done once, on the chain and in the database."""
    live.finalize()
    assert {name: (read(name), balance(live, address(name))) for name in names} == dict.fromkeys(names, (3, 5))
    assert set(ChainTransaction.objects.values_list("state", flat=True)) == {ChainTransaction.State.FINAL}
    assert live.audit() == []
