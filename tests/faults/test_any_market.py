"""Purchases, payouts and transfers in any order with blocks and reorganizations: to the unit, everything once."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from contracts.indexer.rebuilding import reindex
from contracts.models import ChainTransaction
from licensing.models import LicenseSale
from licensing.selectors import licenses_of
from marketplace.models import Order
from royalties.selectors import earning_totals, statement
from tests.faults.market import PRICE, Market, address_of, rows
from tests.faults.wallets import buy_with, send_as, wallet_with_coins

State = ChainTransaction.State
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]

Op = tuple[str, int]
SUPPLY = 4
operations = st.lists(
    st.one_of(
        st.tuples(st.just("buy"), st.integers(0, 1)),
        st.tuples(st.just("wallet"), st.just(0)),
        st.tuples(st.just("give shares"), st.integers(1, 700_000)),
        st.tuples(st.just("mine"), st.integers(1, 3)),
        st.tuples(st.just("reorg"), st.integers(1, 5)),
        st.tuples(st.just("follow"), st.just(0)),
        st.tuples(st.just("sweep"), st.just(0)),
        st.tuples(st.just("beat"), st.just(0)),
        st.tuples(st.just("automine"), st.integers(0, 1)),
    ),
    min_size=4,
    max_size=20,
)


class OpenMarket:
    """A final design with a few licenses for sale, to which every example returns."""

    def __init__(self, market: Market, buyers: list[User]) -> None:
        self.market = market
        self.buyers = buyers
        self.wallet = wallet_with_coins(market, coins=PRICE * SUPPLY)
        market.publish(supply=SUPPLY)
        market.live.finalize()
        self.floor = market.live.node.head
        self.snapshot = market.live.node.snapshot()

    def reopen(self) -> None:
        node = self.market.live.node
        assert node.go_back(self.snapshot)
        self.snapshot = node.snapshot()
        node.mine(6)

    def do(self, name: str, number: int) -> None:
        node = self.market.live.node
        match name:
            case "buy" if not self.market.offer.sold_out:
                self.market.buy(self.buyers[number])
            case "wallet":
                buy_with(self.market, self.wallet)
            case "give shares":
                self.give(number)
            case "mine":
                node.mine(number)
            case "reorg":
                node.reorg(min(number, node.head - self.floor))
            case "automine":
                node.automine(bool(number))
            case "beat":
                self.market.beat()
            case "follow" | "sweep":
                getattr(self.market.live, name)()

    def give(self, units: int) -> None:
        """Too many now and then: then the chain refuses."""
        ours = [address_of(self.market.creator), address_of(self.market.cocreator)]
        self.market.live.node.rpc("anvil_setBalance", ours[0], hex(10**18))
        send_as(self.market, ours[0], "DesignShares", "safeTransferFrom", *ours, self.market.entry, units, b"")


@pytest.fixture
def open_market(market: Market, buyer: User, stranger: User) -> OpenMarket:
    return OpenMarket(market, [buyer, stranger])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=operations)
def test_whatever_happens_everyone_has_what_the_sales_give_them(open_market: OpenMarket, history: list[Op]) -> None:
    market = open_market.market
    open_market.reopen()
    with transaction.atomic():
        for name, number in history:
            open_market.do(name, number)
        market.live.node.automine(True)
        market.finish()
        check(open_market)
        transaction.set_rollback(True)


def check(open_market: OpenMarket) -> None:
    market = open_market.market
    assert market.live.audit() == []
    sales = LicenseSale.objects.count()
    for buyer in open_market.buyers:
        held = sum(one.quantity for one in licenses_of(user=buyer))
        paid = Order.objects.filter(buyer=buyer, state=Order.State.PAID)
        assert held == paid.count() == market.licenses_on_chain(buyer)
        assert buyer.notifications.filter(kind="license_ready").count() >= paid.count()
    bought = Order.objects.filter(state=Order.State.PAID).count()
    assert sales == bought + market.licenses_on_chain(open_market.wallet)
    for order in Order.objects.exclude(state=Order.State.PAID):
        assert order.state == Order.State.FAILED
        assert order.payment.state == "refunding"
        assert not LicenseSale.objects.filter(ref=order.ref).exists()
    for holder in (market.creator, market.cocreator):
        address = address_of(holder)
        for total in earning_totals(chain_id=market.live.chain.chain_id, holder=address):
            assert (total.claimable, total.paid) == (0, market.coins(holder))
            lines = statement(chain_id=market.live.chain.chain_id, holder=address)
            assert sum(line.amount for line in lines) == total.credited
    before = rows()
    reindex(market.live.chain, say=lambda _line: None)
    assert rows() == before
