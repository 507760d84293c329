"""Reading a window of blocks so that what comes out is one piece of one chain, or an error."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter

import structlog
from eth_utils.crypto import keccak

from contracts.client import Client, Header, Log, Tips
from contracts.errors import InconsistentNode, RpcError

logger = structlog.get_logger(__name__)

MAX_WINDOW = 2000
LOGS_PER_WINDOW = 6000
OPEN_WINDOW = 128
HEADERS_PER_REQUEST = 128
# Up to here all headers of a settled window come with its logs; beyond, those without logs are left out.
WHOLE_WINDOW = 64


class NotLinked(Exception):
    """The first new block does not follow the last one that was read: a reorganization."""


@dataclass(frozen=True)
class Window:
    """Blocks `first` to `last.number`. `headers` are those to keep; `logs` are in chain order.

    `tips` are as the node told them together with the logs.
    """

    first: int
    last: Header
    headers: list[Header]
    logs: list[Log]
    tips: Tips


def read_settled(node: Client, *, after: int, after_hash: str, last: int, addresses: Sequence[str]) -> Window:
    """A window at or below the final block, in one request; of a wide one only its ends and the blocks with logs
    are fetched, in a second one.

    Raises NotLinked, InconsistentNode, or what the node raises.
    """
    first = after + 1
    numbers = list(range(first, last + 1)) if last - after <= WHOLE_WINDOW else [first, last]
    try:
        tips, logs, answers = node.range(first, last, addresses, numbers)
    except RpcError:
        if first != last:
            raise
        tips, logs, answers = node.tips(), _logs(node, first, last, addresses), node.headers(numbers)
    headers = _present(numbers, answers)
    if headers[0].parent_hash != after_hash:
        raise NotLinked
    if len(numbers) == last - after:
        _check_links(headers)
        logs = _with_left_out(node, headers, logs, addresses)
    else:
        headers += _headers(node, sorted({log.block_number for log in logs} - {first, last}))
        headers.sort(key=attrgetter("number"))
    _check_hashes(headers, logs)
    return Window(first, headers[-1], headers, logs, tips)


def read_open(node: Client, *, after: int, after_hash: str, last: int, addresses: Sequence[str], tips: Tips) -> Window:
    """A window that may yet be reorganized: every header, each linked to the one before it.

    Headers are read before logs, so logs of another branch show by their hash; logs that a lagging node left out
    show by the header's bloom. Raises NotLinked, InconsistentNode, or what the node raises.
    """
    first = after + 1
    headers = _headers(node, range(first, last + 1))
    if headers[0].parent_hash != after_hash:
        raise NotLinked
    _check_links(headers)
    logs = _logs(node, first, last, addresses)
    _check_hashes(headers, logs)
    logs = _with_left_out(node, headers, logs, addresses)
    return Window(first, headers[-1], headers, logs, tips)


def _with_left_out(node: Client, headers: Sequence[Header], logs: list[Log], addresses: Sequence[str]) -> list[Log]:
    """Logs of these blocks, with those of blocks of which the node told none although their bloom has some."""
    with_logs = {log.block_number for log in logs}
    left_out = [
        header
        for header in headers
        if header.number not in with_logs and any(in_bloom(header.bloom, address) for address in addresses)
    ]
    if not left_out:
        return logs
    found = logs + [log for header in left_out for log in node.logs_in(header.hash, addresses)]
    return sorted(found, key=attrgetter("block_number", "log_index"))


def _logs(node: Client, first: int, last: int, addresses: Sequence[str]) -> list[Log]:
    """Logs of a range; of a single block, an address at a time when the node refuses all at once."""
    try:
        return node.logs(first, last, addresses)
    except RpcError:
        if first != last or len(addresses) == 1:
            raise
        logger.warning("logs_by_address", block=first)
        return [log for address in addresses for log in node.logs(first, last, [address])]


def _headers(node: Client, numbers: Sequence[int]) -> list[Header]:
    found: list[Header] = []
    for start in range(0, len(numbers), HEADERS_PER_REQUEST):
        part = numbers[start : start + HEADERS_PER_REQUEST]
        found += _present(part, node.headers(part))
    return found


def _present(numbers: Sequence[int], answers: Sequence[Header | None]) -> list[Header]:
    found = []
    for number, header in zip(numbers, answers, strict=True):
        if header is None or header.number != number:
            raise InconsistentNode(f"The node does not have block {number} any more.")
        found.append(header)
    return found


def _check_links(headers: Sequence[Header]) -> None:
    for before, header in pairwise(headers):
        if header.parent_hash != before.hash:
            raise InconsistentNode(f"Block {header.number} does not follow block {before.number}.")


def _check_hashes(headers: Sequence[Header], logs: Sequence[Log]) -> None:
    hashes = {header.number: header.hash for header in headers}
    for log in logs:
        if hashes.get(log.block_number) != log.block_hash:
            raise InconsistentNode(f"A log is of another block {log.block_number} than its header.")


def in_bloom(bloom: bytes, address: str) -> bool:
    """Whether a block may have logs of this address (yellow paper, section 4.3.1). No means no."""
    return all(bloom[255 - bit // 8] >> (bit % 8) & 1 for bit in _bloom_bits(address))


@lru_cache(maxsize=256)
def _bloom_bits(address: str) -> tuple[int, int, int]:
    digest = keccak(bytes.fromhex(address[2:]))
    first, second, third = (int.from_bytes(digest[i : i + 2], "big") & 2047 for i in (0, 2, 4))
    return first, second, third
