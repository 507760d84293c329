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
Raw = tuple[Sequence[str], str]
"""A log's topics and data."""


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
        self._of_topics = [_of_topic(readers[index][0]) for index in self._indexed]
        self._of_data = [(2 + WORD * place, readers[index][0]) for place, index in enumerate(self._plain)]
        self._places = None if order == sorted(order) else [order.index(index) for index in range(len(order))]
        self._template: str | None = None
        if all(parameter["type"] != "bool" for parameter in inputs) and not self._lists:
            self._template = "{" + ", ".join(f'{json.dumps(name)}: "%s"' for name in self._names) + "}"

    def decode(self, raws: Sequence[Raw]) -> list[Decoded]:
        """Raises Uncommon when one of them is."""
        found = self._with_lists(raws) if self._lists else self._in_columns(raws)
        args = [dict(zip(self._names, values, strict=True)) for values in found]
        texts = map(json.dumps, args) if self._template is None else map(self._template.__mod__, found)
        return [Decoded(self.name, each, text, lossless=True) for each, text in zip(args, texts, strict=True)]

    def _in_columns(self, raws: Sequence[Raw]) -> list[tuple[Any, ...]]:
        """The arguments of each; read one argument after the other, each of all logs, which takes half as long."""
        if any(len(topics) != self._topics or len(data) != self._data_digits for topics, data in raws):
            raise Uncommon
        columns = [
            list(map(read, [topics[place] for topics, _data in raws]))
            for place, read in enumerate(self._of_topics, start=1)
        ]
        columns += [list(map(read, [data[at : at + WORD] for _topics, data in raws])) for at, read in self._of_data]
        if self._places is not None:
            columns = [columns[place] for place in self._places]
        return list(zip(*columns, strict=True)) if columns else [()] * len(raws)

    def _with_lists(self, raws: Sequence[Raw]) -> list[list[Any]]:
        found = []
        for topics, data in raws:
            if len(topics) != self._topics or len(data) < self._data_digits:
                raise Uncommon
            values: list[Any] = [None] * len(self._names)
            for index, read, topic in zip(self._indexed, self._of_topics, topics[1:], strict=True):
                values[index] = read(topic)
            self._read_lists(data, values)
            found.append(values)
        return found

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
    return decode_logs(contract, [(topics, data)])[0]


def decode_logs(contract: str, raws: Sequence[Raw]) -> list[Decoded]:
    """As `decode_log`, of logs with the same first topic."""
    (kind,) = {topics[0] if topics else "" for topics, _data in raws}
    tables = _tables(contract)
    if kind not in tables:
        return [UNKNOWN] * len(raws)
    table = tables[kind]
    if table is not None:
        try:
            return table.decode(raws)
        except (Uncommon, ValueError):
            if len(raws) > 1:
                return [decode_log(contract, *raw) for raw in raws]
    item = artifacts.events(contract)[kind]
    return [_decoded(contract, item, *raw) for raw in raws]


def _decoded(contract: str, item: Abi, topics: Sequence[str], data: str) -> Decoded:
    """By the general decoder."""
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


@cache
def _of_topic(read: Word) -> Word:
    """As `read`, of a topic: the same ones come again and again."""
    return lru_cache(maxsize=1 << 14)(lambda topic: read(topic[2:]))


@lru_cache(maxsize=1 << 14)
def _address(word: str) -> str:
    if len(word) != WORD or word[:24] != "0" * 24:
        raise Uncommon
    return checksummed("0x" + word[24:])


@lru_cache(maxsize=1 << 14)
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
