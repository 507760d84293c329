"""An operator tries again, speeds up and cancels: by a worker, with a reason, and once."""

from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import User
from contracts import hooks
from contracts.client import GWEI
from contracts.models import ChainTransaction, OperatorOrder
from contracts.outbox import enqueue
from contracts.outbox.operating import Action, OrderRefused, order, possible_orders
from contracts.outbox.sending import send_planned
from contracts.outbox.states import give_up
from contracts.testing import LiveChain
from contracts.testing_proxy import FailingNode, Fault, Line
from contracts.tests.actions import TERMS, address, balance, plan_transfer, refusing

State = ChainTransaction.State
pytestmark = pytest.mark.django_db


@pytest.fixture
def outcomes() -> Any:
    told: list[tuple[str, str]] = []
    hooks._outcomes[TERMS] = lambda tx: told.append((tx.state, tx.error))
    yield told
    del hooks._outcomes[TERMS]


def ask(tx: ChainTransaction, action: str) -> OperatorOrder:
    return order(tx=tx, action=action, reason="a buyer waits", operator="ops@example.org")


def waiting(live: LiveChain, **changes: Any) -> ChainTransaction:
    """Sent, and in no block."""
    live.node.automine(False)
    tx = plan_transfer(address("a"), amount=5, **changes)
    live.sweep()
    tx.refresh_from_db()
    return tx


def test_a_planned_action_is_canceled_before_it_is_signed(live_chain: LiveChain, outcomes: list[Any]) -> None:
    tx = plan_transfer(address("a"), kind=TERMS)
    made = ask(tx, Action.CANCEL)
    live_chain.settle()
    tx.refresh_from_db()
    made.refresh_from_db()
    assert (tx.state, tx.nonce, made.result) == (State.CANCELED, None, "Canceled before it was signed.")
    assert outcomes == [("canceled", "canceled by ops@example.org: a buyer waits")]
    assert balance(live_chain, address("a")) == 0


def test_a_sent_action_is_canceled_by_an_empty_transaction_at_its_nonce(
    live_chain: LiveChain, outcomes: list[Any]
) -> None:
    tx = waiting(live_chain, kind=TERMS)
    later = plan_transfer(address("b"))
    live_chain.sweep()
    ask(tx, Action.CANCEL)
    live_chain.sweep()
    tx.refresh_from_db()
    assert possible_orders(tx) == [Action.RETRY, Action.SPEED_UP]
    live_chain.node.automine(True)
    live_chain.settle()
    tx.refresh_from_db()
    assert (tx.state, tx.succeeded, outcomes) == (State.MINED, False, [])
    assert live_chain.audit() == []
    live_chain.finalize()
    for row in (tx, later):
        row.refresh_from_db()
    assert (tx.state, later.state) == (State.CANCELED, State.FINAL)
    assert outcomes == [("canceled", tx.error)]
    assert (balance(live_chain, address("a")), balance(live_chain, address("b"))) == (0, 1)
    assert live_chain.audit() == []


def test_of_an_action_and_its_cancellation_the_chain_takes_one(live_chain: LiveChain, outcomes: list[Any]) -> None:
    tx = waiting(live_chain, kind=TERMS)
    live_chain.node.mine()  # it is in a block, and nobody here knows
    ask(tx, Action.CANCEL)
    live_chain.node.automine(True)
    live_chain.finalize()
    tx.refresh_from_db()
    assert (tx.state, outcomes) == (State.FINAL, [])
    assert OperatorOrder.objects.get().result.startswith("Too late")
    assert balance(live_chain, address("a")) == 5


def test_a_sent_action_is_sped_up_at_its_nonce(live_chain: LiveChain) -> None:
    tx = waiting(live_chain)
    ask(tx, Action.SPEED_UP)
    live_chain.sweep()
    first, second = tx.attempts.all()
    assert first.nonce == second.nonce
    assert second.max_fee_per_gas >= first.max_fee_per_gas * 1.125
    live_chain.node.automine(True)
    live_chain.finalize()
    tx.refresh_from_db()
    assert (tx.state, tx.transaction_hash, balance(live_chain, address("a"))) == (State.FINAL, second.hash, 5)


def test_an_order_that_a_killed_worker_carried_out_is_not_carried_out_again(live_chain: LiveChain) -> None:
    tx = waiting(live_chain)
    made = ask(tx, Action.SPEED_UP)
    live_chain.sweep()
    OperatorOrder.objects.update(done_at=None)  # as if it had died before it could say so
    live_chain.sweep()
    made.refresh_from_db()
    assert (tx.attempts.count(), made.done_at is not None) == (2, True)


def test_at_the_cap_nothing_is_canceled_and_the_order_says_so(live_chain: LiveChain, settings: Any) -> None:
    tx = waiting(live_chain)
    settings.CHAIN_MAX_FEE_GWEI = most = int(tx.attempts.get().max_fee_per_gas) // GWEI
    made = ask(tx, Action.CANCEL)
    live_chain.sweep()
    made.refresh_from_db()
    assert (made.result, tx.attempts.count()) == (f"stuck: higher fees would pass the cap of {most} gwei", 1)


@pytest.mark.django_db(transaction=True)
def test_an_order_whose_bytes_the_node_refuses_says_so(live_chain: LiveChain, failing_node: FailingNode) -> None:
    tx = waiting(live_chain)
    made = ask(tx, Action.CANCEL)
    failing_node.fail(refusing("insufficient funds for gas"), times=1)
    live_chain.sweep()
    made.refresh_from_db()
    assert (made.result, tx.attempts.count()) == ("insufficient funds for gas", 2)


@pytest.mark.django_db(transaction=True)
def test_what_was_signed_after_the_orders_were_read_is_canceled_at_its_nonce(
    live_chain: LiveChain, failing_node: FailingNode
) -> None:
    first = waiting(live_chain)
    second = plan_transfer(address("b"))
    ask(first, Action.SPEED_UP)
    made = ask(second, Action.CANCEL)
    direct = replace(live_chain.chain, rpc_url=live_chain.node.url)

    def sent_meanwhile(line: Line) -> None:
        send_planned(direct, live_chain.operator)
        connection.close()
        line.say(line.ask())

    failing_node.fail(Fault("sent meanwhile", sent_meanwhile).only("eth_sendRawTransaction"), times=1)
    live_chain.sweep()
    made.refresh_from_db()
    assert made.result.startswith("An empty transaction competes for its nonce")
    assert [attempt.cancels for attempt in second.attempts.all()] == [False, True]


def test_a_failed_action_is_planned_anew_unless_its_app_was_told(live_chain: LiveChain, outcomes: list[Any]) -> None:
    everything = balance(live_chain, live_chain.operator)
    told = plan_transfer(address("a"), amount=everything + 1, kind=TERMS)
    alone = plan_transfer(address("b"), amount=everything + 1)
    live_chain.sweep()
    for tx in (told, alone):
        tx.refresh_from_db()
    assert (told.state, alone.state) == (State.FAILED, State.FAILED)
    with pytest.raises(OrderRefused):
        ask(told, Action.RETRY)
    with transaction.atomic():
        enqueue(
            kind="mint",
            subject="s",
            ref=b"1" * 32,
            contract="TestStablecoin",
            function="mint",
            args=[live_chain.operator, 1],
        )
    live_chain.settle()
    ask(alone, Action.RETRY)
    live_chain.settle()
    live_chain.settle()
    alone.refresh_from_db()
    assert (alone.state, balance(live_chain, address("b"))) == (State.MINED, everything + 1)


def test_what_failed_after_it_was_ordered_is_not_revived(live_chain: LiveChain, outcomes: list[Any]) -> None:
    tx = plan_transfer(address("a"), kind=TERMS)
    made = ask(tx, Action.RETRY)
    give_up(tx, [State.PLANNED], "it reverts")
    live_chain.settle()
    for row in (tx, made):
        row.refresh_from_db()
    assert (tx.state, made.result) == (State.FAILED, "Too late: it is failed.")
    assert (outcomes, balance(live_chain, address("a"))) == ([("failed", "it reverts")], 0)


def test_a_key_that_is_not_here_keeps_no_other_and_no_order_waiting(live_chain: LiveChain) -> None:
    gone = "0x" + "0" * 39 + "1"  # comes first
    tx = waiting(live_chain)
    ChainTransaction.objects.filter(pk=tx.pk).update(sender=gone)
    made = ask(tx, Action.SPEED_UP)
    other = plan_transfer(address("b"))
    live_chain.sweep()
    for row in (made, other):
        row.refresh_from_db()
    assert (other.state, made.result) == (State.BROADCAST, f"No signer here has the key of {gone}.")


def test_an_order_has_a_reason_and_is_open_once(live_chain: LiveChain) -> None:
    tx = plan_transfer(address("a"))
    with pytest.raises(OrderRefused, match="Say why"):
        order(tx=tx, action=Action.CANCEL, reason="  ", operator="ops")
    with pytest.raises(OrderRefused, match="cannot be done"):
        ask(tx, Action.SPEED_UP)
    ask(tx, Action.RETRY)
    with pytest.raises(OrderRefused, match="still open"):
        ask(tx, Action.CANCEL)


def test_only_who_may_operate_sees_and_uses_the_buttons(live_chain: LiveChain, creator: User) -> None:
    tx = plan_transfer(address("a"))
    page = reverse("admin:contracts_chaintransaction_change", args=[tx.pk])
    target = reverse("admin:contracts_chaintransaction_order", args=[tx.pk])
    creator.is_staff = True
    creator.save()
    creator.user_permissions.add(Permission.objects.get(codename="view_chaintransaction"))
    browser = Client()
    browser.force_login(creator)
    assert b"Step in" not in browser.get(page).content
    assert browser.post(target, {"action": "cancel", "reason": "no"}).status_code == 403
    creator.user_permissions.add(Permission.objects.get(codename="operate_chaintransaction"))
    assert b"Step in" in browser.get(page).content
    assert browser.get(target).status_code == 403
    answer = browser.post(target, {"action": "cancel", "reason": "paid by mistake"}, follow=True)
    assert b"A worker does it now" in answer.content
    made = OperatorOrder.objects.get()
    assert (made.action, made.reason, made.operator) == ("cancel", "paid by mistake", creator.get_username())
