"""From a business action to a final transaction, on a real chain."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from contracts import hooks
from contracts.client import client
from contracts.errors import NotDecidedYet, Reverted
from contracts.models import (
    ChainCursor,
    ChainTransaction,
    SenderNonce,
    TransactionAttempt,
    TransactionHistory,
)
from contracts.operations.facts import read_facts
from contracts.outbox import enqueue
from contracts.outbox.states import advance, deliver_outcomes
from contracts.outbox.sweeping import send_now, sweep_chain
from contracts.selectors import for_ref, transaction_status
from contracts.testing import LiveChain
from contracts.testing_proxy import FailingNode, Fault, Json, Line
from contracts.tests.actions import (
    TERMS,
    TRANSFER,
    a_while_ago,
    address,
    balance,
    key,
    plan_terms,
    plan_terms_again,
    plan_transfer,
    take_coins,
    terms_hash_of,
)

State = ChainTransaction.State
pytestmark = pytest.mark.django_db


@pytest.fixture
def outcomes() -> Iterator[list[tuple[str, str]]]:
    """What the outcome handler of test actions was told: state and error."""
    told: list[tuple[str, str]] = []
    hooks._outcomes[TERMS] = lambda tx: told.append((tx.state, tx.error))
    yield told
    del hooks._outcomes[TERMS]


def states(tx: ChainTransaction) -> list[str]:
    return list(tx.history.values_list("after", flat=True))


def test_enqueue_outside_a_transaction_is_refused(transactional_db: None) -> None:
    with pytest.raises(RuntimeError, match="inside the transaction"):
        enqueue(kind="k", subject="s", ref=key("r"), contract="TestStablecoin", function="mint", args=[])
    assert not ChainTransaction.objects.exists()


def test_one_action_gives_one_row_however_often_it_is_enqueued(live_chain: LiveChain) -> None:
    first = plan_transfer(address("a"))
    again = plan_transfer(address("a"))
    assert again.pk == first.pk
    assert ChainTransaction.objects.count() == 1
    assert TransactionHistory.objects.count() == 1
    assert for_ref(TRANSFER, key(f"pay {address('a')}")) == first


def test_arguments_that_lose_digits_are_refused(live_chain: LiveChain) -> None:
    with pytest.raises(TypeError), transaction.atomic():
        enqueue(
            kind="k",
            subject="s",
            ref=key("r"),
            contract="TestStablecoin",
            function="transfer",
            args=[address("a"), 1.5],
        )
    assert not ChainTransaction.objects.exists()


def test_an_action_goes_from_planned_to_final(live_chain: LiveChain) -> None:
    tx = plan_transfer(address("a"), amount=7)
    assert transaction_status(tx, live_chain.chain).code == "queued"
    live_chain.settle()
    tx.refresh_from_db()
    assert (tx.state, tx.succeeded, balance(live_chain, address("a"))) == (State.MINED, True, 7)
    assert transaction_status(tx, live_chain.chain).code == "mined"
    live_chain.finalize()
    tx.refresh_from_db()
    assert states(tx) == ["planned", "signed", "broadcast", "mined", "final"]
    assert transaction_status(tx, live_chain.chain).code == "final"
    assert balance(live_chain, address("a")) == 7
    assert live_chain.audit() == []


def test_bytes_are_stored_before_they_are_sent_and_are_what_was_sent(live_chain: LiveChain) -> None:
    live_chain.node.stop()
    tx = plan_transfer(address("a"))
    live_chain.node.start()
    live_chain.settle()
    attempt = TransactionAttempt.objects.get(transaction=tx)
    sent = live_chain.node.rpc("eth_getRawTransactionByHash", attempt.hash)
    assert bytes(attempt.raw).hex() == sent[2:]


def test_a_certain_revert_fails_without_a_nonce(live_chain: LiveChain, outcomes: list[Any]) -> None:
    plan_terms("shop")
    live_chain.settle()
    allocated = SenderNonce.objects.get().next_nonce
    second = plan_terms_again("shop")
    live_chain.sweep()
    second.refresh_from_db()
    reason = f"DesignLicenses__TermsKnown(terms={terms_hash_of('shop')})"
    assert (second.state, second.error, second.nonce) == (State.FAILED, reason, None)
    assert outcomes == [("failed", reason)]
    assert SenderNonce.objects.get().next_nonce == allocated
    assert live_chain.audit() == []


def test_what_cannot_be_encoded_fails_with_its_reason(live_chain: LiveChain) -> None:
    with transaction.atomic():
        action = {"contract": "DesignLicenses", "function": "defineTerms", "args": ["0x12"]}
        tx = enqueue(kind="k", subject="s", ref=key("r"), **action)
    live_chain.sweep()
    tx.refresh_from_db()
    assert (tx.state, tx.nonce) == (State.FAILED, None)
    assert "takes 3 arguments, 1 were given" in tx.error


def test_an_action_is_simulated_after_the_open_ones_that_it_builds_on(live_chain: LiveChain) -> None:
    """The second payment needs the coins that the first transaction brings."""
    live_chain.node.automine(False)
    everything = balance(live_chain, live_chain.operator)
    with transaction.atomic():
        enqueue(
            kind=TRANSFER,
            subject="test:mint",
            ref=key("mint"),
            contract="TestStablecoin",
            function="mint",
            args=[live_chain.operator, 1],
        )
    plan_transfer(address("a"), amount=everything + 1)
    live_chain.sweep()
    live_chain.node.mine()
    assert balance(live_chain, address("a")) == everything + 1


def test_a_revert_is_certain_only_when_nothing_of_ours_is_open(live_chain: LiveChain, outcomes: list[Any]) -> None:
    plan_terms("one")
    live_chain.settle()
    live_chain.node.automine(False)
    plan_transfer(address("open"))
    live_chain.sweep()
    tx = plan_terms_again("one")
    live_chain.sweep()
    live_chain.sweep()
    tx.refresh_from_db()
    assert (tx.state, tx.waits_for_nonce, outcomes) == (State.PLANNED, SenderNonce.objects.get().next_nonce, [])
    live_chain.node.mine()
    live_chain.follow()
    live_chain.sweep()
    tx.refresh_from_db()
    assert (tx.state, len(outcomes)) == (State.FAILED, 1)


def test_a_revert_is_certain_only_without_what_strangers_have_in_the_pool(
    live_chain: LiveChain, outcomes: list[Any]
) -> None:
    everything = balance(live_chain, live_chain.operator)
    live_chain.node.automine(False)
    taken = take_coins(live_chain, 1)
    tx = plan_transfer(address("a"), amount=everything, kind=TERMS)
    live_chain.sweep()
    tx.refresh_from_db()
    assert (tx.state, tx.error[:24], outcomes) == (State.PLANNED, "ERC20InsufficientBalance", [])
    live_chain.node.rpc("anvil_dropTransaction", taken)
    live_chain.node.automine(True)
    live_chain.settle()
    assert balance(live_chain, address("a")) == everything


@pytest.mark.django_db(transaction=True)
def test_a_revert_is_certain_only_when_a_second_node_tells_the_same(
    live_chain: LiveChain, failing_node: FailingNode, outcomes: list[Any]
) -> None:
    def reverts(asked: Json, said: Json) -> Json:
        if asked["method"] not in {"eth_estimateGas", "eth_call"}:
            return said
        return {"jsonrpc": "2.0", "id": said["id"], "error": {"code": 3, "message": "execution reverted"}}

    two = replace(live_chain.chain, backup_urls=(live_chain.node.url,))
    failing_node.fail(Fault("reverts", lambda line: line.each(reverts)))
    tx = plan_transfer(address("a"), kind=TERMS)
    sweep_chain(two)
    tx.refresh_from_db()
    assert (tx.state, tx.error, outcomes) == (State.PLANNED, "reverted with 0x", [])
    sweep_chain(two)  # the other node is asked meanwhile
    failing_node.heal()
    live_chain.settle()
    assert balance(live_chain, address("a")) == 1
    too_much = plan_transfer(address("b"), amount=2**200, kind=TERMS)
    sweep_chain(two)
    too_much.refresh_from_db()
    assert (too_much.state, len(outcomes)) == (State.FAILED, 1)


def test_a_revert_on_chain_fails_the_action_only_once_its_block_is_final(
    live_chain: LiveChain, outcomes: list[Any]
) -> None:
    """The simulation passes; then somebody else's transaction, at a higher price, takes the coins."""
    live_chain.node.automine(False)
    everything = balance(live_chain, live_chain.operator)
    loser = plan_transfer(address("a"), amount=everything, kind=TERMS)
    live_chain.sweep()
    take_coins(live_chain, 1)
    live_chain.node.automine(True)
    live_chain.settle()
    loser.refresh_from_db()
    assert (loser.state, loser.succeeded, outcomes) == (State.MINED, False, [])
    assert loser.error.startswith("ERC20InsufficientBalance") or loser.error.startswith("reverted in block")
    live_chain.finalize()
    loser.refresh_from_db()
    assert loser.state == State.FAILED
    assert outcomes == [("failed", loser.error)]
    assert live_chain.audit() == []


def test_an_outcome_whose_handler_raised_is_delivered_later_once(live_chain: LiveChain) -> None:
    calls: list[str] = []

    def handler(tx: ChainTransaction) -> None:
        calls.append(tx.state)
        if len(calls) == 1:
            raise ValueError("the domain is not ready")

    hooks._outcomes["fragile"] = handler
    try:
        tx = plan_transfer(address("a"), amount=2**200, kind="fragile")
        live_chain.sweep()
        tx.refresh_from_db()
        assert (tx.state, tx.outcome_delivered) == (State.FAILED, False)
        assert deliver_outcomes(live_chain.chain.chain_id) == 1
        assert deliver_outcomes(live_chain.chain.chain_id) == 0
    finally:
        del hooks._outcomes["fragile"]
    assert calls == ["failed", "failed"]


def test_outcomes_that_cannot_be_delivered_are_counted_and_keep_no_other_waiting(
    live_chain: LiveChain, outcomes: list[tuple[str, str]]
) -> None:
    def broken(_tx: ChainTransaction) -> None:
        raise ValueError("a fault of ours")

    chain_id = live_chain.chain.chain_id
    hooks._outcomes["broken"] = broken
    try:
        for tx in (plan_transfer(address("a"), kind="broken"), plan_transfer(address("b"), kind=TERMS)):
            advance(tx, [State.PLANNED], State.FAILED, error="it reverts")
        for _sweep in range(40):
            deliver_outcomes(chain_id, limit=1)
        assert outcomes == [("failed", "it reverts")]
        assert read_facts(live_chain.chain).undelivered == 0
        ChainTransaction.objects.update(state_at=timezone.now() - timedelta(minutes=6))
        assert read_facts(live_chain.chain).undelivered == 1
    finally:
        del hooks._outcomes["broken"]


def test_an_app_that_cannot_tell_yet_is_asked_again_and_raises_no_alarm(live_chain: LiveChain) -> None:
    answers: list[Exception | None] = [NotDecidedYet("its block may go away"), ValueError("a fault of ours"), None]

    def handler(_tx: ChainTransaction) -> None:
        if (answer := answers.pop(0)) is not None:
            raise answer

    hooks._outcomes["slow"] = handler
    try:
        tx = plan_transfer(address("a"), kind="slow")
        advance(tx, [State.PLANNED], State.FAILED, error="it reverts")
        a_while_ago(6)
        counted = []
        for _sweep in range(3):
            deliver_outcomes(live_chain.chain.chain_id)
            counted.append(read_facts(live_chain.chain).undelivered)
        assert (counted, answers) == ([0, 1, 0], [])
    finally:
        del hooks._outcomes["slow"]


def test_a_state_moves_only_from_where_it_is(live_chain: LiveChain) -> None:
    tx = plan_transfer(address("a"))
    assert not advance(tx, [State.BROADCAST], State.MINED)
    tx.refresh_from_db()
    assert (tx.state, states(tx)) == (State.PLANNED, ["planned"])


def test_a_stuck_transaction_is_replaced_at_the_same_nonce_with_higher_fees(
    live_chain: LiveChain, settings: Any
) -> None:
    live_chain.node.automine(False)
    tx = plan_transfer(address("a"), amount=3)
    live_chain.sweep()
    settings.CHAIN_STUCK_SECONDS = 60
    a_while_ago(5)
    TransactionAttempt.objects.update(tried_at=timezone.now())  # as when an operator had it tried again
    live_chain.sweep()
    tx.refresh_from_db()
    first, second = tx.attempts.all()
    assert tx.state == State.REPLACED
    assert first.nonce == second.nonce
    assert second.max_fee_per_gas >= first.max_fee_per_gas * 1.125
    assert second.max_priority_fee_per_gas >= first.max_priority_fee_per_gas * 1.125
    assert transaction_status(tx, live_chain.chain).code == "sent"
    live_chain.node.mine()
    live_chain.follow()
    live_chain.sweep()
    tx.refresh_from_db()
    assert (tx.state, tx.transaction_hash) == (State.MINED, second.hash)
    assert balance(live_chain, address("a")) == 3


@pytest.mark.django_db(transaction=True)
def test_what_a_node_takes_and_forgets_each_time_is_handed_over_again_and_in_the_end_replaced(
    live_chain: LiveChain, failing_node: FailingNode, settings: Any
) -> None:
    def forgets(line: Line) -> None:
        said = [{"jsonrpc": "2.0", "id": one["id"], "result": address("any")} for one in line.questions()]
        line.say(said)

    settings.CHAIN_STUCK_SECONDS = 60
    failing_node.fail(Fault("forgets", forgets).only("eth_sendRawTransaction"))
    tx = plan_transfer(address("a"))
    for _time in range(3):
        TransactionAttempt.objects.update(tried_at=timezone.now() - timedelta(minutes=5))
        live_chain.sweep()
    tx.refresh_from_db()
    assert (tx.state, tx.attempts.count(), failing_node.met["forgets"]) == (State.BROADCAST, 1, 3)
    for attempts in (2, 3):
        a_while_ago(5)
        TransactionAttempt.objects.update(tried_at=timezone.now())
        live_chain.sweep()
        assert tx.attempts.count() == attempts
    failing_node.heal()
    a_while_ago(0)
    TransactionAttempt.objects.update(tried_at=None)
    live_chain.settle()
    assert balance(live_chain, address("a")) == 1


def test_no_more_are_open_than_the_bound_allows(live_chain: LiveChain, settings: Any) -> None:
    settings.CHAIN_MAX_IN_FLIGHT = 3
    live_chain.node.automine(False)
    for number in range(5):
        plan_transfer(address(f"h{number}"))
    live_chain.sweep()
    live_chain.sweep()
    assert ChainTransaction.objects.filter(state=State.BROADCAST).count() == 3
    live_chain.node.mine()
    live_chain.follow()
    live_chain.sweep()
    assert ChainTransaction.objects.filter(state__in=[State.BROADCAST, State.MINED]).count() == 5


def test_without_coin_an_action_waits_and_says_so(live_chain: LiveChain) -> None:
    live_chain.node.rpc("anvil_setBalance", live_chain.operator, "0x0")
    tx = plan_transfer(address("a"))
    live_chain.sweep()
    tx.refresh_from_db()
    assert tx.state in {State.PLANNED, State.SIGNED}
    assert "funds" in tx.error.lower()
    assert transaction_status(tx, live_chain.chain).reason == tx.error
    live_chain.node.rpc("anvil_setBalance", live_chain.operator, hex(10**20))
    TransactionAttempt.objects.update(tried_at=timezone.now() - timedelta(minutes=1))
    live_chain.settle()
    tx.refresh_from_db()
    assert (tx.state, balance(live_chain, address("a"))) == (State.MINED, 1)


def test_nothing_is_sent_while_sending_is_stopped(live_chain: LiveChain) -> None:
    live_chain.follow()
    ChainCursor.objects.update(sending_stopped="The chain stands behind.")
    plan_transfer(address("a"))
    with pytest.raises(Exception, match="stands behind"):
        live_chain.sweep()
    assert not TransactionAttempt.objects.exists()
    assert balance(live_chain, address("a")) == 0


def test_a_custom_error_is_decoded_with_its_arguments(live_chain: LiveChain) -> None:
    call = {
        "from": address("poor"),
        "to": live_chain.chain.deployment.address("TestStablecoin"),
        "data": "0xa9059cbb" + "00" * 12 + address("a")[2:] + f"{1:064x}",
    }
    with pytest.raises(Reverted) as caught:
        client(live_chain.chain).simulate(call)
    assert str(client(live_chain.chain).revert_reason(call, "latest")) == str(caught.value)
    assert client(live_chain.chain).revert_reason(call, 10**9) is None, "what a node lacks is no reason"
    assert caught.value.name == "ERC20InsufficientBalance"
    assert caught.value.arguments == {"sender": address("poor"), "balance": "0", "needed": "1"}


def test_actions_sent_together_are_simulated_one_after_the_other(live_chain: LiveChain) -> None:
    """Each of the two payments alone passes; both together are more than there is."""
    everything = balance(live_chain, live_chain.operator)
    paid = plan_transfer(address("a"), amount=everything)
    too_much = plan_transfer(address("b"), amount=1)
    later = plan_transfer(address("c"), amount=0)
    live_chain.settle()
    for tx in (paid, too_much, later):
        tx.refresh_from_db()
    assert (paid.state, later.state) == (State.MINED, State.MINED)
    assert (too_much.state, too_much.nonce) == (State.FAILED, None)
    assert too_much.error.startswith("ERC20InsufficientBalance")
    assert live_chain.audit() == []


def test_a_sender_that_waits_for_room_replaces_what_is_stuck(live_chain: LiveChain, settings: Any) -> None:
    """No sweep is needed for it: while the sender waits, a sweep may wait for the worker."""
    settings.CHAIN_MAX_IN_FLIGHT, settings.CHAIN_STUCK_SECONDS = 1, 0
    live_chain.node.automine(False)
    first, second = plan_transfer(address("a")), plan_transfer(address("b"))
    send_now(chain_role="public", sender=first.sender)
    assert [attempt.number for attempt in first.attempts.order_by("number")] == [1, 2]
    assert not second.attempts.exists()
    live_chain.node.automine(True)
    live_chain.node.mine()
    live_chain.settle()
    assert (balance(live_chain, address("a")), balance(live_chain, address("b"))) == (1, 1)
