"""Logs as the rows of events that they become, but for the ids: those the database gives."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from contracts.answers import Log
from contracts.decoding import Decoded, decode_logs, raw_beside
from contracts.indexer.copying import escaped

COLUMNS = (
    "id",
    "block_id",
    "chain_id",
    "contract",
    "address",
    "name",
    "args",
    "transaction_hash",
    "transaction_index",
    "log_index",
    "topics",
    "data",
)


class EventRow(msgspec.Struct, frozen=True, gc=False):
    """An event decoded. `text` has all of COLUMNS behind the two ids, as COPY reads them."""

    contract: str
    name: str
    args: dict[str, Any]
    text: str


def rows_of(logs: Sequence[Log], *, chain_id: int, names: Mapping[str, str]) -> list[EventRow]:
    """A row for each of the logs; `names` are the contracts by their addresses."""
    alike: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, log in enumerate(logs):
        alike[log.address, log.topics[0] if log.topics else ""].append(place)
    rows: dict[int, EventRow] = {}
    for (address, _kind), places in alike.items():
        contract = names[address]
        start = f"{chain_id}\t{contract}\t{address}\t"
        some = [logs[place] for place in places]
        decoded = decode_logs(contract, [(log.topics, log.data) for log in some])
        for place, log, found in zip(places, some, decoded, strict=True):
            rows[place] = EventRow(contract, found.name, found.args, start + _text(log, found))
    return [rows[place] for place in range(len(logs))]


def _text(log: Log, found: Decoded) -> str:
    """Only the arguments may hold any text: all else has been read as what it is."""
    place = f"{log.transaction_hash}\t{log.transaction_index}\t{log.log_index}"
    if found.lossless:
        return f"{found.name}\t{found.text}\t{place}\t[]\t"
    topics, data = raw_beside(found, log)
    kept = '["' + '", "'.join(topics) + '"]' if topics else "[]"
    return f"{found.name}\t{escaped(found.text)}\t{place}\t{kept}\t{data}"
