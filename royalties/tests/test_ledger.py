"""Properties of the exact ledger: nothing is lost, nothing is made, order of payouts does not matter."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.identifiers import ZERO_ADDRESS
from royalties.ledger import SUPPLY, EntryLedger, LedgerError, Movement, Paid, Revenue

ALICE, BOB, CAROL = "0xA", "0xB", "0xC"


def allocated(*shares: tuple[str, int]) -> EntryLedger:
    return EntryLedger().apply(Movement(ZERO_ADDRESS, holder, units) for holder, units in shares)


def test_a_sale_credits_holders_by_their_units() -> None:
    ledger = allocated((ALICE, 700_000), (BOB, 300_000)).apply([Revenue(17_100_000)])

    assert ledger.claimable(ALICE) == 11_970_000
    assert ledger.claimable(BOB) == 5_130_000


def test_a_fraction_left_by_one_sale_is_paid_with_a_later_one() -> None:
    ledger = allocated((ALICE, 500_000), (BOB, 500_000)).apply([Revenue(1)])
    assert (ledger.claimable(ALICE), ledger.claimable(BOB)) == (0, 0)

    ledger.apply([Revenue(1)])

    assert (ledger.claimable(ALICE), ledger.claimable(BOB)) == (1, 1)


def test_moving_shares_moves_future_revenue_only() -> None:
    ledger = allocated((ALICE, SUPPLY)).apply([Revenue(1000), Movement(ALICE, BOB, SUPPLY), Revenue(50)])

    assert ledger.claimable(ALICE) == 1000
    assert ledger.claimable(BOB) == 50


def test_moving_to_oneself_changes_nothing() -> None:
    ledger = allocated((ALICE, 600_000), (BOB, 400_000)).apply([Revenue(999), Movement(ALICE, ALICE, 600_000)])

    assert ledger.units[ALICE] == 600_000
    assert ledger.claimable(ALICE) == 599


def test_paying_more_than_is_owed_is_refused() -> None:
    ledger = allocated((ALICE, SUPPLY)).apply([Revenue(10)])

    with pytest.raises(LedgerError):
        ledger.apply([Paid(ALICE, 11)])
    assert ledger.claimable(ALICE) == 10


def test_moving_more_than_is_held_is_refused() -> None:
    ledger = allocated((ALICE, SUPPLY))

    with pytest.raises(LedgerError):
        ledger.apply([Movement(BOB, ALICE, 1)])
    assert ledger.units[ALICE] == SUPPLY


holders = st.sampled_from([ALICE, BOB, CAROL])
steps = st.lists(
    st.one_of(
        st.tuples(st.just("revenue"), st.integers(1, 10**15)),
        st.tuples(st.just("move"), holders, holders, st.integers(0, SUPPLY)),
        st.tuples(st.just("pay"), holders),
    ),
    max_size=40,
)


@given(first=st.integers(1, SUPPLY - 2), second=st.integers(1, SUPPLY - 2), script=steps)
def test_every_unit_that_enters_is_owned_by_someone(first: int, second: int, script: list[tuple]) -> None:
    second = min(second, SUPPLY - first - 1)
    if second < 1:
        first, second = SUPPLY - 2, 1
    ledger = allocated((ALICE, first), (BOB, second), (CAROL, SUPPLY - first - second))
    entered = paid = 0
    for step in script:
        match step:
            case ("revenue", own):
                ledger.apply([Revenue(own)])
                entered += own
            case ("move", sender, receiver, units):
                before = {who: ledger.claimable(who) for who in (ALICE, BOB, CAROL)}
                ledger.apply([Movement(sender, receiver, min(units, ledger.units[sender]))])
                assert before == {who: ledger.claimable(who) for who in (ALICE, BOB, CAROL)}
            case ("pay", holder):
                amount = ledger.claimable(holder)
                ledger.apply([Paid(holder, amount)])
                paid += amount
        assert sum(ledger.units.values()) == SUPPLY
        assert sum(ledger.owed.values()) + SUPPLY * paid == SUPPLY * entered
