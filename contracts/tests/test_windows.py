"""Windows of blocks that a node does not answer for at once: narrower ones, down to one block and one address."""

import pytest

from contracts.errors import ChainUnavailable
from contracts.indexer import follow
from contracts.models import ChainCursor
from contracts.testing import LiveChain
from contracts.testing_proxy import LOGS, FailingNode, Fault, Json, Line, narrow
from contracts.tests.actions import plan_terms
from contracts.tests.test_indexer import terms

pytestmark = pytest.mark.django_db


def one_question_only(line: Line) -> None:
    """No logs of more than one block, nor of more than one address, at once."""

    def refuse(asked: Json, said: Json) -> Json:
        if asked["method"] != LOGS or "fromBlock" not in asked["params"][0]:
            return said
        (query,) = asked["params"]
        if query["fromBlock"] == query["toBlock"] and len(query["address"]) == 1:
            return said
        error = {"code": -32005, "message": "query returned more than 10000 results"}
        return {"jsonrpc": "2.0", "id": said["id"], "error": error}

    line.each(refuse)


def too_long_for_all(line: Line) -> None:
    """As a gateway whose node takes too long for logs of more than one block, or of more than one address."""
    queries = [asked["params"][0] for asked in line.questions() if asked["method"] == LOGS]
    ranges = [query for query in queries if "fromBlock" in query]
    if any(query["fromBlock"] != query["toBlock"] or len(query["address"]) > 1 for query in ranges):
        line.say("", 504)
    else:
        line.say(line.ask())


@pytest.mark.parametrize("blocks", [20, 80], ids=["open", "final"])
def test_a_block_whose_logs_take_too_long_is_asked_for_one_address_after_another(
    live_chain: LiveChain, failing_node: FailingNode, blocks: int
) -> None:
    live_chain.follow()
    plan_terms("one")
    live_chain.sweep()
    live_chain.node.mine(blocks)
    ChainCursor.objects.update(window=8)
    failing_node.fail(Fault("too long", too_long_for_all))
    for _halving in range(3):
        with pytest.raises(ChainUnavailable, match="504"):
            follow(live_chain.chain)
    assert ChainCursor.objects.get().window == 1
    for _block in range(3):
        ChainCursor.objects.update(window=1)
        follow(live_chain.chain)
    assert terms() == ["one"]
    failing_node.heal()
    live_chain.follow()
    assert live_chain.audit() == []


@pytest.mark.parametrize("blocks", [20, 80], ids=["open", "final"])
@pytest.mark.parametrize("fault", [narrow(5), narrow(1), Fault("one", one_question_only)], ids=["5", "1", "one"])
def test_a_wide_window_that_the_node_refuses_is_halved(
    live_chain: LiveChain, failing_node: FailingNode, blocks: int, fault: Fault
) -> None:
    """Down to one block, and of that one to one address."""
    live_chain.follow()
    plan_terms("one")
    live_chain.sweep()
    live_chain.node.mine(blocks)
    ChainCursor.objects.update(window=64)
    failing_node.fail(fault)
    live_chain.follow()
    assert terms() == ["one"]
    assert live_chain.node.head == ChainCursor.objects.get().number
    assert failing_node.met[fault.name]
    failing_node.heal()
    assert live_chain.audit() == []
