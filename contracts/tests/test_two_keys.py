"""Two keys of ours send side by side: each has its own nonces, and neither waits for the other."""

import secrets
from typing import Any

import pytest
from django.db import transaction
from eth_account import Account

from common.testing import at_once
from contracts.chains import chain
from contracts.models import ChainTransaction, SenderNonce
from contracts.operations.watching import keys_that_send
from contracts.outbox import enqueue
from contracts.outbox.operating import order
from contracts.outbox.sweeping import send_now
from contracts.signers import payout_signer
from contracts.testing import LiveChain
from contracts.tests.actions import address, key, plan_transfer

pytestmark = pytest.mark.django_db(transaction=True)
State = ChainTransaction.State
TIMES = 12


@pytest.fixture
def payer(live_chain: LiveChain, settings: Any) -> str:
    settings.PAYOUT_KEY = secrets.token_hex(32)
    found = payout_signer(live_chain.chain).address
    live_chain.node.rpc("anvil_setBalance", found, hex(10**19))
    return found


@transaction.atomic
def plan_by_payer(text: str) -> ChainTransaction:
    return enqueue(
        kind="test_approval",
        subject=f"test.approval:{text}",
        ref=key(f"approve {text}"),
        contract="TestStablecoin",
        function="approve",
        args=[address(text), 1],
        by=payout_signer,
    )


def nonces_of(sender: str) -> list[int | None]:
    rows = ChainTransaction.objects.filter(sender=sender, state=State.FINAL)
    return list(rows.order_by("nonce").values_list("nonce", flat=True))


def test_each_key_sends_all_of_its_own_without_a_gap(live_chain: LiveChain, payer: str) -> None:
    first = live_chain.node.rpc("eth_getTransactionCount", live_chain.operator, "latest")
    for number in range(TIMES):
        plan_transfer(address(f"payee {number}"))
        plan_by_payer(f"spender {number}")
    senders = [live_chain.operator, payer]
    at_once(lambda number: send_now(chain_role=chain().role, sender=senders[number % 2]), times=4)
    live_chain.finalize()
    assert nonces_of(live_chain.operator) == list(range(int(first, 16), int(first, 16) + TIMES))
    assert nonces_of(payer) == list(range(TIMES))
    assert live_chain.audit() == []
    assert set(keys_that_send(live_chain.chain)) == set(senders)


def test_one_key_sends_while_the_other_is_held(live_chain: LiveChain, payer: str) -> None:
    plan_transfer(address("a"))
    live_chain.settle()
    plan_by_payer("a")
    with transaction.atomic():
        SenderNonce.objects.select_for_update().get(address=live_chain.operator)
        (sent,) = at_once(lambda _number: send_now(chain_role=chain().role, sender=payer), times=1)
    assert sent == 1


def test_a_signer_that_is_away_keeps_no_other_key_waiting(live_chain: LiveChain, settings: Any) -> None:
    """Not with what it would send, nor with what an operator asked for."""
    # Keys are swept in the order of their addresses.
    settings.PAYOUT_KEY = next(
        one
        for one in (secrets.token_hex(32) for _try in range(1000))
        if Account.from_key(one).address < live_chain.operator
    )
    payer = payout_signer(live_chain.chain).address
    live_chain.node.rpc("anvil_setBalance", payer, hex(10**19))
    live_chain.node.automine(False)
    waiting = plan_by_payer("a")
    live_chain.sweep()
    kept, settings.PAYOUT_KEY = settings.PAYOUT_KEY, ""
    settings.PAYOUT_SIGNER_URL, settings.PAYOUT_ADDRESS = "http://127.0.0.1:9", payer
    asked = order(tx=waiting, action="speed_up", reason="a holder waits", operator="ops@example.org")
    unsigned, ours = plan_by_payer("b"), plan_transfer(address("a"))
    live_chain.sweep()
    for one in (asked, unsigned, ours):
        one.refresh_from_db()
    assert (asked.done_at, unsigned.state, ours.state) == (None, State.PLANNED, State.BROADCAST)
    settings.PAYOUT_KEY, settings.PAYOUT_SIGNER_URL, settings.PAYOUT_ADDRESS = kept, "", ""
    live_chain.sweep()
    asked.refresh_from_db()
    assert (asked.done_at is not None, waiting.attempts.count()) == (True, 2)


def test_without_a_key_of_its_own_payouts_are_sent_by_the_operator(live_chain: LiveChain) -> None:
    assert payout_signer(live_chain.chain).address == live_chain.operator
