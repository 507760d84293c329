"""Statements and payouts, from the projections, to the unit."""

import pytest
from django.utils import timezone

from common.identifiers import ZERO_ADDRESS
from common.testing import addresses
from contracts.chains import chain
from contracts.models import ChainTransaction
from contracts.signers import operator_signer, payout_signer
from designs.services.upload import Part
from marketplace.tests.pages import page, text
from marketplace.tests.support import draft_of, event, head_at, published, sold, with_offer
from royalties.models import PayoutRun
from royalties.selectors import breakdown, earning_totals, holdings, replay, statement, units_of
from royalties.services.payouts import RETRY_AFTER, close_finished_runs, pay_out_due, payout_failed
from studio.services import publishing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("recorded_deployment")]

HERE = 31337


@pytest.fixture
def design(creator, cocreator, png):
    from common.testing import PASSWORD
    from marketplace.tests.support import anchored

    parts = [Part(creator, "designer", 666_667), Part(cocreator, "tweaker", 333_333)]
    design = with_offer(draft_of(creator, png, parts=parts))
    publication = publishing.freeze_and_sign(actor=creator, work=design, password=PASSWORD)
    publishing.accept(actor=cocreator, publication=publication, password=PASSWORD)
    anchored(publication, block=5)
    head_at(30)
    design.refresh_from_db()
    return design


def move(design, sender, receiver, units: int, *, block: int) -> None:
    args = {
        "operator": ZERO_ADDRESS,
        "from": sender.custody_key.address,
        "to": receiver.custody_key.address,
        "id": str(int(design.entry_id, 16)),
        "value": str(units),
    }
    event("DesignShares", "TransferSingle", args, block=block)


def claim(design, holder, amount: int, *, block: int) -> None:
    args = {
        "entryId": str(int(design.entry_id, 16)),
        "currency": addresses()["TestStablecoin"],
        "holder": holder.custody_key.address,
        "amount": str(amount),
    }
    event("DesignShares", "Claimed", args, block=block)


def mined_at(action: ChainTransaction, block: int) -> None:
    """Its transaction is in this block."""
    ChainTransaction.objects.filter(pk=action.pk).update(
        state="mined",
        nonce=block,
        transaction_hash=f"0x{block:064x}",
        block_number=block,
        block_hash=f"0x{block:064x}",
        succeeded=True,
    )


def test_a_statement_agrees_with_the_ledger_to_the_unit(design, creator, cocreator, buyer) -> None:
    for block, price in enumerate((7, 11, 18_000_001, 13), start=10):
        sold(design, to=buyer.custody_key.address, block=block, price=price)
    move(design, creator, buyer, 123_456, block=14)
    sold(design, to=buyer.custody_key.address, block=15, price=999_999)
    claim(design, cocreator, 1_000_000, block=16)

    ledger = replay(chain_id=HERE, entry_id=design.entry_id, currency=addresses()["TestStablecoin"])
    for person in (creator, cocreator, buyer):
        address = person.custody_key.address
        total = earning_totals(chain_id=HERE, holder=address)[0]
        lines = statement(chain_id=HERE, holder=address)
        assert total.claimable == ledger.claimable(address)
        assert sum(line.amount for line in lines) == total.credited
    assert len(statement(chain_id=HERE, holder=buyer.custody_key.address)) == 1
    assert len(statement(chain_id=HERE, holder=creator.custody_key.address)) == 5


def test_a_line_names_sale_share_and_transaction(design, creator, buyer) -> None:
    sold(design, to=buyer.custody_key.address, block=10, price=18_000_000)

    line = statement(chain_id=HERE, holder=creator.custody_key.address)[0]

    assert (line.gross, line.fee, line.own) == (18_000_000, 900_000, 17_100_000)
    assert (line.units, line.amount) == (666_667, 11_400_005)
    assert line.block_number == 10
    assert line.transaction_hash.startswith("0x")


def test_holdings_follow_transfers(design, creator, cocreator, buyer) -> None:
    move(design, creator, buyer, 666_667, block=10)

    held = holdings(chain_id=HERE, entry_id=design.entry_id)

    assert [(one.address, one.units) for one in held] == [
        (buyer.custody_key.address, 666_667),
        (cocreator.custody_key.address, 333_333),
    ]
    assert units_of(chain_id=HERE, holder=creator.custody_key.address) == {}
    assert units_of(chain_id=HERE, holder=buyer.custody_key.address) == {design.entry_id: 666_667}


def test_the_breakdown_of_a_price_gives_everyone_their_part(design, creator, cocreator) -> None:
    parts = breakdown(chain_id=HERE, entry_id=design.entry_id, price=18_000_000)

    assert parts.fee == 900_000
    assert [(part.address, part.amount) for part in parts.slices] == [
        (creator.custody_key.address, 11_400_005),
        (cocreator.custody_key.address, 5_699_994),
    ]


def test_a_payout_is_planned_once_for_everyone_who_is_owed(design, creator, cocreator, buyer) -> None:
    sold(design, to=buyer.custody_key.address, block=10)

    assert pay_out_due() == 1
    assert pay_out_due() == 0

    planned = ChainTransaction.objects.get(kind="claim_for")
    assert planned.args[2] == [creator.custody_key.address, cocreator.custody_key.address]
    assert PayoutRun.objects.get().state == PayoutRun.State.SENT


def test_payouts_are_sent_by_a_key_of_their_own_where_there_is_one(design, buyer, settings) -> None:
    settings.PAYOUT_KEY = "7e" * 32
    sold(design, to=buyer.custody_key.address, block=10)
    assert pay_out_due() == 1
    sender = ChainTransaction.objects.get(kind="claim_for").sender
    assert sender == payout_signer(chain()).address != operator_signer(chain()).address


def test_what_was_paid_is_not_paid_again(design, creator, cocreator, buyer) -> None:
    sold(design, to=buyer.custody_key.address, block=10)
    pay_out_due()
    mined_at(ChainTransaction.objects.get(kind="claim_for"), 11)
    claim(design, creator, 11_400_005, block=11)
    claim(design, cocreator, 5_699_994, block=11)

    close_finished_runs()

    assert pay_out_due() == 0
    sold(design, to=buyer.custody_key.address, block=12)
    assert pay_out_due() == 1
    assert PayoutRun.objects.filter(state=PayoutRun.State.DONE).count() == 1


def test_more_holders_than_a_batch_has_room_for_are_all_paid(settings, design, creator, cocreator, buyer) -> None:
    settings.PAYOUT_BATCH = 1
    move(design, creator, buyer, 222_222, block=9)
    sold(design, to=buyer.custody_key.address, block=10)
    ledger = replay(chain_id=HERE, entry_id=design.entry_id, currency=addresses()["TestStablecoin"])
    owed = {person.custody_key.address: person for person in (creator, cocreator, buyer)}
    paid = []
    for block in (11, 12, 13):
        assert pay_out_due() == 1
        planned = ChainTransaction.objects.get(kind="claim_for", state="planned")
        (holder,) = planned.args[2]
        mined_at(planned, block)
        claim(design, owed[holder], ledger.claimable(holder), block=block)
        paid.append(holder)
    assert pay_out_due() == 0
    assert sorted(paid) == sorted(owed)


def test_a_failed_payout_leaves_the_money_claimable_and_rests(design, creator, buyer) -> None:
    sold(design, to=buyer.custody_key.address, block=10)
    pay_out_due()
    action = ChainTransaction.objects.get(kind="claim_for")
    action.error = "out of gas"

    payout_failed(action)

    assert PayoutRun.objects.get().state == PayoutRun.State.FAILED
    assert earning_totals(chain_id=chain().chain_id, holder=creator.custody_key.address)[0].claimable == 11_400_005
    assert pay_out_due() == 0


def test_a_payout_that_failed_after_it_was_in_a_block_is_tried_again(design, buyer) -> None:
    """Its block vanished, and on the new branch it did not come through."""
    sold(design, to=buyer.custody_key.address, block=10)
    pay_out_due()
    PayoutRun.objects.update(state=PayoutRun.State.DONE)
    action = ChainTransaction.objects.get(kind="claim_for")
    action.error = "its nonce was used elsewhere"

    payout_failed(action)

    assert PayoutRun.objects.get().state == PayoutRun.State.FAILED
    PayoutRun.objects.update(created_at=timezone.now() - RETRY_AFTER * 2)
    assert pay_out_due() == 1


def test_holders_below_the_threshold_keep_no_other_design_waiting(settings, design, creator, buyer, png) -> None:
    """Together they have enough waiting, none of them alone."""
    settings.PAYOUT_THRESHOLD = 15_000_000
    other = published(creator, png + b" ", block=6, title="Second")
    head_at(30)
    sold(design, to=buyer.custody_key.address, block=10)
    sold(other, to=buyer.custody_key.address, block=11)

    assert [pay_out_due(limit=1), pay_out_due(limit=1), pay_out_due(limit=1)] == [0, 1, 0]

    assert list(PayoutRun.objects.filter(state=PayoutRun.State.SENT).values_list("entry_id", flat=True)) == [
        other.entry_id
    ]


NATIVE = ZERO_ADDRESS


def settled(design, amount: int, *, block: int, currency: str = "") -> None:
    args = {
        "descendant": "77",
        "ancestor": str(int(design.entry_id, 16)),
        "currency": currency or addresses()["TestStablecoin"],
        "amount": str(amount),
    }
    event("DesignShares", "AncestorSettled", args, block=block)


def test_what_a_derived_work_brings_is_credited_when_it_is_settled(design, creator, cocreator, buyer) -> None:
    sold(design, to=buyer.custody_key.address, block=10, price=7)
    settled(design, 1_000_001, block=11)
    move(design, creator, buyer, 100_000, block=12)
    settled(design, 2_000_000, block=13)

    ledger = replay(chain_id=HERE, entry_id=design.entry_id, currency=addresses()["TestStablecoin"])
    for person in (creator, cocreator, buyer):
        address = person.custody_key.address
        total = earning_totals(chain_id=HERE, holder=address)[0]
        lines = statement(chain_id=HERE, holder=address)
        assert total.claimable == ledger.claimable(address)
        assert sum(line.amount for line in lines) == total.credited
    newest = statement(chain_id=HERE, holder=creator.custody_key.address)[0]
    assert (newest.source.label, newest.gross, newest.fee, newest.own) == (
        "from a derived work",
        2_000_000,
        0,
        2_000_000,
    )


def test_settled_money_alone_is_paid_out_too(design, creator, cocreator) -> None:
    settled(design, 5, block=11)

    assert pay_out_due() == 1

    assert ChainTransaction.objects.get(kind="claim_for").args[2] == [
        creator.custody_key.address,
        cocreator.custody_key.address,
    ]


def test_the_native_coin_is_paid_out_when_it_is_worth_its_gas(settings, design) -> None:
    settings.PAYOUT_THRESHOLD_NATIVE = 10**15
    settled(design, 10**15 - 1, block=11, currency=NATIVE)
    assert pay_out_due() == 0

    settled(design, 2 * 10**15, block=12, currency=NATIVE)

    assert pay_out_due() == 1
    assert ChainTransaction.objects.get(kind="claim_for").args[1] == NATIVE


def test_each_currency_is_told_by_itself(design, creator, buyer) -> None:
    sold(design, to=buyer.custody_key.address, block=10)
    settled(design, 15 * 10**17, block=11, currency=NATIVE)

    seen = text(page(creator, "/earnings/"))

    assert "Credited 11.400005 tUSD Paid out 0.00 tUSD Waiting 11.400005 tUSD" in seen
    assert "Credited 1.0000005 ETH Paid out 0.00 ETH Waiting 1.0000005 ETH" in seen
    assert "66.6667 % 11.400005 0.00 11.400005" in seen
    assert "66.6667 % 1.0000005 ETH 0.00 ETH 1.0000005 ETH" in seen


def test_a_ledger_and_holdings_are_one_question_each(design, django_assert_num_queries) -> None:
    """Blocks that are stored or taken back meanwhile would tear them: a payout without the sale that it came from."""
    with django_assert_num_queries(1):
        replay(chain_id=HERE, entry_id=design.entry_id, currency=addresses()["TestStablecoin"])
    with django_assert_num_queries(1):
        holdings(chain_id=HERE, entry_id=design.entry_id)
