"""Who sends how much at once and for which fees, and what is sent where a node cannot simulate it together."""

from typing import Any

import pytest
from django.db import transaction

from common.testing import at_once
from contracts.client import GWEI, client
from contracts.models import ChainTransaction, TransactionAttempt
from contracts.outbox import enqueue, sweeping
from contracts.outbox.sweeping import send_now, wake_senders
from contracts.outbox.tracking import observe
from contracts.testing import LiveChain
from contracts.testing_proxy import FailingNode, Fault, Line
from contracts.tests.actions import TRANSFER, a_while_ago, address, balance, key, plan_transfer

State = ChainTransaction.State
pytestmark = pytest.mark.django_db


def test_a_sender_is_woken_only_where_a_block_has_made_room(
    live_chain: LiveChain, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CHAIN_MAX_IN_FLIGHT = 1
    woken: list[str] = []
    monkeypatch.setattr(sweeping, "nudge_now", lambda _task, _role, sender: woken.append(sender))
    live_chain.node.automine(False)
    for name in "ab":
        plan_transfer(address(name))
    live_chain.sweep()
    wake_senders(live_chain.chain)
    assert woken == []
    live_chain.node.mine()
    live_chain.follow()
    observe(live_chain.chain)
    wake_senders(live_chain.chain)
    assert woken == [live_chain.operator]


@pytest.mark.django_db(transaction=True)
def test_two_senders_at_once_send_each_action_once_and_leave_no_gap(live_chain: LiveChain) -> None:
    planned = [plan_transfer(address(f"h{number}")) for number in range(12)]
    begin = client(live_chain.chain).nonce(live_chain.operator)
    sent = at_once(lambda _number: send_now(chain_role="public", sender=live_chain.operator), 2)
    assert sum(sent) == len(planned)
    nonces = TransactionAttempt.objects.order_by("nonce").values_list("nonce", flat=True)
    assert list(nonces) == list(range(begin, begin + 12))
    live_chain.settle()
    assert [balance(live_chain, address(f"h{number}")) for number in range(12)] == [1] * 12
    assert live_chain.audit() == []


@pytest.mark.django_db(transaction=True)
def test_what_depends_on_each_other_is_sent_by_a_node_that_simulates_nothing_together(
    live_chain: LiveChain, failing_node: FailingNode
) -> None:
    """Each payment alone passes only on the state that the one before it leaves in the pool."""

    def unknown(line: Line) -> None:
        error = {"code": -32601, "message": "the method eth_simulateV1 does not exist"}
        line.say({"jsonrpc": "2.0", "id": line.body["id"], "error": error})

    failing_node.fail(Fault("no simulation", unknown).only("eth_simulateV1"))
    live_chain.node.automine(False)
    everything = balance(live_chain, live_chain.operator)
    with transaction.atomic():
        action = {"contract": "TestStablecoin", "function": "mint", "args": [live_chain.operator, 2]}
        enqueue(kind=TRANSFER, subject="test:mint", ref=key("mint"), **action)
    plan_transfer(address("a"), amount=everything + 1)
    plan_transfer(address("b"), amount=1)
    live_chain.sweep()
    assert failing_node.met["no simulation"] > 0
    assert set(ChainTransaction.objects.values_list("state", flat=True)) == {State.BROADCAST}
    live_chain.node.mine()
    assert (balance(live_chain, address("a")), balance(live_chain, address("b"))) == (everything + 1, 1)


def test_fees_leave_room_for_a_base_fee_that_doubles(live_chain: LiveChain) -> None:
    fees = client(live_chain.chain).fees()
    base = int(live_chain.node.rpc("eth_getBlockByNumber", "latest", False)["baseFeePerGas"], 16)
    tip = int(live_chain.node.rpc("eth_maxPriorityFeePerGas"), 16)
    assert base > 0
    assert (fees.max_fee, fees.priority) == (2 * base + tip, tip)
    plan_transfer(address("a"))
    live_chain.sweep()
    attempt = TransactionAttempt.objects.get()
    assert (attempt.max_fee_per_gas, attempt.max_priority_fee_per_gas) == (fees.max_fee, fees.priority)


def test_what_is_stuck_at_the_cap_waits_and_says_so(live_chain: LiveChain, settings: Any) -> None:
    live_chain.node.automine(False)
    tx = plan_transfer(address("a"))
    live_chain.sweep()
    settings.CHAIN_MAX_FEE_GWEI = most = int(tx.attempts.get().max_fee_per_gas) // GWEI
    a_while_ago(60)
    live_chain.sweep()
    tx.refresh_from_db()
    assert (tx.state, tx.attempts.count()) == (State.BROADCAST, 1)
    assert tx.error == f"stuck: higher fees would pass the cap of {most} gwei"
