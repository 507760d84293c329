"""Decoding many logs of few kinds: a table of words for events of plain values, the general decoder for the rest.

A table reads canonical encodings only (no dirty padding, no values beyond their type, arrays in order and without
gaps). Whatever else a log holds is left to `decode_event`, so that both give the same values or the same refusal.
"""

import json
import re
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any

import msgspec
import structlog

from common.addresses import checksummed
from contracts import artifacts
from contracts.answers import Log
from contracts.artifacts import Abi
from contracts.encoding import decode_event

logger = structlog.get_logger(__name__)

WORD = 64  # hex digits
_UINT = re.compile(r"uint(\d+)")
_BYTES = re.compile(r"bytes(\d+)")

Word = Callable[[str], Any]


class Uncommon(Exception):
    """Not an encoding that the table reads."""


class Decoded(msgspec.Struct, frozen=True, gc=False):
    """An event's name and arguments as ChainEvent stores them; `text` is `args` as JSON.

    `lossless`: the log follows from the arguments, so its bytes need not be kept beside them.
    """

    name: str
    args: dict[str, Any]
    text: str
    lossless: bool


UNKNOWN = Decoded("", {}, "{}", lossless=False)


class Table:
    """One event's arguments as words of its log."""

    def __init__(self, item: Abi, readers: Sequence[tuple[Word, bool]]) -> None:
        self.name: str = item["name"]
        inputs = item["inputs"]
        self._names = [parameter["name"] for parameter in inputs]
        self._indexed = [index for index, parameter in enumerate(inputs) if parameter["indexed"]]
        self._plain = [index for index, parameter in enumerate(inputs) if not parameter["indexed"]]
        self._readers = readers
        self._lists = any(is_list for _, is_list in readers)
        self._topics = 1 + len(self._indexed)
        self._data_digits = 2 + WORD * len(self._plain)
        # Words come as topics and then as data: what reads each of them, and where the argument stands among them.
        order = self._indexed + self._plain
        self._read = [readers[index][0] for index in order]
        self._places = None if order == sorted(order) else [order.index(index) for index in range(len(order))]
        self._at = range(2, self._data_digits, WORD)
        self._template: str | None = None
        if all(parameter["type"] != "bool" for parameter in inputs) and not self._lists:
            self._template = "{" + ", ".join(f'{json.dumps(name)}: "%s"' for name in self._names) + "}"

    def decode(self, topics: Sequence[str], data: str) -> Decoded:
        """Raises Uncommon."""
        values = self._values(topics, data)
        args = dict(zip(self._names, values, strict=True))
        text = json.dumps(args) if self._template is None else self._template % tuple(values)
        return Decoded(self.name, args, text, lossless=True)

    def _values(self, topics: Sequence[str], data: str) -> list[Any]:
        if len(topics) != self._topics or len(data) < self._data_digits:
            raise Uncommon
        if self._lists:
            values: list[Any] = [None] * len(self._names)
            for index, topic in zip(self._indexed, topics[1:], strict=True):
                values[index] = self._readers[index][0](topic[2:])
            self._read_lists(data, values)
            return values
        if len(data) != self._data_digits:
            raise Uncommon
        words = [topic[2:] for topic in topics[1:]]
        words += [data[at : at + WORD] for at in self._at]
        values = [read(word) for read, word in zip(self._read, words, strict=True)]
        return values if self._places is None else [values[place] for place in self._places]

    def _read_lists(self, data: str, values: list[Any]) -> None:
        """Heads in order, and behind them the lists in the same order, each as its length and its elements."""
        head, tail = 2, self._data_digits
        for index in self._plain:
            read, is_list = self._readers[index]
            word = data[head : head + WORD]
            head += WORD
            if not is_list:
                values[index] = read(word)
                continue
            if int(word, 16) * 2 != tail - 2 or len(data) < tail + WORD:
                raise Uncommon
            start = tail + WORD
            tail = start + WORD * int(data[start - WORD : start], 16)
            if len(data) < tail:
                raise Uncommon
            values[index] = [read(data[at : at + WORD]) for at in range(start, tail, WORD)]
        if len(data) != tail:
            raise Uncommon


def decode_log(contract: str, topics: Sequence[str], data: str) -> Decoded:
    """UNKNOWN for what no ABI of ours knows, which is kept raw and decodable later."""
    if not topics:
        return UNKNOWN
    tables = _tables(contract)
    if topics[0] not in tables:
        return UNKNOWN
    table = tables[topics[0]]
    if table is not None:
        try:
            return table.decode(topics, data)
        except (Uncommon, ValueError):
            pass
    item = artifacts.events(contract)[topics[0]]
    try:
        args = decode_event(item, list(topics), data)
    except ValueError as error:
        logger.error("event_not_decoded", contract=contract, name=item["name"], error=str(error))
        return UNKNOWN
    return Decoded(item["name"], args, json.dumps(args), lossless=False)


def raw_beside(found: Decoded, log: Log) -> tuple[list[str], str]:
    """Topics and data that are kept beside the arguments: none where the arguments say it all."""
    return ([], "") if found.lossless else (log.topics, log.data)


@cache
def _tables(contract: str) -> dict[str, Table | None]:
    return {topic: table_for(item) for topic, item in artifacts.events(contract).items()}


def table_for(item: Abi) -> Table | None:
    """A table for events whose arguments are numbers, addresses, flags, fixed bytes, or plain lists of those."""
    readers: list[tuple[Word, bool]] = []
    for parameter in item["inputs"]:
        kind: str = parameter["type"]
        is_list = kind.endswith("[]") and not parameter["indexed"]
        read = _reader(kind.removesuffix("[]") if is_list else kind)
        if read is None:
            return None
        readers.append((read, is_list))
    return Table(item, readers)


def _reader(kind: str) -> Word | None:
    if kind == "address":
        return _address
    if kind == "bool":
        return _flag
    if kind in ("uint256", "bytes32"):
        return _number if kind == "uint256" else _bytes32
    if found := _UINT.fullmatch(kind):
        return _small_number(int(found[1]))
    if found := _BYTES.fullmatch(kind):
        return _fixed_bytes(2 * int(found[1]))
    return None


@lru_cache(maxsize=1 << 14)
def _address(word: str) -> str:
    if len(word) != WORD or word[:24] != "0" * 24:
        raise Uncommon
    return checksummed("0x" + word[24:])


def _number(word: str) -> str:
    return str(int(word, 16))


def _small_number(bits: int) -> Word:
    limit = 1 << bits

    def read(word: str) -> str:
        number = int(word, 16)
        if number >= limit:
            raise Uncommon
        return str(number)

    return read


def _flag(word: str) -> bool:
    number = int(word, 16)
    if number > 1:
        raise Uncommon
    return number == 1


def _bytes32(word: str) -> str:
    return "0x" + word.lower()


def _fixed_bytes(digits: int) -> Word:
    def read(word: str) -> str:
        if word[digits:].strip("0"):
            raise Uncommon
        return "0x" + word[:digits].lower()

    return read
