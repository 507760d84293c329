"""What derived works earn reaches the holders of what they come from: by itself, and once, whatever happens."""

import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from eth_account.signers.local import LocalAccount

from common.identifiers import ZERO_ADDRESS
from common.testing import at_once, wait_until
from config.celery import app
from contracts.models import ChainTransaction
from marketplace.tests.pages import page, text
from royalties.models import AncestorSettlement, RevenueEvent
from royalties.services.settlements import settle_due
from royalties.services.upkeep import RETRY_AFTER
from tests.faults.conftest import StartWorker
from tests.faults.market import OWN, UNITS, Market, address_of, agrees
from tests.faults.wallets import derive, sell, send_as

State = ChainTransaction.State
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]
FIRST, SECOND = "0x" + "ab" * 32, "0x" + "ac" * 32
NATIVE = ZERO_ADDRESS
PRICE = 10_000_000
PART = 950_000  # a tenth of what the fee of 5 % leaves


@pytest.fixture
def derived(sold: Market, outsider: LocalAccount) -> int:
    """A work of somebody else that owes the market's design a tenth, sold once."""
    entry = derive(sold, outsider, FIRST, {sold.currency: PRICE, NATIVE: 10**17})
    sell(sold, entry, sold.currency, PRICE)
    sold.live.finalize()
    return entry


def planned() -> list[ChainTransaction]:
    return list(ChainTransaction.objects.filter(kind="settle").order_by("pk"))


def settled_on_chain(market: Market, derived: int, currency: str = "") -> int:
    return int(market.ask("DesignShares", "ancestorAccount", derived, market.entry, currency or market.currency)[1])


def earnings(market: Market) -> str:
    return text(page(market.creator, "/earnings/"))


def test_the_part_of_the_ancestor_is_on_its_way_then_credited_then_paid(sold: Market, derived: int) -> None:
    sell(sold, derived, NATIVE, 10**17)
    sold.finish()
    own = OWN * UNITS[0] // 1_000_000
    mine = (OWN + PART) * UNITS[0] // 1_000_000
    assert settled_on_chain(sold, derived) == PART
    assert settled_on_chain(sold, derived, NATIVE) == 95 * 10**14
    assert sold.coins(sold.creator) == mine
    assert [(tx.args[2], tx.state) for tx in planned()] == [([derived], State.FINAL)] * 2

    sell(sold, derived, sold.currency, PRICE)
    sold.live.follow()
    said = earnings(sold)
    coming = PART * UNITS[0] // 1_000_000
    assert f"On its way from derived works 0.{coming:06d} tUSD" in said
    assert f"66.6667 % 0.{coming:06d} {mine / 10**6:.6f} {mine / 10**6:.6f} 0.00" in said
    agrees(sold)

    sold.finish()
    assert sold.coins(sold.creator) == (OWN + 2 * PART) * UNITS[0] // 1_000_000 > mine > own
    assert "On its way" not in earnings(sold)
    assert len(planned()) == 3
    agrees(sold)


def test_the_audit_says_what_is_earned_or_settled_otherwise(sold: Market, derived: int) -> None:
    sold.finish()
    assert sold.live.audit() == []
    AncestorSettlement.objects.update(amount=F("amount") + 1)
    (line,) = [line for line in sold.live.audit() if line.startswith("royalties.settlements")]
    assert f"the chain says (950000, 950000), the database ({PART}, {PART + 1})" in line
    AncestorSettlement.objects.update(amount=F("amount") - 1, descendant_id="0x" + "00" * 16)
    assert sum(line.startswith("royalties.settlements") for line in sold.live.audit()) == 2


def test_from_several_sides_at_once_it_is_planned_once(sold: Market, derived: int) -> None:
    assert sorted(at_once(lambda _side: settle_due(), 4)) == [0, 0, 0, 1]
    assert settle_due() == 0
    sold.finish()
    assert len(planned()) == 1
    agrees(sold)


def test_what_somebody_else_settled_is_asked_of_the_chain_and_left_alone(
    sold: Market, outsider: LocalAccount, derived: int
) -> None:
    send_as(sold, outsider.address, "DesignShares", "settle", sold.entry, sold.currency, [derived])
    sold.live.node.wait_until_mined()

    assert settle_due() == 0
    assert planned() == []

    sold.finish()
    assert planned() == []
    assert sold.coins(sold.creator) == (OWN + PART) * UNITS[0] // 1_000_000


def test_a_settlement_that_vanishes_is_sent_again_and_no_second_one_is_planned(sold: Market, derived: int) -> None:
    assert settle_due() == 1
    sold.live.sweep()
    sold.live.follow()
    sold.live.sweep()
    sold.live.node.mine(2)
    sold.live.follow()
    assert AncestorSettlement.objects.count() == 1
    assert (planned()[0].state, settle_due()) == (State.MINED, 0)

    sold.live.node.reorg(3)
    sold.live.follow()
    assert (AncestorSettlement.objects.count(), settled_on_chain(sold, derived)) == (0, 0)
    assert "On its way from derived works" in earnings(sold)
    assert settle_due() == 0
    sold.live.node.automine(False)
    sold.live.sweep()
    assert settle_due() == 0
    sold.live.node.automine(True)

    sold.finish()
    assert len(planned()) == 1
    assert planned()[0].attempts.count() == 1
    assert sold.coins(sold.creator) == (OWN + PART) * UNITS[0] // 1_000_000
    agrees(sold)


def test_revenue_that_vanishes_under_its_settlement_is_settled_when_it_is_back(
    sold: Market, outsider: LocalAccount
) -> None:
    entry = derive(sold, outsider, FIRST, {sold.currency: PRICE})
    sold.live.finalize()
    sell(sold, entry, sold.currency, PRICE)
    sold.live.follow()
    assert settle_due() == 1
    sold.live.sweep()
    sold.live.follow()

    sold.live.node.reorg(4)

    sold.finish()
    assert settled_on_chain(sold, entry) == PART
    assert sold.coins(sold.creator) == (OWN + PART) * UNITS[0] // 1_000_000
    agrees(sold)


def test_less_than_the_threshold_waits_and_a_batch_takes_the_largest_first(
    sold: Market, outsider: LocalAccount, derived: int, settings: Any
) -> None:
    second = derive(sold, outsider, SECOND, {sold.currency: 2 * PRICE, NATIVE: 10**16})
    sell(sold, second, sold.currency, 2 * PRICE)
    sell(sold, second, NATIVE, 10**16)
    sold.live.follow()
    settings.SETTLEMENT_THRESHOLD = 2 * PART + 1
    settings.SETTLEMENT_THRESHOLD_NATIVE = 95 * 10**13 + 1
    assert settle_due() == 0

    settings.SETTLEMENT_THRESHOLD = PART
    settings.SETTLEMENT_BATCH = 1
    for descendant in (second, derived):
        assert settle_due() == 1
        assert planned()[-1].args[2] == [descendant]
        assert settle_due() == 0
        sold.live.settle()
    assert settle_due() == 0
    sold.live.finalize()
    agrees(sold)


def test_a_settlement_that_failed_rests_before_the_next_one(sold: Market, derived: int) -> None:
    assert settle_due() == 1
    ChainTransaction.objects.filter(kind="settle").update(state=State.FAILED, state_at=timezone.now())
    assert settle_due() == 0

    ChainTransaction.objects.filter(kind="settle").update(state_at=timezone.now() - RETRY_AFTER - timedelta(seconds=1))
    assert settle_due() == 1
    sold.finish()
    assert settled_on_chain(sold, derived) == PART


def test_a_chain_that_is_away_keeps_the_settlement_waiting(sold: Market, derived: int) -> None:
    sold.live.node.stop()
    assert settle_due() == 0
    assert planned() == []
    sold.live.node.start()
    assert settle_due() == 1


@pytest.mark.parametrize("point", [pytest.param("outbox.stored", marks=pytest.mark.long), "outbox.broadcast"])
def test_workers_killed_at_the_settlement_settle_once(
    sold: Market, derived: int, start_worker: StartWorker, point: str
) -> None:
    worker = start_worker("solo", LOOMPRINT_KILL_AT=point)
    app.send_task("royalties.tasks.settle_due")
    wait_until(lambda: worker.poll() == -signal.SIGKILL)
    assert planned()[0].state == State.SIGNED

    sold.finish()
    assert len(planned()) == planned()[0].attempts.count() == 1
    assert sold.coins(sold.creator) == (OWN + PART) * UNITS[0] // 1_000_000
    agrees(sold)


def test_earnings_cost_as_many_queries_for_many_derived_works_as_for_one(
    sold: Market, outsider: LocalAccount, derived: int
) -> None:
    def queries(act: Callable[[], object]) -> int:
        with CaptureQueriesContext(connection) as seen:
            act()
        return len(seen)

    before = queries(lambda: earnings(sold))
    second = derive(sold, outsider, SECOND, {sold.currency: PRICE})
    sell(sold, second, sold.currency, PRICE)
    sold.live.follow()
    assert RevenueEvent.objects.count() == 3
    assert queries(lambda: earnings(sold)) == before
    assert address_of(sold.creator) in page(sold.creator, "/earnings/")
