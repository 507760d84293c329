"""A block's logs are all there or none is stored, even where each has its like in the block."""

from collections.abc import Callable

import pytest

from contracts.errors import InconsistentNode
from contracts.indexer import follow
from contracts.models import ChainEvent
from contracts.testing import FINAL_AFTER
from contracts.testing_proxy import FailingNode, Fault, Line, late_index, late_index_only, truncated_logs
from tests.faults.market import Market, address_of
from tests.faults.wallets import as_creator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]

TIMES = 5


def change_standing(market: Market) -> None:
    """Events that differ in their data only, in one block: its bloom has no more of all than of one."""
    node = market.live.node
    node.rpc("anvil_setBalance", address_of(market.creator), hex(10**19))
    node.automine(False)
    for number in range(TIMES):
        as_creator(market, "DesignRegistry", "setStanding", market.entry, [True, True, number])
    node.automine(True)
    node.mine()


def read() -> int:
    return ChainEvent.objects.filter(name="StandingChanged").count()


@pytest.mark.parametrize("blocks_above", [0, FINAL_AFTER + 2], ids=["new", "final"])
@pytest.mark.parametrize("lie", [late_index, truncated_logs])
def test_a_log_that_has_its_like_in_its_block_is_missed(
    market: Market, failing_node: FailingNode, lie: Callable[[Line], None], blocks_above: int
) -> None:
    market.publish()
    market.live.finalize()
    change_standing(market)
    market.live.node.mine(blocks_above)
    failing_node.fail(Fault("lies", lie))
    for _time in range(20):
        with pytest.raises(InconsistentNode, match="leaves out logs of block"):
            follow(market.live.chain)
    assert read() == 0
    # Its receipts make up for its index.
    failing_node.fail(Fault("late", late_index_only))
    market.live.follow()
    assert read() == TIMES
    failing_node.heal()
    assert market.live.audit() == []
