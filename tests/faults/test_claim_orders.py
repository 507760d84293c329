"""What a holder's signed order sends to another address is told as sent there, and what comes home as paid home."""

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from eth_account import Account
from eth_account.signers.local import LocalAccount

from accounts.services.custody import unseal
from common.identifiers import ZERO_ADDRESS, new_ref
from marketplace.tests.pages import page, text
from marketplace.tests.support import event
from royalties.models import Payout
from tests.faults.market import OWN, UNITS, Market, address_of, agrees
from tests.faults.wallets import NEVER, derive, sell, send_as

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]
FIRST = "0x" + "ab" * 32
NATIVE = ZERO_ADDRESS
TYPES = {
    "ClaimOrder": [
        {"name": name, "type": kind}
        for name, kind in (
            ("holder", "address"),
            ("to", "address"),
            ("currency", "address"),
            ("entryIds", "uint128[]"),
            ("deadline", "uint64"),
            ("salt", "bytes32"),
        )
    ]
}
MINE = OWN * UNITS[0] // 1_000_000


def claim_with_order(market: Market, to: str, currency: str, entries: list[int]) -> None:
    """The creator signs where to, and somebody else sends it."""
    here = market.live.chain
    holder, salt = address_of(market.creator), new_ref()
    message = {"holder": holder, "to": to, "currency": currency, "entryIds": entries, "deadline": NEVER, "salt": salt}
    domain = {
        "name": "Loomprint Shares",
        "version": "1",
        "chainId": here.chain_id,
        "verifyingContract": here.deployment.address("DesignShares"),
    }
    key = Account.from_key(unseal(market.creator.custody_key))
    signed = key.sign_typed_data(domain, TYPES, message)
    send_as(market, to, "DesignShares", "claimWithSig", list(message.values()), bytes(signed.signature))
    market.live.follow()


def payouts(holder: str) -> list[tuple[int, str]]:
    rows = Payout.objects.filter(holder=holder).order_by("event__block__number", "event__log_index")
    return list(rows.values_list("amount", "paid_to"))


@pytest.fixture
def derived(sold: Market, outsider: LocalAccount, settings: Any) -> int:
    """A second design by which the creator has earned, in two currencies; no worker pays it out."""
    settings.PAYOUT_THRESHOLD = settings.PAYOUT_THRESHOLD_NATIVE = 10**30
    entry = derive(sold, outsider, FIRST, {sold.currency: 10_000_000, NATIVE: 10**17})
    sell(sold, entry, sold.currency, 10_000_000)
    sell(sold, entry, NATIVE, 10**17)
    creator = address_of(sold.creator)
    send_as(sold, outsider.address, "DesignShares", "safeTransferFrom", outsider.address, creator, entry, 500_000, b"")
    sell(sold, entry, sold.currency, 10_000_000)
    sell(sold, entry, NATIVE, 10**17)
    sold.live.follow()
    return entry


def test_an_order_over_several_designs_is_told_as_sent_to_its_address(
    sold: Market, outsider: LocalAccount, derived: int
) -> None:
    elsewhere = outsider.address
    before = sold.coins(elsewhere)
    claim_with_order(sold, elsewhere, sold.currency, [sold.entry, derived])

    own = 8_550_000 // 2
    assert payouts(address_of(sold.creator)) == [(MINE, elsewhere), (own, elsewhere)]
    assert sold.coins(elsewhere) - before == MINE + own
    assert sold.coins(sold.creator) == 0
    said = text(page(sold.creator, "/earnings/"))
    assert f"{elsewhere[:6]}…{elsewhere[-4:]} {elsewhere}" in said.split("Paid to Transaction")[1]
    agrees(sold)


def test_what_is_paid_home_before_or_after_an_order_is_told_as_paid_home(
    sold: Market, outsider: LocalAccount, derived: int
) -> None:
    creator, elsewhere = address_of(sold.creator), outsider.address
    sold.live.node.automine(False)
    send_as(sold, elsewhere, "DesignShares", "claimFor", sold.entry, sold.currency, [creator])
    claim_with_order(sold, elsewhere, NATIVE, [derived])
    send_as(sold, elsewhere, "DesignShares", "claimFor", derived, sold.currency, [creator, elsewhere])
    sold.live.node.mine()
    sold.live.node.automine(True)
    sold.live.follow()

    native = 855 * 10**14 // 2
    assert payouts(creator) == [(MINE, creator), (native, elsewhere), (8_550_000 // 2, creator)]
    assert {paid_to for _amount, paid_to in payouts(elsewhere)} == {elsewhere}
    said = text(page(sold.creator, "/earnings/")).split("Paid to Transaction")[1]
    assert said.count("your address") == 2
    agrees(sold)


def test_a_claim_that_is_paid_home_behind_an_order_in_one_transaction_is_told_as_paid_home(
    recorded_deployment: dict[str, str],
) -> None:
    """Somebody's contract executes the order, then pays the holder; the currency's own log stands between."""
    holder, elsewhere = "0x" + "1" * 40, "0x" + "2" * 40
    currency = recorded_deployment["TestStablecoin"]
    where = {"block": 9, "transaction": 7}

    def claimed(entry: int, *, gap: int = 0) -> None:
        args = {"entryId": str(entry), "currency": currency, "holder": holder, "amount": str(entry)}
        event("DesignShares", "Claimed", args, gap=gap, **where)

    event("DesignShares", "ClaimOrdered", {"digest": "0x", "holder": holder, "to": elsewhere}, **where)
    claimed(1)
    claimed(2)
    claimed(3, gap=1)

    assert payouts(holder) == [(1, elsewhere), (2, elsewhere), (3, holder)]


def test_payouts_of_before_are_told_where_they_went(sold: Market, outsider: LocalAccount, derived: int) -> None:
    creator = address_of(sold.creator)
    claim_with_order(sold, outsider.address, sold.currency, [sold.entry, derived])
    send_as(sold, outsider.address, "DesignShares", "claimFor", derived, NATIVE, [creator])
    sold.live.follow()
    told = payouts(creator)

    MigrationExecutor(connection).migrate([("royalties", "0003_ancestors_are_settled")])
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())

    assert payouts(creator) == told
    assert [paid_to for _amount, paid_to in told] == [outsider.address] * 2 + [creator]
