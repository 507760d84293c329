"""Logs as the rows of events that they become, but for the ids: those the database gives."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from contracts.answers import Log
from contracts.decoding import Decoded, decode_log, raw_beside
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
    rows = []
    for log in logs:
        contract = names[log.address]
        found = decode_log(contract, log.topics, log.data)
        rows.append(EventRow(contract, found.name, found.args, f"{chain_id}\t{contract}\t{_text(log, found)}"))
    return rows


def _text(log: Log, found: Decoded) -> str:
    """Only the arguments may hold any text: all else has been read as what it is."""
    topics, data = raw_beside(found, log)
    kept = '["' + '", "'.join(topics) + '"]' if topics else "[]"
    args = found.text if found.lossless else escaped(found.text)
    return (
        f"{log.address}\t{found.name}\t{args}\t{log.transaction_hash}\t{log.transaction_index}\t{log.log_index}"
        f"\t{kept}\t{data}"
    )
