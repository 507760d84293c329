"""Reading a window of blocks so that what comes out is one piece of one chain, or an error."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter

import structlog

from common.hashing import keccak256
from contracts.answers import Header, Log, Tips
from contracts.client import Client
from contracts.errors import ChainUnavailable, InconsistentNode, RpcError
from contracts.indexer.rows import EventRow

logger = structlog.get_logger(__name__)

MAX_WINDOW = 2000
LOGS_PER_WINDOW = 9000
OPEN_WINDOW = 128
HEADERS_PER_REQUEST = 128
# All logs of a block, where strangers fill it, may be a megabyte.
BLOCKS_PER_REQUEST = 16
# Up to here all headers of a settled window come with its logs; beyond, those without logs are left out.
WHOLE_WINDOW = 128
NEAR_HEAD = 256
"""So many blocks below the newest one a settled window is read whole, and each of its logs is missed: what an indexer
is behind after an outage, when the node is likely to be ill too. Deeper history is believed as ADR 0031 says."""


class NotLinked(Exception):
    """The first new block does not follow the last one that was read: a reorganization."""


@dataclass(frozen=True)
class Window:
    """Blocks `first` to `last.number`. `headers` are those to keep; `logs` are in chain order.

    `tips` are as the node told them together with the logs. `rows` are what the logs become, where somebody had the
    time.
    """

    first: int
    last: Header
    headers: list[Header]
    logs: list[Log]
    tips: Tips
    rows: Sequence[EventRow] = ()


def read_settled(node: Client, *, after: int, after_hash: str, last: int, addresses: Sequence[str]) -> Window:
    """A window at or below the final block, in one request; of a wide one only its ends and the blocks with logs
    are fetched, in a second one.

    Raises NotLinked, InconsistentNode, or what the node raises.
    """
    first = after + 1
    numbers = list(range(first, last + 1)) if last - after <= WHOLE_WINDOW else [first, last]
    try:
        tips, logs, answers = node.range(first, last, addresses, [*numbers, last + 1])
    except (RpcError, ChainUnavailable):
        if first != last:
            raise
        tips, logs, answers = node.tips(), _logs(node, first, last, addresses), node.headers([*numbers, last + 1])
    headers = _present(numbers, answers[:-1])
    if headers[0].parent_hash != after_hash:
        raise NotLinked
    _check_told_twice(headers[-1], answers[-1], tips.head)
    if len(numbers) == last - after:
        _check_links(headers)
        near = tips.head.number - last < NEAR_HEAD
        logs = (_complete if near else _with_left_out)(node, headers, logs, addresses)
    else:
        between = sorted({log.block_number for log in logs} - {first, last})
        headers += _present(between, _asked(node, between))
        headers.sort(key=attrgetter("number"))
    _check_hashes(headers, logs)
    return Window(first, headers[-1], headers, logs, tips)


def read_open(node: Client, *, after: int, after_hash: str, last: int, addresses: Sequence[str], tips: Tips) -> Window:
    """A window that may yet be reorganized: every header, each linked to the one before it.

    Headers are read before logs, so logs of another branch show by their hash; logs that a lagging node left out
    show by the header's bloom. Raises NotLinked, InconsistentNode, or what the node raises.
    """
    first = after + 1
    *answers, child = _asked(node, range(first, last + 2))
    headers = _present(range(first, last + 1), answers)
    if headers[0].parent_hash != after_hash:
        raise NotLinked
    _check_links(headers)
    _check_told_twice(headers[-1], child, tips.head)
    logs = _logs(node, first, last, addresses)
    _check_hashes(headers, logs)
    logs = _complete(node, headers, logs, addresses)
    return Window(first, headers[-1], headers, logs, tips)


def _with_left_out(node: Client, headers: Sequence[Header], logs: list[Log], addresses: Sequence[str]) -> list[Log]:
    """Logs of these blocks, with those of blocks whose bloom has a contract of ours of which the node told none."""
    told = {(log.block_number, log.address) for log in logs}
    left_out = {header.number: header for header in _with_more_addresses(headers, addresses, told)}
    if not left_out:
        return logs
    found = [log for log in logs if log.block_number not in left_out]
    found += [log for header in left_out.values() for log in node.logs_in(header.hash, addresses)]
    return sorted(found, key=attrgetter("block_number", "log_index"))


def _with_more_addresses(
    headers: Sequence[Header], addresses: Sequence[str], told: set[tuple[int, str]]
) -> Iterator[Header]:
    for header in headers:
        if any((header.number, one) not in told and in_bloom(header.bloom, one) for one in addresses):
            yield header


def _complete(node: Client, headers: Sequence[Header], logs: list[Log], addresses: Sequence[str]) -> list[Log]:
    """Logs of these blocks; of a block that may have more of ours than the node told, from all of its logs.

    All of them are numbered without a gap, end as the receipt of the block's last transaction does, and have among them
    what was told first; whatever a header's bloom has stands in one of them: else the node left one out. A node that
    refuses all logs of a block is believed what it told.
    """
    told: dict[int, list[Log]] = defaultdict(list)
    for log in logs:
        told[log.block_number].append(log)
    ours = frozenset(addresses)
    with_ours = [
        header
        for header in headers
        if header.number in told or any(in_bloom(header.bloom, address) for address in addresses)
    ]
    ends = _ends(node, with_ours)
    blocks = [header for header in with_ours if not _is_whole(header, told[header.number], ends.get(header.number))]
    asked = {header.number for header in blocks}
    found = [log for log in logs if log.block_number not in asked]
    for start in range(0, len(blocks), BLOCKS_PER_REQUEST):
        part = blocks[start : start + BLOCKS_PER_REQUEST]
        for header, answer in zip(part, node.all_logs([header.hash for header in part]), strict=True):
            if isinstance(answer, RpcError):
                logger.warning("logs_not_checked", block=header.number, error=str(answer))
                found += _with_left_out(node, [header], told[header.number], addresses)
                continue
            _check_hashes([header], answer)
            left_out = {log.log_index for log in told[header.number]} - {log.log_index for log in answer}
            if left_out or not _seems_whole(header, answer, ends.get(header.number)):
                raise InconsistentNode(f"The node leaves out logs of block {header.number}.")
            found += [log for log in answer if log.address in ours]
    return sorted(found, key=attrgetter("block_number", "log_index"))


def _ends(node: Client, headers: Sequence[Header]) -> dict[int, int]:
    """By the numbers of these blocks, the number of the last log of its last transaction, where that has any."""
    asked = [header for header in headers if header.last_transaction]
    ends = node.last_logs([header.last_transaction for header in asked]) if asked else []
    return {header.number: end for header, end in zip(asked, ends, strict=True) if end is not None}


def _is_whole(header: Header, logs: Sequence[Log], end: int | None) -> bool:
    """Whether it is certain that a block has no other logs than these: they end with its last transaction's last."""
    return end is not None and bool(logs) and _seems_whole(header, logs, end)


def _seems_whole(header: Header, logs: Sequence[Log], end: int | None) -> bool:
    """Whether logs are numbered without a gap up to `end`, where that is known, and explain each bit of the bloom."""
    return (
        all(log.log_index == number for number, log in enumerate(logs))
        and (end is None or len(logs) == end + 1)
        and _explains(logs, header.bloom)
    )


def _explains(logs: Sequence[Log], bloom: bytes) -> bool:
    """Whether each bit of a block's bloom comes from one of these logs (yellow paper, section 4.3.1)."""
    unexplained = int.from_bytes(bloom)
    for value in {value for log in logs for value in (log.address, *log.topics)}:
        unexplained &= ~_bloom_mask(value)
    return unexplained == 0


def _logs(node: Client, first: int, last: int, addresses: Sequence[str]) -> list[Log]:
    """Logs of a range; of a single block, an address at a time when the node refuses all at once, or takes too long."""
    try:
        return node.logs(first, last, addresses)
    except (RpcError, ChainUnavailable):
        if first != last or len(addresses) == 1:
            raise
        logger.warning("logs_by_address", block=first)
        return [log for address in addresses for log in node.logs(first, last, [address])]


def _asked(node: Client, numbers: Sequence[int]) -> list[Header | None]:
    found: list[Header | None] = []
    for start in range(0, len(numbers), HEADERS_PER_REQUEST):
        found += node.headers(numbers[start : start + HEADERS_PER_REQUEST])
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


def _check_told_twice(last: Header, child: Header | None, head: Header) -> None:
    """The hash of a window's last block is believed when its child names it, or the node's word of its newest block."""
    if head.number == last.number and head.hash != last.hash:
        raise InconsistentNode(f"The node tells two hashes of block {last.number}.")
    if child is None and head.number > last.number:
        raise InconsistentNode(f"The node does not have block {last.number + 1} any more.")
    confirmed = head.hash if child is None else child.parent_hash
    if confirmed != last.hash:
        raise InconsistentNode(f"The node tells two hashes of block {last.number}.")


def _check_hashes(headers: Sequence[Header], logs: Sequence[Log]) -> None:
    hashes = {header.number: header.hash for header in headers}
    for log in logs:
        if hashes.get(log.block_number) != log.block_hash:
            raise InconsistentNode(f"A log is of another block {log.block_number} than its header.")


def in_bloom(bloom: bytes, address: str) -> bool:
    """Whether a block may have logs of this address (yellow paper, section 4.3.1). No means no."""
    mask = _bloom_mask(address)
    return int.from_bytes(bloom) & mask == mask


@lru_cache(maxsize=4096)
def _bloom_mask(value: str) -> int:
    """The bits that an address or a topic sets in a bloom."""
    digest = keccak256(bytes.fromhex(value[2:]))
    first, second, third = (1 << (int.from_bytes(digest[i : i + 2]) & 2047) for i in (0, 2, 4))
    return first | second | third
