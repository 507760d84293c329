"""An audit compares what was read with the block at which it was read, whatever the chain did since."""

import pytest

from contracts.audit import CannotAudit
from contracts.models import ChainEvent, ChainTransaction
from contracts.testing import LiveChain
from contracts.testing_proxy import FailingNode, Fault, Json, Line, nothing
from contracts.tests.actions import address, plan_terms, plan_transfer
from royalties.models import ShareMovement

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


def test_rows_that_hang_on_nothing_are_told(live_chain: LiveChain) -> None:
    plan_transfer(address("a"))
    live_chain.settle()
    plan_terms("something of ours")
    live_chain.settle()
    event = ChainEvent.objects.latest("id")
    assert live_chain.audit() == []
    ShareMovement.objects.create(
        event=event,
        chain_id=event.chain_id,
        entry_id="0x" + "1" * 32,
        sender=address("a"),
        receiver=address("b"),
        units=1,
    )
    ShareMovement.objects.update(event_id=event.pk + 1)
    assert "contracts.rows: 1 rows of royalties_sharemovement hang on no event." in live_chain.audit()
    ChainEvent.objects.filter(pk=event.pk).update(block_id=0)
    assert "contracts.rows: 1 rows of contracts_chainevent hang on no block." in live_chain.audit()


def test_a_receipt_that_the_node_forgot_is_no_difference(live_chain: LiveChain, failing_node: FailingNode) -> None:
    plan_transfer(address("a"))
    live_chain.settle()
    live_chain.finalize()
    failing_node.fail(Fault("nothing", nothing).only("eth_getTransactionReceipt"))
    assert live_chain.audit() == []
    ChainTransaction.objects.update(block_hash="0x" + "ab" * 32)
    (line,) = live_chain.audit()
    assert "the chain has no 0x" in line


def test_a_receipt_that_the_node_refuses_to_tell_ends_the_audit(
    live_chain: LiveChain, failing_node: FailingNode
) -> None:
    """A node that throttles answers some questions of a batch, and nothing is known of the others."""
    for name in "ab":
        plan_transfer(address(name))
    live_chain.settle()
    live_chain.finalize()

    def refuse_one(line: Line) -> None:
        def refuse(question: Json, answer: Json) -> Json:
            if question["id"] == 0:
                return answer
            return {"jsonrpc": "2.0", "id": answer["id"], "error": {"code": -32005, "message": "limit exceeded"}}

        line.each(refuse)

    failing_node.fail(Fault("throttled", refuse_one).only("eth_getTransactionReceipt"))
    with pytest.raises(CannotAudit, match="limit exceeded"):
        live_chain.audit()


def test_each_receipt_is_asked_for_once(live_chain: LiveChain, failing_node: FailingNode) -> None:
    plan_transfer(address("a"))
    live_chain.settle()
    live_chain.finalize()
    failing_node.fail(Fault("asked", lambda line: line.say(line.ask())).only("eth_getTransactionReceipt"))
    assert live_chain.audit() == []
    assert failing_node.met["asked"] == 1


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
