"""Nonces that something of ours left, that another took, or that were reserved: each is used once."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from contracts.deployment import load_record, save_record
from contracts.models import (
    ChainTransaction,
    OperatorOrder,
    SenderNonce,
    TransactionAttempt,
)
from contracts.operations.facts import read_facts
from contracts.outbox import broadcasting
from contracts.outbox.operating import order
from contracts.outbox.sending import HEAD_ROOM, fill_gaps, senders_with_gaps
from contracts.outbox.states import advance
from contracts.outbox.tracking import push
from contracts.signers import signer_of
from contracts.testing import LiveChain
from contracts.testing_proxy import FailingNode, Fault, Json, Line, nothing
from contracts.tests.actions import (
    address,
    balance,
    plan_transfer,
    refusing,
)

State = ChainTransaction.State
pytestmark = pytest.mark.django_db


def long_ago() -> None:
    """Let it be long since all that waits was handed over."""
    then = timezone.now() - timedelta(minutes=10)
    ChainTransaction.objects.update(state_at=then)
    TransactionAttempt.objects.update(tried_at=then)


def use_elsewhere(live_chain: LiveChain, nonce: int | None) -> None:
    """Let the next block have a transaction of the operator's key at this nonce of which we know nothing."""
    live_chain.node.rpc("anvil_impersonateAccount", live_chain.operator)
    foreign = {"from": live_chain.operator, "to": live_chain.operator, "value": "0x0", "nonce": hex(nonce or 0)}
    live_chain.node.rpc("eth_sendTransaction", foreign)


def test_a_gap_that_a_given_up_send_leaves_is_filled_at_its_nonce(live_chain: LiveChain) -> None:
    live_chain.node.automine(False)
    lost = plan_transfer(address("lost"))
    live_chain.sweep()
    lost.refresh_from_db()
    live_chain.node.rpc("anvil_dropTransaction", lost.transaction_hash)
    later = plan_transfer(address("later"))
    assert advance(lost, [State.BROADCAST], State.CANCELED, "an operator canceled it")
    live_chain.sweep()
    filler = ChainTransaction.objects.get(kind="fill_nonce")
    assert (filler.nonce, filler.state) == (lost.nonce, State.BROADCAST)
    live_chain.node.mine()
    live_chain.follow()
    live_chain.sweep()
    later.refresh_from_db()
    assert later.state == State.MINED
    assert (balance(live_chain, address("lost")), balance(live_chain, address("later"))) == (0, 1)
    assert live_chain.audit() == []


def test_a_gap_is_filled_however_many_are_open_above_it(live_chain: LiveChain, settings: Any) -> None:
    """After a rewind more may be open than the bound allows, and all of them wait for the gap."""
    live_chain.node.automine(False)
    lost = plan_transfer(address("lost"))
    live_chain.sweep()
    lost.refresh_from_db()
    live_chain.node.rpc("anvil_dropTransaction", lost.transaction_hash)
    later = plan_transfer(address("later"))
    live_chain.sweep()
    assert advance(lost, [State.BROADCAST], State.CANCELED, "an operator canceled it")
    settings.CHAIN_MAX_IN_FLIGHT = 1
    live_chain.sweep()
    assert ChainTransaction.objects.get(kind="fill_nonce").state == State.BROADCAST
    live_chain.node.mine()
    live_chain.settle()
    later.refresh_from_db()
    assert later.state == State.MINED
    assert live_chain.audit() == []


def test_what_a_deployment_under_way_has_reserved_is_no_gap(live_chain: LiveChain) -> None:
    record = load_record(live_chain.chain)
    assert record is not None
    plan = replace(record.plan, first_nonce=record.plan.end_nonce + 1)
    allocator = {"chain_id": live_chain.chain.chain_id, "address": live_chain.operator}
    SenderNonce.objects.create(**allocator, next_nonce=plan.end_nonce + 1)
    save_record(live_chain.chain, replace(record, plan=plan, complete=False))
    assert fill_gaps(live_chain.chain, live_chain.operator) == 2
    filled = ChainTransaction.objects.order_by("nonce").values_list("nonce", flat=True)
    assert list(filled) == [plan.first_nonce - 1, plan.end_nonce]
    save_record(live_chain.chain, replace(record, plan=plan))
    assert fill_gaps(live_chain.chain, live_chain.operator) == plan.end_nonce - plan.first_nonce


@pytest.mark.django_db(transaction=True)
def test_an_empty_transaction_gets_the_gas_that_this_chain_wants_for_it(
    live_chain: LiveChain, failing_node: FailingNode
) -> None:
    def dear(asked: Json, said: Json) -> Json:
        empty = asked["method"] == "eth_estimateGas" and asked["params"][0]["data"] == "0x"
        return {**said, "result": hex(60_000)} if empty else said

    live_chain.node.automine(False)
    failing_node.fail(Fault("dear", lambda line: line.each(dear)))
    lost, canceled = plan_transfer(address("lost")), plan_transfer(address("canceled"))
    live_chain.sweep()
    lost.refresh_from_db()
    live_chain.node.rpc("anvil_dropTransaction", lost.transaction_hash)
    assert advance(lost, [State.BROADCAST], State.CANCELED, "an operator canceled it")
    order(tx=canceled, action=OperatorOrder.Action.CANCEL, reason="a buyer asks", operator="ops@example.org")
    live_chain.sweep()
    live_chain.sweep()
    filler = TransactionAttempt.objects.get(transaction__kind="fill_nonce")
    assert filler.gas_limit == 60_000 * 3 // 2 + HEAD_ROOM
    assert canceled.attempts.get(cancels=True).gas_limit == 60_000 * 3 // 2


@pytest.mark.django_db(transaction=True)
def test_what_fills_a_gap_is_one_transaction_however_often_it_is_refused(
    live_chain: LiveChain, failing_node: FailingNode
) -> None:
    failing_node.fail(refusing("intrinsic gas too low"))
    lost = plan_transfer(address("lost"))
    for _sweep in range(5):
        live_chain.sweep()
        long_ago()
    lost.refresh_from_db()
    assert lost.state == State.FAILED
    filler = ChainTransaction.objects.get(kind="fill_nonce")
    assert (filler.state, filler.nonce, filler.error) == (State.SIGNED, lost.nonce, "intrinsic gas too low")
    assert filler.attempts.count() == 2
    facts = read_facts(live_chain.chain)
    assert (facts.refused, facts.refused_reason) == (1, "intrinsic gas too low")
    failing_node.heal()
    later = plan_transfer(address("later"))
    live_chain.sweep()
    live_chain.settle()
    live_chain.finalize()
    later.refresh_from_db()
    assert (later.state, balance(live_chain, address("later"))) == (State.FINAL, 1)
    assert read_facts(live_chain.chain).refused == 0
    assert live_chain.audit() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lies", [1, None], ids=["once", "always"])
def test_a_node_that_tells_that_nothing_reverts_does_not_end_what_fills_a_gap(
    live_chain: LiveChain, failing_node: FailingNode, lies: int | None
) -> None:
    """It needs no simulation to be sure of it: what it waits for would wait for it."""

    def reverts(line: Line) -> None:
        if line.body["params"][0].get("data") != "0x":
            line.say(line.ask())
        else:
            line.say({"jsonrpc": "2.0", "id": 1, "error": {"code": 3, "message": "execution reverted"}})

    live_chain.node.automine(False)
    lost, later = plan_transfer(address("lost")), plan_transfer(address("later"))
    live_chain.sweep()
    lost.refresh_from_db()
    live_chain.node.rpc("anvil_dropTransaction", lost.transaction_hash)
    assert advance(lost, [State.BROADCAST], State.CANCELED, "an operator canceled it")
    failing_node.fail(Fault("reverts", reverts).only("eth_estimateGas"), times=lies)
    for _sweep in range(3):
        live_chain.sweep()
    assert failing_node.met["reverts"]
    filler = ChainTransaction.objects.get(kind="fill_nonce")
    assert (filler.state, filler.error) == (State.BROADCAST, "") if lies else (State.PLANNED, "reverted with 0x")
    failing_node.heal()
    long_ago()
    live_chain.sweep()
    live_chain.node.mine()
    live_chain.settle()
    later.refresh_from_db()
    assert (later.state, balance(live_chain, address("later"))) == (State.MINED, 1)


def test_a_nonce_used_by_somebody_else_with_the_key_plans_the_action_anew(live_chain: LiveChain) -> None:
    live_chain.node.automine(False)
    live_chain.follow()
    tx = plan_transfer(address("a"), amount=5)
    live_chain.sweep()
    tx.refresh_from_db()
    taken = tx.nonce
    live_chain.node.rpc("anvil_dropTransaction", tx.transaction_hash)
    use_elsewhere(live_chain, taken)
    live_chain.node.automine(True)
    live_chain.node.mine(80)
    live_chain.follow()
    live_chain.sweep()
    live_chain.settle()
    tx.refresh_from_db()
    assert (tx.state, tx.nonce) == (State.MINED, (taken or 0) + 1)
    assert balance(live_chain, address("a")) == 5
    assert live_chain.audit() == []


@pytest.mark.parametrize("filled", [False, True], ids=["before it was filled", "in place of the filler"])
def test_a_gap_that_somebody_else_used_with_the_key_is_looked_for_no_more(live_chain: LiveChain, filled: bool) -> None:
    live_chain.node.automine(False)
    live_chain.follow()
    lost = plan_transfer(address("lost"))
    live_chain.sweep()
    lost.refresh_from_db()
    live_chain.node.rpc("anvil_dropTransaction", lost.transaction_hash)
    assert advance(lost, [State.BROADCAST], State.CANCELED, "an operator canceled it")
    if filled:
        live_chain.sweep()
        filler = ChainTransaction.objects.get(kind="fill_nonce")
        live_chain.node.rpc("anvil_dropTransaction", filler.transaction_hash)
    use_elsewhere(live_chain, lost.nonce)
    live_chain.node.mine()
    live_chain.follow()
    live_chain.sweep()
    assert bool(senders_with_gaps(live_chain.chain)) is not filled
    live_chain.node.mine(80)
    live_chain.follow()
    live_chain.sweep()
    live_chain.sweep()
    assert senders_with_gaps(live_chain.chain) == []
    assert set(ChainTransaction.objects.values_list("state", flat=True)) == {State.CANCELED}
    assert live_chain.audit() == []
    later = plan_transfer(address("later"))
    live_chain.sweep()
    later.refresh_from_db()
    assert later.nonce == (lost.nonce or 0) + 1


@pytest.mark.django_db(transaction=True)
def test_a_nonce_that_another_process_used_for_the_same_action_was_used_by_us(
    live_chain: LiveChain, failing_node: FailingNode
) -> None:
    """It replaced the transaction, and the chain has taken that for good, while this one looked at the old one."""
    live_chain.node.automine(False)
    live_chain.follow()
    tx = plan_transfer(address("a"), amount=5)
    live_chain.sweep()
    direct = replace(live_chain.chain, rpc_url=live_chain.node.url)

    def replaced_meanwhile(line: Line) -> None:
        signer = signer_of(direct, live_chain.operator)
        replacement = broadcasting.replace(direct, signer, tx, tx.attempts.get())
        assert replacement is not None
        broadcasting.broadcast(direct, signer, [(tx, replacement)])
        live_chain.node.mine(80)
        live_chain.follow()
        connection.close()
        line.say(line.ask())

    failing_node.fail(Fault("replaced", replaced_meanwhile).only("eth_getTransactionCount"), times=1)
    push(live_chain.chain, live_chain.operator)
    tx.refresh_from_db()
    assert tx.state == State.REPLACED
    live_chain.sweep()
    tx.refresh_from_db()
    assert (tx.state, balance(live_chain, address("a"))) == (State.FINAL, 5)


@pytest.mark.django_db(transaction=True)
def test_a_receipt_that_the_node_lost_takes_nothing_out_of_its_block(
    live_chain: LiveChain, failing_node: FailingNode
) -> None:
    tx = plan_transfer(address("a"), amount=5)
    live_chain.settle()
    live_chain.node.mine(80)
    live_chain.follow()
    failing_node.fail(Fault("no receipts", nothing).only("eth_getTransactionReceipt"))
    live_chain.sweep()
    tx.refresh_from_db()
    assert (tx.state, tx.attempts.count()) == (State.MINED, 1)
    failing_node.heal()
    live_chain.sweep()
    tx.refresh_from_db()
    assert (tx.state, balance(live_chain, address("a"))) == (State.FINAL, 5)
