"""An audit compares what was read with the block at which it was read, whatever the chain did since."""

import pytest

from contracts.models import ChainTransaction
from contracts.testing import LiveChain
from contracts.tests.actions import address, plan_transfer

pytestmark = pytest.mark.django_db


def test_a_key_is_used_elsewhere_once_that_was_read(live_chain: LiveChain) -> None:
    plan_transfer(address("a"))
    live_chain.settle()
    live_chain.node.rpc("anvil_impersonateAccount", live_chain.operator)
    live_chain.node.rpc("eth_sendTransaction", {"from": live_chain.operator, "to": live_chain.operator})
    live_chain.node.wait_until_mined()
    assert live_chain.audit() == []
    live_chain.follow()
    (line,) = live_chain.audit()
    assert "the key is used elsewhere" in line


def test_transactions_are_compared_once_their_block_is_final(live_chain: LiveChain) -> None:
    plan_transfer(address("a"))
    live_chain.settle()
    moved = {"block_hash": "0x" + "ab" * 32}
    ChainTransaction.objects.update(**moved)
    assert live_chain.audit() == []
    live_chain.finalize()
    ChainTransaction.objects.update(**moved)
    (line,) = live_chain.audit()
    assert "is marked final in block 0xabab" in line
