"""Several nodes of one chain: another one answers when one is away, and two must agree before a block is read."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from contracts import endpoints
from contracts.answers import Header
from contracts.chains import Chain
from contracts.client import client
from contracts.endpoints import LONGEST_REST_SECONDS, Endpoints
from contracts.errors import ChainUnavailable, InconsistentNode, WrongChain
from contracts.indexer.daemon import Follower
from contracts.indexer.following import follow, follow_to_head
from contracts.indexer.reading import _check_told_twice
from contracts.indexer.reading_ahead import ReadAhead
from contracts.models import ChainCursor, ChainEvent, ChainTransaction
from contracts.outbox.sending import send_planned
from contracts.startup import check_chain
from contracts.testing import FINAL_AFTER, LOCAL_CHAIN_ID, Anvil, LiveChain
from contracts.testing_proxy import BLOCK, LOGS, FailingNode, Fault, Json, Line, narrow, no_shape, stale, unavailable
from contracts.tests.actions import plan_terms

pytestmark = pytest.mark.django_db
NOBODY = "http://127.0.0.1:9"
NO_HEADERS = Fault("no headers", no_shape).only("eth_getBlockByNumber")


def second_name(live: LiveChain) -> str:
    """The same node under another address: it agrees with itself."""
    return live.chain.rpc_url.replace("127.0.0.1", "localhost")


@pytest.fixture
def copy_at(live_chain: LiveChain, tmp_path: Path) -> Iterator[Anvil]:
    """A second node, with the blocks that the first one has now."""
    node = Anvil(
        tmp_path, options=("--fork-url", live_chain.node.url, "--fork-block-number", str(live_chain.node.head))
    )
    node.start()
    yield node
    node.kill()


def read(chain: Chain) -> int:
    for _step in follow_to_head(chain, steps=50):
        pass
    return int(ChainCursor.objects.get().number)


def test_another_node_answers_when_the_first_is_away(live_chain: LiveChain) -> None:
    chain = replace(live_chain.chain, rpc_url=NOBODY, backup_urls=(live_chain.chain.rpc_url, second_name(live_chain)))
    with pytest.raises(ChainUnavailable):
        client(chain).head()  # whoever asked asks again, all of it
    plan_terms("one")
    live_chain.sweep()
    assert read(chain) == live_chain.node.head
    assert ChainEvent.objects.filter(name="TermsDefined").count() == 1


def test_one_node_alone_is_not_believed(live_chain: LiveChain) -> None:
    chain = replace(live_chain.chain, backup_urls=(NOBODY,))
    live_chain.node.mine(2)
    with pytest.raises(ChainUnavailable, match="one alone is not believed"):
        read(chain)
    assert not ChainEvent.objects.exists()


def test_after_both_were_away_both_are_asked_at_once(live_chain: LiveChain, failing_node: FailingNode) -> None:
    chain = replace(live_chain.chain, rpc_url=failing_node.url, backup_urls=(failing_node.url + "/second",))
    failing_node.fail(Fault("away", unavailable))
    for _time in range(6):
        with pytest.raises(ChainUnavailable):
            read(chain)
    failing_node.heal()
    assert read(chain) == live_chain.node.head


def test_a_resting_node_that_bears_witness_is_not_asked_otherwise_meanwhile(live_chain: LiveChain) -> None:
    """Else the one that answered would be the witness of its own answer."""
    node = Endpoints([NOBODY, live_chain.chain.rpc_url], chain_id=LOCAL_CHAIN_ID, timeout=1)
    with pytest.raises(ChainUnavailable):
        node.call("eth_chainId")
    first, second = (each.rpc for each in node._nodes)
    asked = []
    for _time in range(2):
        node.witness(lambda rpc: asked.append(rpc))
    assert asked == [first, first]
    assert node._choice().node.rpc is second


def test_what_only_one_node_has_is_read_when_the_second_has_it(live_chain: LiveChain, copy_at: Anvil) -> None:
    behind = live_chain.node.head
    chain = replace(live_chain.chain, backup_urls=(copy_at.url,))
    plan_terms("one")
    live_chain.sweep()
    live_chain.node.mine(3)
    assert read(chain) == behind
    assert not ChainEvent.objects.filter(name="TermsDefined").exists()
    live_chain.follow()
    assert read(chain) == live_chain.node.head, "what was read stays read, though the second node lags"
    assert ChainEvent.objects.filter(name="TermsDefined").count() == 1


def test_of_two_nodes_with_different_blocks_neither_is_believed(live_chain: LiveChain, copy_at: Anvil) -> None:
    chain = replace(live_chain.chain, backup_urls=(copy_at.url,))
    read(chain)
    before = ChainCursor.objects.get().number
    live_chain.node.mine()
    copy_at.rpc("anvil_setCoinbase", "0x" + "11" * 20)
    copy_at.mine()
    with pytest.raises(InconsistentNode, match="Two nodes have different blocks"):
        read(chain)
    assert ChainCursor.objects.get().number == before


def test_of_the_blocks_that_two_nodes_tell_as_final_the_older_one_is(
    live_chain: LiveChain, second_node: FailingNode
) -> None:
    chain = replace(live_chain.chain, backup_urls=(second_node.url,))
    live_chain.node.mine(80)
    final = live_chain.node.head - FINAL_AFTER

    def behind(asked: Json, said: Json) -> Json:
        number = final - 7 if told else None
        return (
            {**said, "result": number and live_chain.node.rpc(BLOCK, hex(number), False)}
            if asked["params"][0] == "finalized"
            else said
        )

    told = True
    second_node.fail(Fault("final later", lambda line: line.each(behind)).only(BLOCK))
    read(chain)
    assert ChainCursor.objects.get().finalized_number == final - 7
    told = False
    with pytest.raises(ChainUnavailable, match="one alone is not believed"):
        read(chain)
    assert "does not tell which block is final" in client(chain).node.health()[1]["error"]
    second_node.heal()
    read(chain)
    assert ChainCursor.objects.get().finalized_number == final


def invented(line: Line) -> None:
    """One more event, of a contract of ours and like one that is there: no bloom says that it is not, and the receipt
    that it stands in has it too.
    """

    def longer(logs: list[Json]) -> list[Json]:
        return [*logs, {**logs[-1], "logIndex": hex(int(logs[-1]["logIndex"], 16) + 1)}] if logs else logs

    newest = line.result(LOGS, {"fromBlock": "0x0", "toBlock": "latest"})[-1]["blockNumber"]

    def add(asked: Json, said: Json) -> Json:
        result = said.get("result")
        if asked["method"] == LOGS and result:
            return {**said, "result": longer(result)}
        if asked["method"] == "eth_getTransactionReceipt" and result and result["blockNumber"] == newest:
            return {**said, "result": {**result, "logs": longer(result["logs"])}}
        return said

    line.each(add)


@pytest.mark.parametrize("blocks", [1, 80], ids=["open", "final"])
def test_what_one_node_makes_up_in_a_block_that_both_have_is_not_read(
    live_chain: LiveChain, failing_node: FailingNode, blocks: int
) -> None:
    first = replace(live_chain.chain, rpc_url=failing_node.url)
    chain = replace(first, backup_urls=(live_chain.node.url,))
    plan_terms("one")
    live_chain.sweep()
    live_chain.node.mine(blocks)
    failing_node.fail(Fault("invented", invented))
    with pytest.raises(InconsistentNode, match="Two nodes tell different logs"):
        read(chain)
    assert not ChainEvent.objects.filter(name="TermsDefined").exists()
    failing_node.heal()
    assert read(first) == live_chain.node.head
    assert ChainEvent.objects.filter(name="TermsDefined").count() == 1


def test_a_node_whose_rest_ends_meanwhile_bears_witness_of_the_one_that_was_asked(
    live_chain: LiveChain, failing_node: FailingNode, second_node: FailingNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the second one would be the witness of what it made up itself."""
    monkeypatch.setattr(endpoints, "FIRST_REST_SECONDS", 0.4)
    chain = replace(live_chain.chain, backup_urls=(second_node.url,))
    read(live_chain.chain)
    plan_terms("one")
    live_chain.sweep()
    failing_node.fail(Fault("away", unavailable), times=1)
    with pytest.raises(ChainUnavailable):
        client(chain).head()

    def invented_late(line: Line) -> None:
        if Fault("logs", invented, method=LOGS).concerns(line):
            time.sleep(0.4)
        invented(line)

    second_node.fail(Fault("invented late", invented_late))
    with pytest.raises(InconsistentNode, match="Two nodes tell different logs"):
        follow(chain)
    assert not ChainEvent.objects.filter(name="TermsDefined").exists()
    assert [one["faults"] for one in client(chain).node.health()] == [1, 1], "the one that made it up rests"


def test_what_a_node_told_before_its_rest_is_not_witnessed_by_it(
    live_chain: LiveChain, failing_node: FailingNode, second_node: FailingNode
) -> None:
    """A window that was read ahead of it is read anew from the one that is asked now."""
    chain = replace(live_chain.chain, backup_urls=(second_node.url,))
    read(live_chain.chain)
    ChainCursor.objects.update(window=4)
    live_chain.node.mine(8)
    plan_terms("one")
    live_chain.sweep()
    live_chain.node.mine(80)
    failing_node.fail(Fault("invented", invented))
    with closing(ReadAhead()) as ahead:
        follow(chain, ahead)
        assert ahead._next is not None
        assert len(ahead._next.window.result().logs) == 2, "of which one is made up"
        failing_node.fail(Fault("away", unavailable))
        with pytest.raises(ChainUnavailable):
            client(chain).head()
        failing_node.fail(Fault("invented", invented))
        with pytest.raises(InconsistentNode, match="Two nodes tell different logs"):
            follow(chain, ahead)
        assert not ChainEvent.objects.filter(name="TermsDefined").exists()
        failing_node.heal()
        while not follow(chain, ahead).at_head:
            pass
    assert ChainEvent.objects.filter(name="TermsDefined").count() == 1


def test_the_block_that_two_nodes_agreed_on_is_the_one_that_is_read() -> None:
    agreed = Header(number=7, hash="0xaa", parent_hash="0x99", timestamp=1, bloom=b"")
    another = replace(agreed, hash="0xbb")
    child = replace(agreed, number=8, hash="0xcc", parent_hash="0xbb")
    with pytest.raises(InconsistentNode, match="two hashes of block 7"):
        _check_told_twice(another, child, agreed)


def test_a_second_node_that_tells_logs_of_few_blocks_only_is_asked_for_few(
    live_chain: LiveChain, failing_node: FailingNode
) -> None:
    chain = replace(live_chain.chain, rpc_url=live_chain.node.url, backup_urls=(failing_node.url,))
    plan_terms("one")
    live_chain.sweep()
    live_chain.node.mine(80)
    failing_node.fail(narrow(5))
    assert read(chain) == live_chain.node.head
    assert ChainEvent.objects.filter(name="TermsDefined").count() == 1
    assert [one["faults"] for one in client(chain).node.health()] == [0, 0]


def test_a_backup_of_another_chain_refuses_the_start(live_chain: LiveChain, copy_at: Anvil) -> None:
    copy_at.rpc("anvil_setChainId", 99)
    with pytest.raises(WrongChain, match="serves chain 99"):
        check_chain(replace(live_chain.chain, backup_urls=(copy_at.url,)))


def test_a_node_that_cannot_be_understood_rests(live_chain: LiveChain, failing_node: FailingNode) -> None:
    direct = live_chain.node.url
    chain = replace(
        live_chain.chain, rpc_url=failing_node.url, backup_urls=(direct, direct.replace("127.0.0.1", "localhost"))
    )
    client(chain).head()
    live_chain.node.mine()
    failing_node.fail(NO_HEADERS)
    follower = Follower(chain)
    for _step in range(2):
        follower._pause_after_step()
        follower._note_endpoints()
    cursor = ChainCursor.objects.get()
    assert cursor.number == live_chain.node.head, "the second node was asked"
    assert [one["faults"] for one in cursor.endpoints] == [1, 0, 0]
    assert "The node's answer is no" in cursor.endpoints[0]["error"]


def test_one_that_answers_and_is_not_to_be_believed_rests_longer_each_time(
    live_chain: LiveChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    node = Endpoints([live_chain.node.url, second_name(live_chain)], chain_id=LOCAL_CHAIN_ID, timeout=5)
    liar = node._nodes[0]
    rests = []
    for _fault in range(3):
        node.distrust(InconsistentNode("it lies"))
        rests.append(liar.rests_until - now)
        now = liar.rests_until
        node.call("eth_chainId")
    assert (rests, liar.faults) == ([5, 10, 20], 3)
    now += 20
    node.call("eth_chainId")
    assert [one["faults"] for one in node.health()] == [0, 0]


def test_one_that_is_away_for_days_rests_no_longer_for_it() -> None:
    node = Endpoints([NOBODY, NOBODY + "/second"], chain_id=LOCAL_CHAIN_ID, timeout=1)
    away = node._nodes[1]
    for _hour in range(1100):
        node._rest(away, ChainUnavailable("It is away."))
    assert (away.faults, away.rested_seconds) == (1100, LONGEST_REST_SECONDS)


def test_one_that_is_kept_to_goes_on_resting_though_it_answers(live_chain: LiveChain) -> None:
    node = Endpoints([live_chain.node.url, second_name(live_chain)], chain_id=LOCAL_CHAIN_ID, timeout=5)
    first, second = node._nodes
    with node.one_node():
        node.distrust(InconsistentNode("it lies"))
        node.call("eth_chainId")
        with node.one_node():
            assert node.asked is first
    assert node.asked is second


def test_a_node_without_the_final_block_stops_nothing_while_another_has_it(
    live_chain: LiveChain, failing_node: FailingNode
) -> None:
    plan_terms("one")
    live_chain.finalize()
    live_chain.chain = replace(live_chain.chain, rpc_url=failing_node.url, backup_urls=(live_chain.node.url,))
    failing_node.fail(stale(80))
    plan_terms("two")
    with pytest.raises(InconsistentNode, match="which another one has"):
        live_chain.sweep()
    assert ChainCursor.objects.get().sending_stopped == ""
    live_chain.sweep()
    assert ChainTransaction.objects.filter(state=ChainTransaction.State.BROADCAST).count() == 1


def test_a_node_that_lags_when_something_is_to_be_sent_rests(live_chain: LiveChain, failing_node: FailingNode) -> None:
    live_chain.node.mine(5)
    live_chain.follow()
    chain = replace(live_chain.chain, rpc_url=failing_node.url, backup_urls=(live_chain.node.url,))
    failing_node.fail(stale(2))
    plan_terms("one")
    assert send_planned(chain, live_chain.operator) == 0
    assert send_planned(chain, live_chain.operator) == 1


def test_a_witness_that_cannot_be_understood_is_passed_over(live_chain: LiveChain, failing_node: FailingNode) -> None:
    direct = live_chain.node.url
    chain = replace(
        live_chain.chain, rpc_url=direct, backup_urls=(failing_node.url, direct.replace("127.0.0.1", "localhost"))
    )
    live_chain.node.mine()
    client(chain).node.witness(lambda rpc: rpc.call("eth_chainId"))
    failing_node.fail(NO_HEADERS)
    assert read(chain) == live_chain.node.head
    assert [one["faults"] for one in client(chain).node.health()] == [0, 1, 0]
