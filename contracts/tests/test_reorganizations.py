"""Blocks that vanish while real processes read and send, and a node that comes back from an older state."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest

from common.testing import wait_until
from contracts.chains import Chain
from contracts.errors import ChainError
from contracts.indexer import Step, beside, follow_to_head, following, rebuilding
from contracts.indexer.beside import reindex_beside
from contracts.indexer.rebuilding import CannotRebuild, reindex
from contracts.models import ChainCursor, ChainEvent, ChainTransaction, TransactionAttempt
from contracts.testing import LiveChain
from contracts.testing_proxy import LOGS, FailingNode, Fault, stale, wrong_hash_in_logs
from contracts.tests.actions import are, check_some, plan_some, read, some, start_reader_and_sender

State = ChainTransaction.State
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]


def bytes_of(name: str) -> list[str]:
    """What was signed for these, by nonce."""
    newest = TransactionAttempt.objects.filter(transaction__in=some(name)).order_by("nonce")
    return ["0x" + bytes(attempt.raw).hex() for attempt in newest]


def test_transactions_that_blocks_take_with_them_are_done_once(live_chain: LiveChain) -> None:
    """Those of the lost blocks are dropped, spread over the new ones, or half dropped; others wait in the pool."""
    node = live_chain.node
    node.mine(2)
    processes = start_reader_and_sender(live_chain)
    names = []
    for depth, how in ((1, "dropped"), (1, "kept"), (3, "half dropped"), (3, "kept"), (20, "dropped"), (20, "kept")):
        name, waiting = f"{how} at {depth}", f"waiting while {how} at {depth}"
        names += [name, waiting]
        node.automine(False)
        plan_some(name)
        wait_until(lambda: are(name, State.BROADCAST), what=name)  # noqa: B023
        node.mine(depth)
        wait_until(lambda: are(name, State.MINED) and read(name) == 3, what=name)  # noqa: B023
        plan_some(waiting)
        wait_until(lambda: are(waiting, State.BROADCAST), what=waiting)  # noqa: B023

        raws = bytes_of(name)[: {"dropped": 0, "half dropped": 2, "kept": 4}[how]]
        node.reorg(depth, *[(raw, place * (depth - 1) // 3) for place, raw in enumerate(raws)])
        node.automine(True)
        node.mine()

        wait_until(lambda: all(are(one, State.MINED) and read(one) == 3 for one in (name, waiting)), what=name)  # noqa: B023
    assert [process.poll() for process in processes] == [None, None]
    check_some(live_chain, names)


def test_a_node_that_comes_back_20_blocks_behind_stops_all_sending_until_the_repair(live_chain: LiveChain) -> None:
    node = live_chain.node
    slots, node.slots_in_an_epoch = node.slots_in_an_epoch, 1  # final is what two blocks stand on
    try:
        node.stop()
        node.start()
        processes = start_reader_and_sender(live_chain)
        plan_some("kept")
        wait_until(lambda: are("kept", State.MINED, State.FINAL) and read("kept") == 3)
        node.stop()
        node.start()
        saved = node.head
        plan_some("lost")
        wait_until(lambda: are("lost", State.MINED, State.FINAL) and read("lost") == 3)
        node.mine(saved + 20 - node.head)
        wait_until(lambda: are("lost", State.FINAL))

        node.kill()
        node.start()
        wait_until(lambda: ChainCursor.objects.get().sending_stopped)
        assert "manage.py repair_local_chain" in ChainCursor.objects.get().last_error
        plan_some("meanwhile")
        node.mine()
        assert not TransactionAttempt.objects.filter(transaction__in=some("meanwhile")).exists()

        code, output = live_chain.manage("repair_local_chain")
        assert (code, "4 transactions that the chain did not have were sent again" in output) == (0, True), output
        wait_until(lambda: are("meanwhile", State.MINED, State.FINAL) and read("meanwhile") == 3)
        assert [process.poll() for process in processes] == [None, None]
        check_some(live_chain, ["kept", "lost", "meanwhile"])
    finally:
        node.slots_in_an_epoch = slots


def interrupted(failing_node: FailingNode, fault: Fault, **bounds: int) -> Callable[..., Iterator[Step]]:
    """Reading to the head, with a node that fails from the first step on."""

    def steps(chain: Chain, *, patience: int) -> Iterator[Step]:
        for step in follow_to_head(chain, patience=patience):
            failing_node.fail(fault, **bounds)
            yield step

    return steps


def everything_read() -> list[dict[str, object]]:
    return [
        *ChainCursor.objects.values("number", "hash", "finalized_number", "sending_stopped"),
        *ChainEvent.objects.values(),
    ]


@pytest.fixture
def long_chain(live_chain: LiveChain, failing_node: FailingNode, monkeypatch: pytest.MonkeyPatch) -> LiveChain:
    """One that is read in several steps, with events in its last blocks."""
    monkeypatch.setattr(following, "FIRST_PAUSE_SECONDS", 0.01)
    live_chain.node.mine(150)
    plan_some("last")
    live_chain.settle()
    return live_chain


@pytest.mark.parametrize("rebuild", [reindex, partial(reindex_beside, repair=True)], ids=["anew", "beside"])
def test_a_rebuild_during_which_the_node_falls_behind_what_was_final_changes_nothing(
    long_chain: LiveChain, failing_node: FailingNode, monkeypatch: pytest.MonkeyPatch, rebuild: Callable[..., object]
) -> None:
    before = everything_read()
    for module in (rebuilding, beside):
        monkeypatch.setattr(module, "follow_to_head", interrupted(failing_node, stale(120)))
    # anvil may have forgotten the state of that block, when the chain of an earlier test had one of its number.
    why = "changed to another chain meanwhile: The chain stands behind block|BlockOutOfRangeError"
    with pytest.raises(ChainError, match=why):
        rebuild(long_chain.chain, say=lambda _line: None)
    assert everything_read() == before


def test_a_rebuild_while_the_second_node_lags_changes_nothing(long_chain: LiveChain, failing_node: FailingNode) -> None:
    two = replace(long_chain.chain, rpc_url=long_chain.node.url, backup_urls=(failing_node.url,))
    before = everything_read()
    failing_node.fail(stale(10))
    with pytest.raises(CannotRebuild, match="try again when the second node has it"):
        reindex(two, say=lambda _line: None)
    assert everything_read() == before
    failing_node.heal()
    reindex(two, say=lambda _line: None)
    assert read("last") == 3


@pytest.mark.parametrize("rebuild", [reindex, partial(reindex_beside, repair=True)], ids=["anew", "beside"])
def test_a_rebuild_outlives_a_node_that_contradicts_itself_a_few_times(
    long_chain: LiveChain, failing_node: FailingNode, monkeypatch: pytest.MonkeyPatch, rebuild: Callable[..., object]
) -> None:
    lying = Fault("wrong", wrong_hash_in_logs).only(LOGS)
    for module in (rebuilding, beside):
        monkeypatch.setattr(module, "follow_to_head", interrupted(failing_node, lying, times=2))
    rebuild(long_chain.chain, say=lambda _line: None)
    assert failing_node.met["wrong"] >= 2
    failing_node.heal()
    assert read("last") == 3
    assert long_chain.audit() == []
