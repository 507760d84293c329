"""Royalties that other markets pay to an entry's inbox reach its holders by themselves, once."""

from typing import Any

import pytest
from eth_account.signers.local import LocalAccount

from common.identifiers import ZERO_ADDRESS, ZERO_HASH
from common.testing import at_once
from contracts.client import client
from contracts.models import ChainTransaction
from designs.models import RegistryEntry
from marketplace.tests.pages import page, text
from royalties.models import RevenueEvent, Source
from royalties.services.inboxes import sweep_due
from tests.faults.market import OWN, UNITS, Market, agrees
from tests.faults.wallets import as_operator, derive, send_as

State = ChainTransaction.State
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]
NATIVE = ZERO_ADDRESS
SUSPENDED, ACTIVE = 2, 0
ROYALTY, COINS = 700_001, 3 * 10**15


def inbox_of(market: Market, entry: int = 0) -> str:
    return str(market.ask("DesignLicenses", "inboxOf", entry or market.entry))


def pay(market: Market, outsider: LocalAccount, inbox: str, *, amount: int = 0, native: int = 0) -> None:
    """As a market that knows ERC-2981 alone."""
    if amount:
        as_operator(market, "TestStablecoin", "transfer", inbox, amount)
    if native:
        node = market.live.node
        node.rpc("anvil_impersonateAccount", outsider.address)
        node.rpc("eth_sendTransaction", {"from": outsider.address, "to": inbox, "value": hex(native)})
        node.rpc("anvil_stopImpersonatingAccount", outsider.address)
    market.live.node.wait_until_mined()


def planned() -> list[tuple[str, str]]:
    rows = ChainTransaction.objects.filter(kind__in=["create_inbox", "sweep_inbox"]).order_by("pk")
    return list(rows.values_list("kind", "state"))


def test_what_another_market_pays_reaches_the_holders_in_each_currency(sold: Market, outsider: LocalAccount) -> None:
    sold.finish()
    inbox = inbox_of(sold)
    pay(sold, outsider, inbox, amount=ROYALTY, native=COINS)
    assert not client(sold.live.chain).has_code(inbox)

    assert (sweep_due(), sweep_due()) == (1, 0)
    sold.live.settle()
    assert (sweep_due(), sweep_due()) == (2, 0)
    sold.finish()

    assert planned() == [("create_inbox", State.FINAL)] + [("sweep_inbox", State.FINAL)] * 2
    swept = RevenueEvent.objects.filter(source=Source.INBOX)
    assert set(swept.values_list("currency", "gross", "fee")) == {(sold.currency, ROYALTY, 0), (NATIVE, COINS, 0)}
    assert sold.coins(sold.creator) == (OWN + ROYALTY) * UNITS[0] // 1_000_000
    assert client(sold.live.chain).balances(NATIVE, [inbox]) == [0]
    assert text(page(sold.creator, "/earnings/")).count("royalties from elsewhere") == 2
    agrees(sold)


def test_from_several_sides_at_once_an_inbox_is_created_and_swept_once(sold: Market, outsider: LocalAccount) -> None:
    pay(sold, outsider, inbox_of(sold), amount=ROYALTY)
    for _step in range(2):
        assert sorted(at_once(lambda _side: sweep_due(), 4)) == [0, 0, 0, 1]
        sold.live.settle()
    assert sweep_due() == 0
    sold.finish()
    assert [kind for kind, _state in planned()] == ["create_inbox", "sweep_inbox"]


def test_a_sweep_that_vanishes_is_sent_again_and_no_second_one_is_planned(sold: Market, outsider: LocalAccount) -> None:
    send_as(sold, outsider.address, "DesignLicenses", "createInbox", sold.entry)
    pay(sold, outsider, inbox_of(sold), amount=ROYALTY)
    sold.live.finalize()
    assert sweep_due() == 1
    sold.live.sweep()
    sold.live.follow()
    sold.live.sweep()
    sold.live.node.mine(2)
    sold.live.follow()

    sold.live.node.reorg(3)
    sold.live.follow()
    assert not RevenueEvent.objects.filter(source=Source.INBOX).exists()
    assert sweep_due() == 0

    sold.finish()
    assert planned() == [("sweep_inbox", State.FINAL)]
    assert sold.coins(sold.creator) == (OWN + ROYALTY) * UNITS[0] // 1_000_000
    agrees(sold)


def test_what_is_not_worth_its_gas_or_is_not_taken_waits_in_the_inbox(
    sold: Market, outsider: LocalAccount, settings: Any
) -> None:
    pay(sold, outsider, inbox_of(sold), amount=ROYALTY, native=COINS)
    settings.INBOX_THRESHOLD, settings.INBOX_THRESHOLD_NATIVE = ROYALTY + 1, COINS + 1
    assert sweep_due() == 0

    settings.INBOX_THRESHOLD = ROYALTY
    as_operator(sold, "DesignRegistry", "setStatus", sold.entry, SUSPENDED, ZERO_HASH)
    sold.live.follow()
    assert sweep_due() == 0
    as_operator(sold, "DesignRegistry", "setStatus", sold.entry, ACTIVE, ZERO_HASH)
    as_operator(sold, "DesignShares", "closeCurrency", sold.currency, True)
    sold.live.follow()
    assert sweep_due() == 0

    as_operator(sold, "DesignShares", "closeCurrency", sold.currency, False)
    sold.live.follow()
    assert sweep_due() == 1


def test_the_turns_come_by_every_inbox(sold: Market, outsider: LocalAccount, settings: Any) -> None:
    entries = [sold.entry]
    entries += [derive(sold, outsider, "0x" + f"{number:064x}", {sold.currency: 10_000_000}) for number in (1, 2)]
    sold.live.finalize()
    for entry in entries:
        pay(sold, outsider, inbox_of(sold, entry), amount=ROYALTY)
    settings.INBOX_PAGE = 2
    assert RegistryEntry.objects.count() == 3

    assert [sweep_due(turn=turn) for turn in (8, 9, 10, 11)] == [2, 1, 0, 0]
    settings.INBOX_PAGE = 200
    sold.live.settle()
    assert (sweep_due(limit=2), sweep_due(), sweep_due()) == (2, 1, 0)


def test_a_chain_that_is_away_keeps_the_inboxes_waiting(sold: Market, outsider: LocalAccount) -> None:
    pay(sold, outsider, inbox_of(sold), amount=ROYALTY)
    sold.live.node.stop()
    assert sweep_due() == 0
    sold.live.node.start()
    assert sweep_due() == 1
