from common.templatetags.formatting import amount, money, percent, pretty_json, prose, short, simple_pairs


def test_money_is_written_exactly_and_nothing_as_nothing() -> None:
    assert money(18_000_000) == "18.00 tUSD"
    assert money("1") == "0.000001 tUSD"
    assert money(0) == "0.00 tUSD"
    assert amount(18_500_001) == "18.500001"
    assert money(None) == amount(None) == ""


def test_share_units_are_written_as_percent_to_the_last_unit() -> None:
    assert [percent(units) for units in (1_000_000, 125_000, 1, 0, 333_333)] == [
        "100",
        "12.5",
        "0.0001",
        "0",
        "33.3333",
    ]
    assert percent(None) == ""


def test_hashes_are_cut_in_the_middle_and_short_text_is_not() -> None:
    assert short("0x70997970C51812dc3A010C7d01b50e0d17dc79C8") == "0x7099…79C8"
    assert short("0x1234") == "0x1234"


def test_only_flat_and_short_parameters_are_written_as_text() -> None:
    assert simple_pairs({"period": 1.5, "closed": True, "mode": "fine"}) == "period 1.5, closed true, mode fine"
    assert simple_pairs({"nested": [1]}) == ""
    assert simple_pairs({}) == ""
    assert simple_pairs({str(number): number for number in range(7)}) == ""
    assert simple_pairs({"long": "x" * 25}) == ""
    assert pretty_json({"b": "ü", "a": 1}) == '{\n  "b": "ü",\n  "a": 1\n}'


def test_a_license_text_becomes_headings_paragraphs_and_numbered_clauses() -> None:
    html = prose("# Title\n\nFirst\nline.\n\n## Part\n\n1. Grant. You may.\n2. Without a title\n")
    assert html == (
        "<p>First line.</p>\n<h2>Part</h2>\n"
        '<ol><li value="1"><strong>Grant.</strong> You may.</li><li value="2">Without a title</li></ol>'
    )


def test_markup_in_a_license_text_stays_text() -> None:
    assert prose("<b>x</b>\n\n1. <i>y</i>. z & w") == (
        '<p>&lt;b&gt;x&lt;/b&gt;</p>\n<ol><li value="1"><strong>&lt;i&gt;y&lt;/i&gt;.</strong> z &amp; w</li></ol>'
    )
