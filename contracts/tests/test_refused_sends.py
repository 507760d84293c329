"""Sends that a node refuses for good: at once, after one that was never answered, and after another node took it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from contracts.client import GWEI
from contracts.errors import (
    AlreadyKnown,
    ChainUnavailable,
    InsufficientFunds,
    NonceTooLow,
    RpcError,
    Underpriced,
)
from contracts.models import ChainTransaction, OperatorOrder, TransactionAttempt
from contracts.outbox.broadcasting import broadcast
from contracts.outbox.operating import order
from contracts.outbox.tracking import push
from contracts.rpc import error_of
from contracts.signers import signer_of
from contracts.testing import LiveChain
from contracts.testing_proxy import FailingNode, Fault, Line, unavailable
from contracts.tests.actions import a_while_ago, address, balance, plan_transfer, refusing

State = ChainTransaction.State
NO_GAS = refusing("intrinsic gas too low")  # no node would ever take it, and this one does not
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]


def unanswered(live: LiveChain, node: FailingNode) -> ChainTransaction:
    """A payment that was handed over, and whether it was taken nobody said."""
    node.fail(Fault("away", unavailable).only("eth_sendRawTransaction"), times=1)
    tx = plan_transfer(address("a"))
    with pytest.raises(ChainUnavailable):
        live.sweep()
    return tx


def refuse_for_good(node: FailingNode) -> None:
    node.fail(NO_GAS, times=1)


def test_what_no_node_takes_ends_at_once(live_chain: LiveChain, failing_node: FailingNode) -> None:
    refuse_for_good(failing_node)
    tx = plan_transfer(address("a"))
    live_chain.sweep()
    tx.refresh_from_db()
    assert (tx.state, tx.error) == (State.FAILED, "the node refused it: intrinsic gas too low")


def test_its_nonce_is_filled_though_nothing_follows(live_chain: LiveChain, failing_node: FailingNode) -> None:
    refuse_for_good(failing_node)
    plan_transfer(address("a"))
    live_chain.sweep()
    live_chain.settle()
    assert live_chain.audit() == []


def test_what_was_given_up_is_handed_to_no_other_node(live_chain: LiveChain, failing_node: FailingNode) -> None:
    """Another process has seen it while it was still open."""
    tx = unanswered(live_chain, failing_node)
    seen = (ChainTransaction.objects.get(), TransactionAttempt.objects.get())
    TransactionAttempt.objects.update(tried_at=None)
    refuse_for_good(failing_node)
    push(live_chain.chain, live_chain.operator)
    direct = replace(live_chain.chain, rpc_url=live_chain.node.url)
    broadcast(direct, signer_of(direct, live_chain.operator), [seen])
    live_chain.settle()
    tx.refresh_from_db()
    assert (tx.state, balance(live_chain, address("a"))) == (State.FAILED, 0)


def test_what_another_process_hands_over_meanwhile_is_not_given_up(
    live_chain: LiveChain, failing_node: FailingNode
) -> None:
    def claimed_meanwhile(line: Line) -> None:
        TransactionAttempt.objects.update(tried_at=timezone.now())
        connection.close()
        NO_GAS.answer(line)

    failing_node.fail(replace(NO_GAS, answer=claimed_meanwhile), times=1)
    tx = plan_transfer(address("a"))
    live_chain.sweep()
    tx.refresh_from_db()
    assert (tx.state, [attempt.cancels for attempt in tx.attempts.all()]) == (State.BROADCAST, [False, True])


@pytest.mark.parametrize("retried", [False, True], ids=["by the sweeper", "by an operator"])
def test_what_may_have_been_taken_before_it_was_refused_ends_by_an_empty_transaction(
    live_chain: LiveChain, failing_node: FailingNode, retried: bool
) -> None:
    tx = unanswered(live_chain, failing_node)
    tx.refresh_from_db()
    assert tx.state == State.SIGNED
    if retried:
        order(tx=tx, action=OperatorOrder.Action.RETRY, reason="a buyer waits", operator="ops@example.org")
    else:
        TransactionAttempt.objects.update(tried_at=timezone.now() - timedelta(minutes=1))
    refuse_for_good(failing_node)
    live_chain.sweep()
    assert list(tx.attempts.order_by("number").values_list("cancels", flat=True)) == [False, True]
    live_chain.settle()
    live_chain.finalize()
    tx.refresh_from_db()
    assert (tx.state, tx.error) == (State.CANCELED, "It was canceled: an empty transaction took its nonce.")
    assert balance(live_chain, address("a")) == 0
    assert live_chain.audit() == []


def test_what_one_node_took_is_not_given_up_because_another_refuses_it(
    live_chain: LiveChain, failing_node: FailingNode
) -> None:
    live_chain.node.automine(False)
    tx = plan_transfer(address("a"))
    live_chain.sweep()
    TransactionAttempt.objects.update(tried_at=timezone.now() - timedelta(minutes=1))
    live_chain.node.rpc("anvil_dropAllTransactions")
    refuse_for_good(failing_node)
    live_chain.sweep()
    tx.refresh_from_db()
    assert (tx.state, tx.attempts.count()) == (State.BROADCAST, 1)
    live_chain.node.automine(True)
    TransactionAttempt.objects.update(tried_at=timezone.now() - timedelta(minutes=1))
    live_chain.settle()
    assert balance(live_chain, address("a")) == 1


def test_what_a_node_took_and_lost_is_handed_to_another(live_chain: LiveChain, failing_node: FailingNode) -> None:
    def swallows(line: Line) -> None:
        line.say([{"jsonrpc": "2.0", "id": asked["id"], "result": "0x" + "ab" * 32} for asked in line.questions()])

    failing_node.fail(Fault("swallows", swallows).only("eth_sendRawTransaction"))
    live_chain.chain = replace(live_chain.chain, backup_urls=(live_chain.node.url,))
    tx = plan_transfer(address("a"))
    live_chain.sweep()
    tx.refresh_from_db()
    assert tx.state == State.BROADCAST
    for _sweep in range(2):
        a_while_ago(minutes=10)
        live_chain.sweep()
    assert balance(live_chain, address("a")) == 1


def test_an_empty_transaction_costs_no_more_than_the_cap(
    live_chain: LiveChain, failing_node: FailingNode, settings: Any
) -> None:
    tx = unanswered(live_chain, failing_node)
    TransactionAttempt.objects.update(tried_at=timezone.now() - timedelta(minutes=1))
    settings.CHAIN_MAX_FEE_GWEI = int(tx.attempts.get().max_fee_per_gas) // GWEI
    refuse_for_good(failing_node)
    live_chain.sweep()
    cancels = tx.attempts.get(cancels=True)
    assert cancels.max_fee_per_gas == settings.CHAIN_MAX_FEE_GWEI * GWEI


# As the nodes write them.
WORDINGS = {
    NonceTooLow: (
        "nonce too low: next nonce 5, tx nonce 4",  # geth, reth
        "nonce too low",  # erigon, anvil
        "OldNonce, Current nonce: 5, nonce of rejected tx: 4",  # nethermind
    ),
    AlreadyKnown: (
        "already known",  # geth, reth
        "INTERNAL_ERROR: existing tx with same hash",  # erigon
        "AlreadyKnown",  # nethermind
        "transaction already imported",  # anvil
    ),
    Underpriced: (
        "replacement transaction underpriced",  # geth, reth, anvil
        "transaction underpriced: gas tip cap 1, minimum needed 1000000",  # geth
        "INTERNAL_ERROR: could not replace existing tx",  # erigon
        "ReplacementNotAllowed",  # nethermind
        "FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 1, BaseFee: 7",
        "max fee per gas less than block base fee: address 0x1, maxFeePerGas: 1, baseFee: 7",  # geth, reth, anvil
    ),
    InsufficientFunds: (
        "insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1",  # geth
        "insufficient funds for gas * price + value: have 0 want 1",  # reth
        "INTERNAL_ERROR: insufficient funds",  # erigon
        "InsufficientFunds, Account balance: 0, cumulative cost: 1",  # nethermind
        "Insufficient funds for gas * price + value",  # anvil
    ),
}
FOLLOWS = {
    NonceTooLow: (State.SIGNED, 1),
    AlreadyKnown: (State.BROADCAST, 1),
    Underpriced: (State.BROADCAST, 2),
    InsufficientFunds: (State.SIGNED, 1),
}


@pytest.mark.parametrize("kind", WORDINGS, ids=lambda kind: kind.__name__)
def test_a_refusal_is_told_apart_in_the_words_of_each_node(
    live_chain: LiveChain, failing_node: FailingNode, kind: type[RpcError]
) -> None:
    for message in WORDINGS[kind]:
        assert type(error_of({"code": -32000, "message": message})) is kind, message
        failing_node.fail(refusing(message), times=1)
        tx = plan_transfer(address(message))
        live_chain.sweep()
        tx.refresh_from_db()
        assert (tx.state, tx.attempts.count()) == FOLLOWS[kind], message
        TransactionAttempt.objects.update(tried_at=timezone.now() - timedelta(minutes=1))
        live_chain.settle()
        assert balance(live_chain, address(message)) == 1, message
