"""A node that fails in every way we know, between real processes and a real chain: nothing wrong is stored, the
health row says why nothing moves, and once the node does its work again everything is done, once.
"""

import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from common.testing import wait_until
from contracts import rpc
from contracts.audit import audit
from contracts.client import GWEI, client
from contracts.errors import ChainUnavailable, InconsistentNode, NonceTooLow, Reverted, RpcError
from contracts.indexer import follow, following
from contracts.indexer.rebuilding import reindex
from contracts.models import ChainCursor, ChainEvent, ChainTransaction, TransactionAttempt
from contracts.outbox.resending import resend_forgotten
from contracts.outbox.sweeping import sweep_chain
from contracts.rpc import error_of
from contracts.testing import FINAL_AFTER, LOCAL_CHAIN_ID, LiveChain
from contracts.testing_proxy import (
    LYING,
    ODD,
    SILENT,
    FailingNode,
    Fault,
    Json,
    Line,
    endless,
    endless_head,
    lost,
    narrow,
    no_logs,
    no_shape,
    nothing,
    small_batches,
    stale,
    stall,
    too_deep,
    truncated_logs,
    unavailable,
)
from contracts.tests.actions import (
    address,
    are,
    balance,
    check_some,
    plan_some,
    plan_terms,
    plan_transfer,
    read,
    some,
    start_reader_and_sender,
)

State = ChainTransaction.State
TIP = "eth_maxPriorityFeePerGas"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]

SAID: dict[str, str | tuple[str, ...]] = {
    "too many": "The node answers 429.",
    "broken": "The node answers 500.",
    "unavailable": "The node answers 503.",
    "garbage": "The node answers 200 and no JSON-RPC.",
    "empty": "The node answers 200 and no JSON-RPC.",
    "cut": "The node cannot be reached: IncompleteRead(",
    "lost": "The node cannot be reached: Remote end closed connection without response.",
    "nothing": "The node has no newest block.",
    "no shape": "The node's answer is no header.",
    "stalled for 30 s": "The node cannot be reached: timed out.",
    "truncated logs": "The node leaves out logs of block ",
    "no logs": "The node leaves out logs of block ",
    "late index": "The node leaves out logs of block ",
    "wrong hash in logs": "A log is of another block ",
    "wrong hash in headers": (
        "The node tells two hashes of block ",
        "Block ",
        "The node's block ",
        "A log is of another block ",
        "The chain has another block ",
    ),
    "incomplete batches": "The node left a question of a batch unanswered.",
}
"""How the last error of the indexer begins."""


@pytest.fixture
def processes(live_chain: LiveChain, failing_node: FailingNode) -> Iterator[list["subprocess.Popen[bytes]"]]:
    """An indexer and a sender behind the node that fails, which outlive whatever it does."""
    started = start_reader_and_sender(live_chain, CHAIN_RPC_TIMEOUT="1")
    # anvil forgets the state of the block that it was loaded with: an audit needs one of its own.
    live_chain.node.mine()
    wait_until(lambda: ChainCursor.objects.filter(number__gte=live_chain.node.head).exists())
    yield started
    assert [process.poll() for process in started] == [None, None]


@pytest.fixture
def wrong(live_chain: LiveChain, failing_node: FailingNode) -> Callable[[], list[str]]:
    """What the database has that the chain has not, or lacks at or below the block it has read, by the node itself."""
    direct = replace(live_chain.chain, rpc_url=live_chain.node.url)
    return lambda: [line for part in audit(direct) for line in part.differences]


@pytest.mark.parametrize("faults", [SILENT, LYING], ids=["silent", "lying"])
def test_nothing_wrong_is_stored_while_a_node_fails_and_all_is_done_once_afterwards(
    live_chain: LiveChain,
    failing_node: FailingNode,
    processes: list["subprocess.Popen[bytes]"],
    wrong: Callable[[], list[str]],
    faults: list[Fault],
) -> None:
    for fault in faults:
        # All in one block, so that a part of it can be left out.
        live_chain.node.automine(False)
        plan_some(fault.name)
        if fault in LYING:
            wait_until(lambda: are(fault.name, State.BROADCAST), what=fault.name)  # noqa: B023
        failing_node.fail(fault)
        live_chain.node.automine(True)
        live_chain.node.mine()
        wait_until(lambda: ChainCursor.objects.get().last_error.startswith(SAID[fault.name]), what=fault.name)  # noqa: B023
        # It may have stopped all sending, until the node is there again.
        assert set(wrong()) <= {ChainCursor.objects.get().sending_stopped}, fault.name
        # All or nothing: one that lies by chance may tell a whole step's truth.
        assert read(fault.name) in {0, 3}, fault.name
        assert not some(fault.name).filter(state__in=ChainTransaction.GIVEN_UP).exists(), fault.name

        failing_node.heal()
        wait_until(lambda: are(fault.name, State.MINED) and read(fault.name) == 3, what=fault.name)  # noqa: B023
        wait_until(lambda: ChainCursor.objects.get().last_error == "")
    assert set(failing_node.met) >= {fault.name for fault in faults}
    check_some(live_chain, [fault.name for fault in faults])


def test_a_node_that_answers_in_odd_ways_is_understood(
    live_chain: LiveChain, failing_node: FailingNode, processes: list["subprocess.Popen[bytes]"]
) -> None:
    for fault in ODD:
        failing_node.fail(fault)
        plan_some(fault.name)
        live_chain.node.mine(12)
        wait_until(lambda: are(fault.name, State.MINED) and read(fault.name) == 3, what=fault.name)  # noqa: B023
        assert failing_node.met[fault.name] > 0
    check_some(live_chain, [fault.name for fault in ODD])


def test_a_node_that_falls_behind_what_was_final_stops_all_sending_until_it_is_back(
    live_chain: LiveChain,
    failing_node: FailingNode,
    processes: list["subprocess.Popen[bytes]"],
    wrong: Callable[[], list[str]],
) -> None:
    plan_some("before")
    live_chain.node.mine(70)
    wait_until(lambda: ChainCursor.objects.get().finalized_number > live_chain.node.head - 70 and read("before") == 3)

    failing_node.fail(stale(69))
    wait_until(lambda: "stands behind block" in ChainCursor.objects.get().last_error)
    plan_some("meanwhile")
    assert not are("meanwhile", State.MINED)
    assert wrong() == [ChainCursor.objects.get().sending_stopped]
    assert not TransactionAttempt.objects.filter(transaction__in=some("meanwhile")).exists()

    failing_node.heal()
    wait_until(lambda: are("meanwhile", State.MINED) and read("meanwhile") == 3)
    assert ChainCursor.objects.get().sending_stopped == ""
    check_some(live_chain, ["before", "meanwhile"])


def test_a_public_node_that_lags_takes_nothing_back(live_chain: LiveChain, failing_node: FailingNode) -> None:
    """Only a local chain goes back in time by itself; a public node that shows less is waited for."""
    public = replace(live_chain.chain, is_local=False)
    plan_some("a")
    live_chain.settle()
    live_chain.node.mine(30)
    live_chain.follow()
    at = ChainCursor.objects.get().number
    for blocks in (3, 20):
        failing_node.fail(stale(blocks))
        with pytest.raises(InconsistentNode, match=f"at block {at - blocks} and was at {at} before"):
            follow(public)
        assert (ChainCursor.objects.get().number, read("a")) == (at, 3)
    failing_node.heal()
    assert not follow(public).moved


def test_nothing_is_sent_by_or_given_up_for_a_node_that_lags(live_chain: LiveChain, failing_node: FailingNode) -> None:
    """The coins for the payment came in a block that the node does not have yet."""
    everything = balance(live_chain, live_chain.operator)
    plan_transfer(address("rich"), amount=everything)
    live_chain.settle()
    live_chain.node.mine(5)
    give_back(live_chain, address("rich"), 7)
    live_chain.follow()
    tx = plan_transfer(address("a"), amount=7)

    failing_node.fail(stale(2))
    sweep_chain(live_chain.chain)
    tx.refresh_from_db()
    assert (tx.state, tx.nonce) == (State.PLANNED, None)

    failing_node.heal()
    live_chain.settle()
    tx.refresh_from_db()
    assert (tx.state, balance(live_chain, address("a"))) == (State.MINED, 7)


def give_back(live: LiveChain, holder: str, amount: int) -> None:
    from contracts.encoding import encode_call

    live.node.rpc("anvil_setBalance", holder, hex(10**19))
    live.node.rpc("anvil_impersonateAccount", holder)
    data = "0x" + encode_call("TestStablecoin", "transfer", [live.operator, amount]).hex()
    to = live.chain.deployment.address("TestStablecoin")
    live.node.rpc("eth_sendTransaction", {"from": holder, "to": to, "data": data, "gas": hex(200_000)})
    live.node.wait_until_mined()


def test_bytes_whose_sending_was_not_answered_may_have_been_taken(
    live_chain: LiveChain, failing_node: FailingNode
) -> None:
    """Three ways of not saying so: each payment is in the chain already, and is found there."""
    for number, answer in enumerate((lost, nothing, no_shape)):
        tx = plan_transfer(address(f"a{number}"), amount=5)
        failing_node.fail(Fault("lost", answer).only("eth_sendRawTransaction"))
        with pytest.raises(ChainUnavailable):
            sweep_chain(live_chain.chain)
        tx.refresh_from_db()
        assert (tx.state, tx.attempts.get().broadcast_at) == (State.SIGNED, None)
        failing_node.heal()
        live_chain.settle()
        tx.refresh_from_db()
        assert (tx.state, tx.attempts.count(), balance(live_chain, address(f"a{number}"))) == (State.MINED, 1, 5)


def test_a_gas_estimate_that_is_no_number_does_not_end_the_action(
    live_chain: LiveChain, failing_node: FailingNode
) -> None:
    tx = plan_transfer(address("a"), amount=5)
    for answer in (nothing, no_shape):
        failing_node.fail(Fault("no estimate", answer).only("eth_estimateGas"))
        with pytest.raises(ChainUnavailable, match="no quantity"):
            sweep_chain(live_chain.chain)
        tx.refresh_from_db()
        assert (tx.state, tx.error) == (State.PLANNED, "")
    failing_node.heal()
    live_chain.settle()
    assert balance(live_chain, address("a")) == 5


def test_a_node_that_forgot_old_receipts_takes_nothing_back(live_chain: LiveChain, failing_node: FailingNode) -> None:
    tx = plan_transfer(address("a"), amount=5)
    live_chain.finalize()
    failing_node.fail(Fault("no receipts", nothing).only("eth_getTransactionReceipt"))
    assert resend_forgotten(live_chain.chain) == 0
    tx.refresh_from_db()
    assert (tx.state, balance(live_chain, address("a"))) == (State.FINAL, 5)


def test_a_tip_is_bounded_whatever_the_node_advises(failing_node: FailingNode, live_chain: LiveChain) -> None:
    def greedy(line: Line) -> None:
        dear = hex(400 * GWEI)
        line.each(lambda asked, said: {**said, "result": dear} if asked["method"] == TIP else said)

    failing_node.fail(Fault("greedy", greedy))
    assert client(live_chain.chain).fees().priority == 50 * GWEI


@pytest.mark.parametrize(
    ("most", "fault"),
    [(2**20, endless(0.0)), (2**30, endless(0.05)), (2**30, endless_head(0.05))],
    ids=["in bytes", "in time", "in its head"],
)
@pytest.mark.parametrize("kept", [False, True], ids=["on a new connection", "on a kept one"])
def test_an_answer_without_end_is_none(
    failing_node: FailingNode, monkeypatch: pytest.MonkeyPatch, most: int, fault: Fault, kept: bool
) -> None:
    monkeypatch.setattr(rpc, "MOST_BYTES", most)
    node = rpc.Rpc(failing_node.url, chain_id=None, timeout=0.2)
    if kept:
        node.call("eth_chainId")
    failing_node.fail(fault)
    with pytest.raises(ChainUnavailable, match="has no end"):
        node.call("eth_chainId")
    failing_node.heal()
    assert node.call("eth_chainId") == hex(LOCAL_CHAIN_ID)
    connection = node._local.connection
    assert (node.call("eth_chainId"), node._local.connection) == (hex(LOCAL_CHAIN_ID), connection)


def test_a_batch_that_is_too_large_for_a_node_is_asked_in_parts(
    live_chain: LiveChain, failing_node: FailingNode
) -> None:
    failing_node.fail(Fault("small batches", small_batches))
    head = live_chain.node.head
    numbers = [*range(head, -1, -1), head + 1, 0]
    found = [header and header.number for header in client(live_chain.chain).headers(numbers)]
    assert found == [*range(head, -1, -1), None, 0]


def test_an_answer_that_is_nested_too_deep_is_none(failing_node: FailingNode) -> None:
    failing_node.fail(Fault("too deep", too_deep))
    with pytest.raises(ChainUnavailable, match="no JSON"):
        rpc.Rpc(failing_node.url, chain_id=None).call("eth_chainId")


def test_a_node_that_wants_narrow_questions_and_fails_now_and_then_is_audited_and_read_again(
    live_chain: LiveChain, failing_node: FailingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan_some("a")
    live_chain.settle()
    live_chain.node.mine(20)
    live_chain.follow()
    failing_node.fail(narrow(5))
    assert live_chain.audit() == []
    monkeypatch.setattr(following, "FIRST_PAUSE_SECONDS", 0.01)
    failing_node.fail(Fault("away", unavailable).only("eth_getLogs"), times=3)
    reindex(live_chain.chain, say=lambda _line: None)
    assert (read("a"), live_chain.audit()) == (3, [])


def reverted(block_hash: str = "") -> Fault:
    """It tells of each transaction that it failed, in its own block or in another one of that number."""

    def change(_asked: Json, said: Json) -> Json:
        if not said.get("result"):
            return said
        told = {**said["result"], "status": "0x0"}
        return {**said, "result": {**told, "blockHash": block_hash or told["blockHash"]}}

    return Fault("reverted", lambda line: line.each(change)).only("eth_getTransactionReceipt")


def test_a_failure_counts_in_the_block_that_was_read_and_as_two_nodes_tell_it(
    live_chain: LiveChain, failing_node: FailingNode
) -> None:
    two = replace(live_chain.chain, backup_urls=(live_chain.node.url,))
    for number, (here, fault) in enumerate([(live_chain.chain, reverted("0x" + "ab" * 32)), (two, reverted())]):
        tx = plan_terms(f"a{number}")
        live_chain.sweep()
        live_chain.node.mine(70)
        live_chain.follow()
        failing_node.fail(fault)
        sweep_chain(here)
        tx.refresh_from_db()
        assert (tx.state, tx.succeeded) == (State.MINED, False)
        failing_node.heal()
        sweep_chain(here)
        tx.refresh_from_db()
        assert (tx.state, tx.succeeded, tx.error) == (State.FINAL, True, "")


def test_a_second_node_that_hangs_keeps_nothing_from_being_sent(
    live_chain: LiveChain, failing_node: FailingNode, second_node: FailingNode, settings: Any
) -> None:
    settings.CHAIN_RPC_TIMEOUT = 1
    two = replace(live_chain.chain, backup_urls=(second_node.url,))
    for name in "abc":
        plan_terms(name)
    live_chain.sweep()
    live_chain.node.mine(70)
    live_chain.follow()
    waiting = plan_transfer(address("d"))
    failing_node.fail(reverted())
    second_node.fail(stall(30).only("eth_getTransactionReceipt"))
    for _time in range(2):
        sweep_chain(two)
    assert list(second_node.met.values()) == [1], "asked for all of them at once, and then it rests"
    assert ChainTransaction.objects.filter(kind="test_terms", state=State.MINED, succeeded=False).count() == 3
    waiting.refresh_from_db()
    assert waiting.nonce is not None


def test_a_nonce_was_used_elsewhere_only_if_no_second_node_knows_better(
    live_chain: LiveChain, failing_node: FailingNode
) -> None:
    two = replace(live_chain.chain, backup_urls=(live_chain.node.url,))
    tx = plan_transfer(address("a"), amount=5)
    live_chain.sweep()
    live_chain.node.mine(70)
    live_chain.follow()
    failing_node.fail(Fault("no receipts", nothing).only("eth_getTransactionReceipt"))
    sweep_chain(two)
    failing_node.heal()
    live_chain.settle()
    tx.refresh_from_db()
    assert (tx.state, tx.attempts.count(), balance(live_chain, address("a"))) == (State.FINAL, 1, 5)


def test_an_error_is_told_apart_however_badly_it_is_made() -> None:
    text = "08c379a0" + f"{32:064x}{3:064x}" + b"a\0\xff".hex().ljust(64, "0")
    for answer, kind, message in (
        ({"code": "-32003x", "message": "nonce too low"}, NonceTooLow, "nonce too low"),
        ({"code": 3, "message": "execution reverted", "data": "0xno hex"}, Reverted, "reverted with 0x"),
        ({"code": 3, "message": "execution reverted", "data": "0x" + text}, Reverted, "Error(message=a��)"),
        ({"message": "odd\0text"}, RpcError, "odd�text"),
        ({}, RpcError, ""),
    ):
        error = error_of(answer)
        assert (type(error), str(error)) == (kind, message)


@pytest.mark.parametrize("fault", [no_logs, truncated_logs], ids=["no logs", "truncated logs"])
def test_who_was_behind_believes_no_more_of_final_blocks(
    live_chain: LiveChain, failing_node: FailingNode, fault: Callable[[Line], None]
) -> None:
    """After an outage many blocks are final already when they are read, and nobody looks at them again."""
    for name in "abc":
        plan_terms(name)
        plan_transfer(address(name))
        live_chain.sweep()
    live_chain.node.mine(FINAL_AFTER + 2)
    failing_node.fail(Fault("lies", fault))
    for _time in range(5):
        with pytest.raises(InconsistentNode, match="leaves out logs of block"):
            follow(live_chain.chain)
    failing_node.heal()
    live_chain.follow()
    assert live_chain.audit() == []
    assert ChainEvent.objects.filter(name="TermsDefined").count() == 3
