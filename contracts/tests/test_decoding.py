"""The table and the general decoder give the same values, or the table leaves the log to the other."""

import json
from typing import Any

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from contracts import artifacts
from contracts.artifacts import Abi, abi_type
from contracts.chains import FOLLOWED
from contracts.decoding import Uncommon, decode_log, decode_logs, table_for
from contracts.encoding import decode_event, decode_revert

EVENTS: list[tuple[str, str, Abi]] = [
    (contract, topic, item) for contract in FOLLOWED for topic, item in artifacts.events(contract).items()
]
WITH_TABLE = [event for event in EVENTS if table_for(event[2]) is not None]
_NUMBERS = st.one_of(st.integers(0, 3), st.integers(0, 2**256 - 1))


def _value(kind: str, draw: st.DrawFn) -> Any:
    if kind.endswith("[]"):
        return [_value(kind[:-2], draw) for _ in range(draw(st.integers(0, 4)))]
    if kind == "address":
        return "0x" + draw(st.binary(min_size=20, max_size=20)).hex()
    if kind == "bool":
        return draw(st.booleans())
    if kind.startswith("bytes"):
        return draw(st.binary(min_size=int(kind[5:]), max_size=int(kind[5:])))
    return draw(_NUMBERS) % 2 ** int(kind[4:])


@st.composite
def logs(draw: st.DrawFn) -> tuple[str, Abi, list[str], str]:
    contract, topic, item = draw(st.sampled_from(WITH_TABLE))
    topics, kinds, values = [topic], [], []
    for parameter in item["inputs"]:
        kind = abi_type(parameter)
        value = _value(kind, draw)
        if parameter["indexed"]:
            topics.append("0x" + encode([kind], [value]).hex())
        else:
            kinds.append(kind)
            values.append(value)
    return contract, item, topics, "0x" + encode(kinds, values).hex()


def test_most_events_have_a_table() -> None:
    names = {(contract, item["name"]) for contract, _topic, item in WITH_TABLE}
    assert {
        ("DesignShares", "TransferSingle"),
        ("DesignShares", "TransferBatch"),
        ("DesignShares", "RevenueReceived"),
        ("DesignShares", "Claimed"),
        ("DesignLicenses", "TransferSingle"),
        ("LicenseMarket", "LicenseSold"),
    } <= names
    assert 1 - len(WITH_TABLE) / len(EVENTS) < 0.4


@given(log=logs())
def test_the_table_gives_what_the_general_decoder_gives(log: tuple[str, Abi, list[str], str]) -> None:
    contract, item, topics, data = log
    found = decode_log(contract, topics, data)
    assert found.lossless
    assert found.name == item["name"]
    assert found.args == decode_event(item, topics, data)
    assert json.loads(found.text) == found.args


@given(several=st.lists(logs(), min_size=2, max_size=6), digit=st.sampled_from("0f"))
def test_many_logs_at_once_are_read_as_one_by_one(several: list[tuple[str, Abi, list[str], str]], digit: str) -> None:
    contract, item, topics, data = several[0]
    alike = [(topics, data) for _contract, other, topics, data in several if other is item]
    alike += [(topics, data[:-1] + digit), (topics, data[:-64])]
    assert decode_logs(contract, alike) == [decode_log(contract, *raw) for raw in alike]


@given(log=logs(), at=st.floats(0, 1, exclude_max=True), digit=st.sampled_from("01f"), cut=st.integers(0, 65))
def test_what_was_tampered_with_is_read_alike_or_refused_by_both(
    log: tuple[str, Abi, list[str], str], at: float, digit: str, cut: int
) -> None:
    contract, item, topics, data = log
    place = 2 + int(at * (len(data) - 2))
    data = (data[:place] + digit + data[place + 1 :])[: max(2, len(data) - cut)]
    try:
        expected: dict[str, Any] | None = decode_event(item, topics, data)
    except ValueError:
        expected = None
    found = decode_log(contract, topics, data)
    assert (found.args if found.name else None) == expected


@pytest.mark.parametrize("data", ["0x", "0x" + "0" * 63, "0x" + "f" * 128])
def test_a_log_of_another_length_is_left_to_the_general_decoder(data: str) -> None:
    item = next(item for _contract, _topic, item in WITH_TABLE if item["name"] == "TransferSingle")
    table = table_for(item)
    assert table is not None
    with pytest.raises(Uncommon):
        table.decode([(["0x"], data)])


@pytest.mark.parametrize("length", [2**255, 2**256 - 1])
def test_a_length_that_no_memory_has_is_as_any_bytes_that_mean_nothing(length: int) -> None:
    for body in (f"{32:064x}{length:064x}", f"{length:064x}"):
        data = "0x08c379a0" + body
        assert str(decode_revert(data)) == f"reverted with {data}"
    topic, item = next(
        (topic, item)
        for contract, topic, item in EVENTS
        if (contract, item["name"]) == ("DesignLicenses", "TermsDefined")
    )
    topics = [topic, *("0x" + "0" * 64 for parameter in item["inputs"] if parameter["indexed"])]
    assert decode_log("DesignLicenses", topics, "0x" + f"{length:064x}" * 30).name == ""
