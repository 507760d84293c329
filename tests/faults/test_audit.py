"""Whatever the database has otherwise than the chain, or not at all, the audit says."""

from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F, Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from eth_account.signers.local import LocalAccount
from eth_utils.crypto import keccak

from accounts.models import User
from common.identifiers import ZERO_ADDRESS, ZERO_HASH
from common.money import TUSD, format_amount
from contracts import hooks
from contracts.audit import OF_HISTORY, OF_THE_STATE, audit
from contracts.hooks import Tally
from contracts.indexer.beside import projected
from contracts.models import (
    AuditRun,
    ChainBlock,
    ChainCursor,
    ChainEvent,
    ChainTransaction,
    SenderNonce,
    TransactionAttempt,
)
from contracts.testing_proxy import LOGS, FailingNode, Fault, Json, Line
from designs.models import EntryAncestor, EntryStatus, EntryVersion, RegistryEntry
from licensing.models import (
    EntryClosing,
    LicenseExpiry,
    LicenseMovement,
    LicenseRevocation,
    LicenseSale,
    LicenseTemplate,
    Offer,
)
from licensing.services.templates import facts_of, terms_hash
from marketplace.models import Order
from marketplace.sales import BUY
from royalties.models import AncestorSettlement, Payout, RevenueEvent, ShareMovement
from studio.models import MinimumFee, StandingTerms
from studio.registration import MinimumLine, OfferLine, ParentLine, Standing
from tests.faults.market import Market, address_of
from tests.faults.wallets import NEVER, ROOT, as_creator, as_operator, register, sell, send_as

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault]

CONTESTED = 1
PRICE = 10_000_000
OTHER = "0x" + "77" * 32
State = ChainTransaction.State
# What these look at is on no chain: designs/tests plant what they find.
NOT_OF_THE_CHAIN = {"designs.copies", "designs.files", "designs.keys"}
# The deployment's own: no rows are made of them.
UNNOTICED = {
    *("RoleGranted", "AuthorityUpdated", "TargetFunctionRoleUpdated", "MarketChanged"),
    *("CurrencyAdded", "DepositorChanged", "MinterChanged"),
}


@pytest.fixture
def lively(sold: Market, outsider: LocalAccount) -> Market:
    """Derived from, settled, paid out, revoked, closed: rows of every kind."""
    terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash
    as_creator(sold, "DesignRegistry", "setStanding", sold.entry, [True, True, 100_000])
    as_creator(sold, "DesignRegistry", "addVersion", sold.entry, 2, OTHER, ROOT, NEVER, b"")
    child = register(
        sold,
        outsider,
        "0x" + "ab" * 32,
        offers=[OfferLine(terms, sold.currency, PRICE, 0)],
        parents=[ParentLine(sold.design.entry_id or "", 0, 100_000)],
        standing=Standing(open=True, ppm=50_000),
        minimums=[MinimumLine(sold.currency, 1_000)],
    )
    derived = int(child, 16)
    sell(sold, derived, sold.currency, PRICE)
    _sell_the_last(sold, outsider, derived)
    as_operator(sold, "DesignRegistry", "setStatus", derived, CONTESTED, ZERO_HASH)
    as_operator(sold, "DesignLicenses", "revoke", sold.license_id, address_of(sold.buyer), "0x" + "33" * 32)
    sold.buy()
    sold.finish()
    assert sold.live.audit() == []
    return sold


def _sell_the_last(market: Market, owner: LocalAccount, entry: int) -> None:
    """An exclusive license that ends."""
    facts = facts_of({"period": 3600, "expires": True, "exclusive": True})
    terms = terms_hash(b"terms", facts)
    as_operator(market, "DesignLicenses", "defineTerms", keccak(b"terms"), list(facts.values()), "")
    offer = [9, 0, 0, 0, 0, 0, ZERO_HASH, [0, ZERO_ADDRESS, 0, 0]]
    send_as(market, owner.address, "LicenseMarket", "openOffer", entry, terms, ZERO_ADDRESS, offer)
    intent = [entry, terms, ZERO_ADDRESS, 9, 1, owner.address, NEVER]
    send_as(market, owner.address, "LicenseMarket", "buy", intent, [], value=9)


def said(market: Market, name: str, change: Callable[[], object]) -> list[str]:
    """What an auditor says of rows that were changed; they are as before afterwards."""
    with transaction.atomic():
        change()
        lines = [line.removeprefix(f"{name}: ") for line in market.live.audit() if line.startswith(f"{name}: ")]
        transaction.set_rollback(True)
    return lines


def test_a_projected_row_that_is_missing_is_told(lively: Market) -> None:
    for model in projected():
        row = model._default_manager.select_related("event").order_by("pk")[0]
        lines = said(lively, "contracts.projections", model._default_manager.filter(pk=row.pk).delete)
        wanted = f"1 rows of {model._meta.db_table} are missing for {row.event} of transaction "
        assert [line.startswith(wanted) for line in lines[:1]] == [True], (model, lines)


def test_rows_that_no_event_means_are_told(sold: Market) -> None:
    def move_to_another_event() -> None:
        RevenueEvent.objects.update(event=ChainEvent.objects.get(name="LicenseSold"))

    (missing, too_many) = said(sold, "contracts.projections", move_to_another_event)
    assert "1 rows of royalties_revenueevent are missing for DesignShares.RevenueReceived" in missing
    assert "1 rows of royalties_revenueevent are too many for LicenseMarket.LicenseSold" in too_many
    other = said(sold, "contracts.projections", lambda: LicenseSale.objects.update(payer=ZERO_ADDRESS))
    assert [" are missing " in line or " are too many " in line for line in other] == [True, True]


def test_rows_of_what_the_chain_does_not_know_are_a_difference(sold: Market) -> None:
    nowhere = address_of(sold.buyer)
    assert said(sold, "royalties.money", lambda: RevenueEvent.objects.update(currency=nowhere)) != []
    assert said(sold, "licensing.offers", lambda: Offer.objects.update(currency=nowhere)) != []
    assert said(sold, "designs.entries", lambda: RegistryEntry.objects.update(entry_id=OTHER[:34])) != []


def test_rows_that_cannot_be_made_without_an_earlier_one_are_told(sold: Market, outsider: LocalAccount) -> None:
    """Where the money of a claim went is read from the claim before it."""
    child = int(register(sold, outsider, OTHER), 16)
    creator = address_of(sold.creator)
    send_as(sold, outsider.address, "DesignShares", "safeTransferFrom", outsider.address, creator, child, 500_000, b"")
    for entry in (sold.entry, child):
        send_as(sold, outsider.address, "DesignShares", "donate", entry, ZERO_ADDRESS, 1000, value=1000)
    as_creator(sold, "DesignShares", "claimMany", [sold.entry, child], ZERO_ADDRESS)
    sold.live.follow()
    assert sold.live.audit() == []

    first = Payout.objects.filter(currency=ZERO_ADDRESS).order_by("event__log_index")[0]
    missing, unmade = sorted(said(sold, "contracts.projections", Payout.objects.filter(pk=first.pk).delete))
    assert missing.startswith("1 rows of royalties_payout are missing for DesignShares.Claimed at log ")
    assert unmade.startswith("The rows of DesignShares.Claimed at log ")


def more(model: type[Model], name: str) -> Callable[[], object]:
    return lambda: model._default_manager.update(**{name: F(name) + 1})


def give_up() -> None:
    ChainTransaction.objects.filter(kind=BUY).update(state=State.FAILED, outcome_delivered=True)


def close_another() -> None:
    event = ChainEvent.objects.exclude(name="EntryClosed")[0]
    entry = Offer.objects.exclude(entry_id__in=EntryClosing.objects.values("entry_id"))[0].entry_id
    EntryClosing.objects.create(event=event, chain_id=event.chain_id, entry_id=entry, license_id=1)


CHANGES: list[tuple[str, Callable[[], object]]] = [
    ("contracts.reading", lambda: ChainCursor.objects.update(hash=OTHER)),
    ("contracts.nonces", more(SenderNonce, "next_nonce")),
    ("contracts.rows", lambda: ShareMovement.objects.update(event_id=F("event_id") + 100_000)),
    ("contracts.events", lambda: ChainEvent.objects.filter(name="LicenseSold").update(args={})),
    ("contracts.projections", more(RevenueEvent, "gross")),
    ("contracts.transactions", lambda: ChainTransaction.objects.update(block_hash=OTHER)),
    ("contracts.transactions", lambda: ChainEvent.objects.filter(name="LicenseRevoked").delete()),
    ("contracts.given_up", give_up),
    ("designs.entries", lambda: RegistryEntry.objects.update(creator=ZERO_ADDRESS)),
    ("designs.entries", lambda: EntryVersion.objects.update(record_root=OTHER)),
    ("designs.entries", lambda: EntryVersion.objects.all().delete()),
    ("designs.entries", lambda: EntryStatus.objects.all().delete()),
    ("designs.lineage", more(EntryAncestor, "ppm")),
    ("designs.lineage", lambda: EntryAncestor.objects.all().delete()),
    ("licensing.closings", close_another),
    ("licensing.closings", lambda: EntryClosing.objects.all().delete()),
    ("licensing.holders", more(LicenseMovement, "quantity")),
    ("licensing.offers", more(Offer, "price")),
    ("licensing.offers", more(LicenseSale, "quantity")),
    ("licensing.holders", lambda: LicenseRevocation.objects.update(quantity=10)),
    ("licensing.holders", lambda: LicenseExpiry.objects.all().delete()),
    ("licensing.holders", lambda: LicenseExpiry.objects.update(expires_at=None)),
    ("marketplace.orders", lambda: Order.objects.update(state=Order.State.REFUNDED)),
    ("royalties.money", more(RevenueEvent, "own")),
    ("royalties.money", more(RevenueEvent, "fee")),
    ("royalties.money", lambda: RevenueEvent.objects.all().delete()),
    ("royalties.money", lambda: Payout.objects.all().delete()),
    ("royalties.money", more(Payout, "amount")),
    ("royalties.settlements", more(AncestorSettlement, "amount")),
    ("royalties.shares", more(ShareMovement, "units")),
    ("studio.terms", more(StandingTerms, "ppm")),
    ("studio.terms", more(MinimumFee, "amount")),
]


def test_every_auditor_says_what_differs(lively: Market) -> None:
    silent = [number for number, (name, change) in enumerate(CHANGES) if not said(lively, name, change)]
    assert [CHANGES[number][0] for number in silent] == []


def test_every_auditor_has_something_to_find_in_these_tests() -> None:
    auditors = {name for name, _auditor in [*OF_THE_STATE, *hooks.auditors(), *OF_HISTORY]}
    assert {name for name, _change in CHANGES} == auditors - NOT_OF_THE_CHAIN


def test_a_revocation_that_was_never_read_is_told(sold: Market) -> None:
    as_operator(sold, "DesignLicenses", "revoke", sold.license_id, address_of(sold.buyer), "0x" + "33" * 32)
    sold.live.follow()
    assert sold.live.audit() == []
    (line,) = said(sold, "licensing.holders", lambda: LicenseRevocation.objects.all().delete())
    assert line.endswith("the chain says revoked is True, the database False")


def test_the_movements_of_licenses_are_read_once(sold: Market) -> None:
    with CaptureQueriesContext(connection) as asked:
        for name, auditor in hooks.auditors():
            if name.startswith("licensing."):
                assert list(auditor(sold.live.chain)) == []
    assert sum(LicenseMovement._meta.db_table in query["sql"] for query in asked.captured_queries) == 1


def test_a_block_that_the_node_has_always_left_out_is_missed(failing_node: FailingNode, lively: Market) -> None:
    """It was in no answer when it was read, and is in none of the audit's: what the chain has become tells of it."""
    unnoticed: set[str] = set()
    for block in ChainBlock.objects.filter(has_events=True).order_by("number"):
        names = set(ChainEvent.objects.filter(block=block).values_list("name", flat=True))
        failing_node.fail(Fault("leaves it out", leaving_out(block.hash)))
        with transaction.atomic():
            ChainBlock.objects.filter(pk=block.pk).delete()
            if not lively.live.audit():
                unnoticed |= names
            transaction.set_rollback(True)
    assert failing_node.met["leaves it out"]
    assert unnoticed == UNNOTICED


def leaving_out(block_hash: str) -> Callable[[Line], None]:
    """A node without the logs of this block in its index."""

    def change(asked: Json, said: Json) -> Json:
        if asked["method"] != LOGS:
            return said
        return {**said, "result": [log for log in said["result"] if log["blockHash"] != block_hash]}

    return lambda line: line.each(change)


def test_an_order_has_its_sale_or_its_money(sold: Market) -> None:
    order = Order.objects.get()
    buy = ChainTransaction.objects.filter(kind=BUY)
    failed: dict[str, Any] = {"state": State.FAILED, "outcome_delivered": True}

    def orders(change: Callable[[], object]) -> list[str]:
        return [line.removeprefix(f"order {order.public_id} is ") for line in said(sold, "marketplace.orders", change)]

    sale = LicenseSale.objects.filter(ref=order.ref)
    for state in (Order.State.FAILED, Order.State.REFUNDED):
        assert orders(lambda state=state: Order.objects.update(state=state)) == [  # type: ignore[misc]
            f"{state}, and the chain has sold its license"
        ]
    assert orders(sale.delete) == ["paid, its purchase is final, and the chain has sold 0 times for it"]
    assert orders(lambda: (sale.delete(), buy.update(**failed))) == [
        "paid, though its purchase is failed, and its buyer has no license"
    ]
    assert orders(lambda: (sale.delete(), buy.delete())) == ["paid, and no purchase was planned"]
    assert orders(lambda: (sale.delete(), buy.update(**failed), Order.objects.update(state="refunded"))) == []


def test_a_purchase_that_was_paid_back_is_not_done_on_the_chain(sold: Market) -> None:
    (line,) = said(sold, "contracts.given_up", give_up)
    assert "is marked failed, and the chain has done it by 0x" in line
    canceled = TransactionAttempt.objects.filter(transaction__kind=BUY)
    assert said(sold, "contracts.given_up", lambda: (give_up(), canceled.update(cancels=True))) == []


def tally_of(market: Market, currency: str = "") -> Tally:
    """What the audit sums up of a currency, that of the prices by default."""
    tallies = [tally for part in audit(market.live.chain) for tally in part.tallies]
    return next(tally for tally in tallies if tally.currency == (currency or market.currency))


def test_the_totals_of_every_currency_stand_on_the_operators_page(lively: Market) -> None:
    for currency in (lively.currency, ZERO_ADDRESS):
        tally = tally_of(lively, currency)
        assert tally.came == tally.paid + tally.taken + tally.owed + tally.reserved + tally.fees + tally.fractions
        assert (tally.held, 0 <= tally.fractions < 10) == (tally.left, True)
    ledger = lively.live.chain.deployment.address("DesignShares")
    as_operator(lively, "TestStablecoin", "transfer", ledger, 5)
    lively.finish()
    said = StringIO()
    call_command("audit", stdout=said)
    tally = tally_of(lively)
    lines = said.getvalue().splitlines()
    (dollars,) = (line for line in lines if line.startswith("tUSD: "))
    (native,) = (line for line in lines if line.startswith("ETH: "))
    assert [format_amount(part, TUSD) in dollars for part in (tally.came, tally.held, tally.owed)] == [True] * 3
    assert dollars.endswith("and 0.000005 tUSD belongs to nobody.")
    staff = User.objects.create_superuser("ops@example.org", password=None)
    browser = Client()
    browser.force_login(staff)
    page = browser.get("/admin/operations/?still").content.decode()
    assert [native in page, dollars in page, "Totals at block" in page] == [True] * 3
    AuditRun.objects.create(chain_id=lively.live.chain.chain_id, began_at=timezone.now())
    assert dollars in browser.get("/admin/operations/?still").content.decode()


def test_the_ledger_may_hold_more_than_it_owes_and_not_less(sold: Market) -> None:
    assert (tally_of(sold).surplus, tally_of(sold, ZERO_ADDRESS).held) == (0, 0)
    ledger = sold.live.chain.deployment.address("DesignShares")
    as_operator(sold, "TestStablecoin", "transfer", ledger, 5)
    sold.finish()
    assert sold.live.audit() == []
    assert tally_of(sold).surplus == 5

    lines = said(sold, "royalties.money", lambda: Payout.objects.all().delete())
    assert any("18000000 should be left of what came in, but the ledger holds 90000" in line for line in lines)


def test_many_rows_are_asked_about_in_as_many_requests_as_few(
    sold: Market, outsider: LocalAccount, failing_node: FailingNode
) -> None:
    """Nodes keep the state of a block for minutes."""
    failing_node.fail(Fault("counted", lambda line: line.each(lambda _question, answer: answer)).only("eth_call"))

    def requests() -> int:
        failing_node.met.clear()
        assert sold.live.audit() == []
        return failing_node.met["counted"]

    few = requests()
    terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash
    for number in range(3):
        offer = OfferLine(terms, sold.currency, PRICE, 0)
        sell(sold, int(register(sold, outsider, f"0x{number + 1:064x}", offers=[offer]), 16), sold.currency, PRICE)
    sold.live.follow()
    assert RegistryEntry.objects.count() == RevenueEvent.objects.count() == 4
    assert requests() == few


def test_a_currency_that_brought_nothing_is_compared_too(sold: Market) -> None:
    """Fees of it are in the books of nobody here."""
    lines = said(sold, "royalties.money", lambda: RevenueEvent.objects.all().delete())
    assert f"fees held in {sold.currency}: the chain says 900000, the database 0" in lines
