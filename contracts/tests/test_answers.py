"""What is no header, log or receipt is not taken for one."""

from typing import Any

import msgspec
import pytest

from contracts.answers import Log, Receipt, header, logs, receipt
from contracts.errors import UnreadableAnswer

HASH = "0x" + "ab" * 32
HEADER: dict[str, Any] = {
    "number": "0x1",
    "hash": HASH,
    "parentHash": HASH,
    "timestamp": "0x1",
    "logsBloom": "0x" + "00" * 256,
}
LOG: dict[str, Any] = {
    "blockNumber": "0x1",
    "blockHash": HASH,
    "transactionHash": HASH,
    "transactionIndex": "0x0",
    "logIndex": "0x0",
    "address": "0x" + "12" * 20,
    "topics": [HASH],
    "data": "0x12",
}
RECEIPT: dict[str, Any] = {
    "transactionHash": HASH,
    "blockNumber": "0x1",
    "blockHash": HASH,
    "status": "0x1",
    "gasUsed": "0x1",
}
NO_HASHES = ["", "0x", HASH[:-1], HASH + "00", HASH.upper(), HASH[:-1] + "g", HASH[:-1] + "\n", 7, None, [HASH]]


def read_logs(*told: dict[str, Any]) -> list[Log]:
    return logs(msgspec.Raw(msgspec.json.encode(told)))


def read_receipt(told: dict[str, Any] | None) -> Receipt | None:
    return receipt(msgspec.Raw(msgspec.json.encode(told)))


def test_what_is_whole_is_read() -> None:
    assert header(HEADER).hash == HASH
    assert read_logs(LOG)[0].topics == [HASH]
    told = read_receipt(RECEIPT)
    assert told is not None
    assert told.block_hash == HASH
    assert read_receipt(None) is None


@pytest.mark.parametrize("value", NO_HASHES)
def test_a_hash_that_is_none_makes_an_answer_unreadable(value: Any) -> None:
    for name in ("hash", "parentHash"):
        with pytest.raises(UnreadableAnswer):
            header({**HEADER, name: value})
    for change in ({"blockHash": value}, {"transactionHash": value}, {"topics": [HASH, value]}):
        with pytest.raises(UnreadableAnswer):
            read_logs({**LOG, **change})
    for name in ("transactionHash", "blockHash"):
        if name == "blockHash" and not value:
            assert read_receipt({**RECEIPT, name: value}) is None, "it is in no block"
            continue
        with pytest.raises(UnreadableAnswer):
            read_receipt({**RECEIPT, name: value})


@pytest.mark.parametrize("value", ["", "12", "0x1", "0xzz", None, 7])
def test_data_that_is_no_hex_makes_a_log_unreadable(value: Any) -> None:
    with pytest.raises(UnreadableAnswer):
        read_logs({**LOG, "data": value})
