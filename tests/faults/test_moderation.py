"""Decisions of moderators on the real chain: sales stop, earned money never does, and every accident ends well."""

import signal

import pytest

from accounts.models import Notification, User
from accounts.services import open_account
from common.testing import PASSWORD
from contracts.models import ChainTransaction
from designs.models import EntryStatus
from licensing.selectors import sale_stop
from licensing.services.downloads import grant_download
from marketplace.models import Order
from marketplace.services.checkout import CheckoutRefused
from marketplace.tests.pages import signed_in
from moderation.errors import ModerationRefused
from moderation.models import Case, Decision
from moderation.selectors import dispatches_of
from moderation.services import appeal, decide_appeal, decide_case, open_case, report, send_again
from moderation.services.deciding import Wish
from payments.services import carry_refund, receive_webhook
from royalties.services.payouts import pay_out_due
from tests.faults.market import OWN, UNITS, Market, agrees, refunds_of
from tests.faults.wallets import as_operator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]

ACTIVE, SUSPENDED = 0, 2
MODERATORS = 2
SUSPEND = Wish("suspend", "copy", "It is a copy of an older work.")
DECIDE = """
from accounts.models import User
from moderation.models import Case
from moderation.services import decide_case
from moderation.services.deciding import Wish
case = Case.objects.get()
wish = Wish("suspend", "copy", "It is a copy of an older work.")
decide_case(moderator=User.objects.get(email="moderator@example.org"), case=case, turn=case.turn, wish=wish)
"""


def decide(market: Market, moderator: User, wish: Wish = SUSPEND) -> Decision:
    case = open_case(moderator=moderator, design=market.design)
    return decide_case(moderator=moderator, case=case, turn=case.turn, wish=wish)


def status_on_chain(market: Market) -> int:
    return int(market.ask("DesignRegistry", "ledgerFacts", market.entry)[1])


def stop(market: Market) -> str:
    found = sale_stop(chain_id=market.live.chain.chain_id, entry_id=market.design.entry_id or "")
    return found.code if found else ""


def way(decision: Decision) -> str:
    return dispatches_of([decision])[decision.pk].code


def pay(market: Market, order: Order) -> None:
    headers, body = market.webhook(order)
    receive_webhook(provider_name="test", headers=headers, body=body)


def test_a_report_stops_sales_and_never_earned_money_and_an_appeal_brings_them_back(
    sold: Market, stranger: User, moderator: User
) -> None:
    before = sold.order(stranger)
    filed = report(reporter=stranger, design=sold.design, reason="copy", statement="Mine.", original="https://e.org/1")
    case = Case.objects.get()
    decision = decide_case(moderator=moderator, case=case, turn=case.turn, wish=SUSPEND)
    assert way(decision) == "queued"
    sold.live.settle()

    assert (status_on_chain(sold), stop(sold), way(decision)) == (SUSPENDED, "suspended", "mined")
    row = EntryStatus.objects.get()
    assert (row.reason, row.by) == (decision.statement_hash, sold.live.operator)
    # A new order is refused by us, one that was open before by the chain, and its payment goes back.
    with pytest.raises(CheckoutRefused, match="suspended"):
        sold.order(stranger)
    pay(sold, before)
    sold.live.settle()
    assert before.payment is not None
    carry_refund(intent_id=before.payment.pk)
    before.refresh_from_db()
    assert sold.licenses_on_chain(stranger) == 0
    assert (before.state, refunds_of(before)) == (Order.State.REFUNDED, 1)
    grant_download(user=sold.buyer, license_id=sold.license_id)

    # What was earned before is paid while it is taken down.
    assert sold.coins(sold.creator) == 0
    pay_out_due()
    sold.live.settle()
    for holder, units in zip((sold.creator, sold.cocreator), UNITS, strict=True):
        assert sold.coins(holder) == OWN * units // 1_000_000

    second = open_account(email="second@example.org", password=PASSWORD, display_name="Second", is_staff=True)
    plea = appeal(author=sold.creator, decision=decision, statement="My file is older.")
    outcome = decide_appeal(moderator=second, appeal=plea, uphold=True, text="It is older.")
    sold.live.settle()
    assert (status_on_chain(sold), stop(sold), way(outcome)) == (ACTIVE, "", "mined")
    sold.buy(stranger)
    sold.live.finalize()
    assert sold.licenses_on_chain(stranger) == 1
    assert (way(decision), way(outcome)) == ("final", "final")
    filed.refresh_from_db()
    assert not filed.is_open
    agrees(sold)


def test_a_process_that_dies_after_the_decision_leaves_neither_it_nor_its_transaction(
    sold: Market, moderator: User
) -> None:
    case = open_case(moderator=moderator, design=sold.design)

    code, output = sold.live.manage("shell", "-c", DECIDE, kill_at="moderation.decided")

    assert code == -signal.SIGKILL, output
    assert not Decision.objects.exists()
    assert not ChainTransaction.objects.filter(kind="moderation_status").exists()
    case.refresh_from_db()
    assert case.state == Case.State.OPEN

    code, output = sold.live.manage("shell", "-c", DECIDE)
    assert code == 0, output
    # Nobody nudged a worker here: the sweeper finds the row.
    sold.live.settle()
    assert Decision.objects.count() == EntryStatus.objects.count() == 1
    assert status_on_chain(sold) == SUSPENDED
    agrees(sold)


def test_a_transaction_that_fails_is_told_with_its_next_step_and_sent_again_once(sold: Market, moderator: User) -> None:
    as_operator(sold, "AccessManager", "revokeRole", MODERATORS, sold.live.operator)
    decision = decide(sold, moderator)
    sold.live.settle()

    assert (way(decision), status_on_chain(sold), stop(sold)) == ("failed", ACTIVE, "")
    told = Notification.objects.get(user=moderator, kind="moderation_unsent")
    assert told.url == decision.get_absolute_url()
    page = signed_in(moderator).get(decision.get_absolute_url()).content.decode()
    assert "The chain does not have this decision" in page
    assert "Send it again" in page
    # What failed is not counted as done: the design can be suspended still.
    assert "suspended" not in decision.before["status"]

    as_operator(sold, "AccessManager", "grantRole", MODERATORS, sold.live.operator, 0)
    signed_in(moderator).post(f"{decision.get_absolute_url()}send/")
    with pytest.raises(ModerationRefused):
        send_again(decision=decision)
    sold.live.settle()

    assert (way(decision), status_on_chain(sold), stop(sold)) == ("mined", SUSPENDED, "suspended")
    assert [command.number for command in decision.commands.all()] == [1, 2]
    with pytest.raises(ModerationRefused):
        send_again(decision=decision)
    assert ChainTransaction.objects.filter(kind="moderation_status").count() == 2
    agrees(sold)


def test_a_decision_whose_block_vanishes_comes_back_once(sold: Market, moderator: User) -> None:
    decision = decide(sold, moderator)
    sold.live.settle()
    assert stop(sold) == "suspended"

    sold.live.node.reorg(3)
    sold.live.follow()

    assert (status_on_chain(sold), stop(sold)) == (ACTIVE, "")
    assert not EntryStatus.objects.exists()
    sold.finish()
    assert (way(decision), status_on_chain(sold), stop(sold)) == ("final", SUSPENDED, "suspended")
    assert ChainTransaction.objects.get(kind="moderation_status").attempts.count() == 1
    agrees(sold)


def test_a_decision_and_its_opposite_arrive_in_their_order(sold: Market, moderator: User) -> None:
    decide(sold, moderator)
    restored = decide(sold, moderator, Wish("restore", "mistake", "I was wrong."))
    sold.finish()

    assert (status_on_chain(sold), stop(sold), way(restored)) == (ACTIVE, "", "final")
    assert list(
        EntryStatus.objects.order_by("event__block__number", "event__log_index").values_list("status", flat=True)
    ) == [
        SUSPENDED,
        ACTIVE,
    ]
    agrees(sold)
