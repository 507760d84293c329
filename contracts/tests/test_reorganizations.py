"""Blocks that vanish while real processes read and send, and a node that comes back from an older state."""

import pytest

from common.testing import wait_until
from contracts.models import ChainCursor, ChainTransaction, TransactionAttempt
from contracts.testing import LiveChain
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
