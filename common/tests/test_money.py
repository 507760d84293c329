import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import TUSD, AmountError, Currency, FeeSplit, format_amount, parse_amount, split_fee

YEN = Currency("JPY", "¥", 0)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("18", 18_000_000),
        ("12.5", 12_500_000),
        (" 12.50 ", 12_500_000),
        ("+3", 3_000_000),
        (".5", 500_000),
        ("5.", 5_000_000),
        ("0.000001", 1),
        ("1.0000000000", 1_000_000),
        ("007", 7_000_000),
        ("1000000000", 10**15),
    ],
)
def test_an_amount_is_read_exactly(text, units):
    assert parse_amount(text, TUSD) == units


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_a_number"),
        (".", "not_a_number"),
        ("-", "not_a_number"),
        ("ten", "not_a_number"),
        ("1,50", "not_a_number"),
        ("1e3", "not_a_number"),
        ("0x10", "not_a_number"),
        ("NaN", "not_a_number"),
        ("Infinity", "not_a_number"),
        ("١٢", "not_a_number"),
        ("1 000", "not_a_number"),
        ("9" * 100, "not_a_number"),
        ("0", "zero"),
        ("0.00", "zero"),
        ("-1", "negative"),
        ("−1", "negative"),
        ("-0.0000001", "negative"),
        ("0.0000001", "too_precise"),
        ("1.1234567", "too_precise"),
        ("1000000000.000001", "too_large"),
        ("9" * 60, "too_large"),
    ],
)
def test_an_amount_that_cannot_be_used_says_why(text, code):
    with pytest.raises(AmountError) as error:
        parse_amount(text, TUSD)
    assert error.value.code == code


def test_each_reason_has_its_own_sentence():
    sentences = set()
    for text in ("x", "0", "-1", "0.0000001", "9" * 20):
        with pytest.raises(AmountError) as error:
            parse_amount(text, TUSD)
        sentences.add(str(error.value))
    assert sentences == {
        "Write the amount in digits with a point, for example 12.50.",
        "The amount must be more than zero.",
        "The amount cannot be negative.",
        "tUSD has at most 6 digits after the point.",
        "The amount can be at most 1000000000.00 tUSD.",
    }


@pytest.mark.parametrize(
    ("units", "currency", "text"),
    [
        (18_000_000, TUSD, "18.00 tUSD"),
        (12_345_600, TUSD, "12.3456 tUSD"),
        (1, TUSD, "0.000001 tUSD"),
        (0, TUSD, "0.00 tUSD"),
        (-1_500_000, TUSD, "-1.50 tUSD"),
        (1_234_567_000_000, TUSD, "1234567.00 tUSD"),
        (1200, YEN, "1200 ¥"),
    ],
)
def test_an_amount_is_written_exactly(units, currency, text):
    assert format_amount(units, currency) == text


@given(st.integers(min_value=1, max_value=10**15))
def test_what_is_written_is_read_back(units):
    assert parse_amount(format_amount(units, TUSD).removesuffix(" tUSD"), TUSD) == units


def test_a_fee_is_split_by_the_ledgers_rule():
    assert split_fee(18_000_000, 50_000, 0) == FeeSplit(fee=900_000, net=17_100_000, remainder=0)
    assert split_fee(19, 50_000, 0) == FeeSplit(fee=0, net=19, remainder=950_000)
    assert split_fee(19, 50_000, 950_000) == FeeSplit(fee=1, net=18, remainder=900_000)


@given(
    st.lists(st.integers(min_value=1, max_value=10**15), min_size=1, max_size=50),
    st.integers(min_value=0, max_value=100_000),
)
def test_many_small_deposits_pay_the_fee_of_one_large_one(deposits, ppm):
    remainder = paid = kept = 0
    for gross in deposits:
        split = split_fee(gross, ppm, remainder)
        assert split.fee + split.net == gross
        assert 0 <= split.remainder < 1_000_000
        remainder, paid, kept = split.remainder, paid + split.fee, kept + split.net
    assert paid == sum(deposits) * ppm // 1_000_000
    assert paid + kept == sum(deposits)
