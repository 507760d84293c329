"""What a node answers, read as what it was asked for; what cannot be read so is no answer."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import lru_cache, partial, wraps
from itertools import chain
from operator import attrgetter
from typing import Any, TypeVar

import msgspec

from common.addresses import checksummed
from contracts.encoding import decode_revert
from contracts.errors import InconsistentNode, RpcError, UnreadableAnswer
from contracts.rpc import error_of

T = TypeVar("T")


@dataclass(frozen=True)
class Header:
    """A block's header. `timestamp` is Unix seconds; `bloom` 256 bytes over its logs' addresses and topics;
    `last_transaction` the hash of its last one, if it has any.
    """

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    bloom: bytes
    last_transaction: str = ""


class _LogAnswer(msgspec.Struct, rename="camel", gc=False):
    """A log as nodes write it; what else they say of it is passed over."""

    block_number: str
    block_hash: str
    transaction_hash: str
    transaction_index: str
    log_index: str
    address: str
    topics: list[str]
    data: str
    removed: bool | None = None


class _ReceiptAnswer(msgspec.Struct, gc=False):
    """Of a receipt, its logs."""

    logs: list[_LogAnswer]


class _Numbered(msgspec.Struct, rename="camel", gc=False):
    """Of a log, its number."""

    log_index: str


class _Numbers(msgspec.Struct, gc=False):
    """Of a receipt, the numbers of its logs."""

    logs: list[_Numbered]


_logs_told = msgspec.json.Decoder(list[_LogAnswer]).decode
_numbers_told = msgspec.json.Decoder(_Numbers | None).decode
_receipts_told = msgspec.json.Decoder(list[_ReceiptAnswer]).decode
_number = lru_cache(maxsize=4096)(partial(int, base=16))
_HASH = re.compile("0x[0-9a-f]{64}")
_HASH_DIGITS = b"0123456789abcdef"
_HEX_DIGITS = b"0123456789abcdefABCDEF"


class Log(msgspec.Struct, frozen=True, gc=False):
    block_number: int
    block_hash: str
    transaction_hash: str
    transaction_index: int
    log_index: int
    address: str
    topics: list[str]
    data: str


@dataclass(frozen=True)
class Tips:
    """A chain's newest block, and its newest one that no reorganization reaches (None: it tells none)."""

    head: Header
    finalized: Header | None

    @property
    def tell_finality(self) -> bool:
        """Whether it is a chain that knows of final blocks."""
        return self.finalized is not None and self.finalized.number > 0


@dataclass(frozen=True)
class Receipt:
    """`gas_price` is wei per gas that was paid."""

    transaction_hash: str
    block_number: int
    block_hash: str
    succeeded: bool
    gas_used: int
    gas_price: int
    contract_address: str | None


def _simulated(found: dict[str, Any]) -> int | RpcError:
    if int(found["status"], 16) == 1:
        return int(found["gasUsed"], 16)
    # Nodes name a revert in different words; what it returned says it too.
    returned = found.get("returnData") or "0x"
    return decode_revert(returned) if returned != "0x" else error_of(found.get("error") or {})


def answered(answer: Any) -> Any:
    """An answer of a batch, or its error raised."""
    if isinstance(answer, RpcError):
        raise answer
    return answer


def _told(read: Callable[[Any], T]) -> Callable[[Any], T]:
    """What cannot be read as what was asked for is no answer: the node is as good as away."""

    @wraps(read)
    def reading(answer: Any) -> T:
        try:
            return read(answer)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise UnreadableAnswer(f"The node's answer is no {read.__name__.replace('_', ' ')}.") from error

    return reading


@_told
def quantity(answer: Any) -> int:
    return int(answer, 16)


@_told
def data(answer: Any) -> bytes:
    return bytes.fromhex(answer[2:])


@_told
def simulations(answer: Any) -> list[int | RpcError]:
    (block,) = answer
    return [_simulated(found) for found in block["calls"]]


@_told
def base_fee(block: Any) -> int:
    return int(block.get("baseFeePerGas") or "0x0", 16)


def tips(head: Any, finalized: Any) -> Tips:
    newest = header_or_none(head)
    if newest is None:
        raise InconsistentNode("The node has no newest block.")
    return Tips(newest, final_or_none(finalized))


def final_or_none(answer: Any) -> Header | None:
    """A chain without finality answers the tag with an error, nothing, or for ever with block 0."""
    return None if answer is None or isinstance(answer, RpcError) else header(answer)


def header_or_none(answer: Any) -> Header | None:
    found = answered(answer)
    return None if found is None else header(found)


@_told
def header(found: dict[str, Any]) -> Header:
    transactions = found.get("transactions") or ()
    return Header(
        number=int(found["number"], 16),
        hash=_hash(found["hash"]),
        parent_hash=_hash(found["parentHash"]),
        timestamp=int(found["timestamp"], 16),
        bloom=bytes.fromhex(found["logsBloom"][2:]),
        last_transaction=_hash(transactions[-1]) if transactions else "",
    )


@_told
def logs(answer: msgspec.Raw) -> list[Log]:
    """In chain order."""
    return _logs([log for log in _logs_told(answer) if not log.removed])


@_told
def logs_of_receipts(answer: msgspec.Raw) -> list[Log]:
    """All logs of a block, from its transactions' receipts."""
    return _logs([log for receipt in _receipts_told(answer) for log in receipt.logs])


@_told
def last_log(answer: msgspec.Raw) -> int | None:
    """The number in its block of a receipt's last log, None where it has none, or where there is no receipt."""
    told = _numbers_told(answer)
    return _number(told.logs[-1].log_index) if told and told.logs else None


def _logs(told: list[_LogAnswer]) -> list[Log]:
    """They come by the thousand, and most of what they say comes again and again: it is looked at once."""
    _check_hashes({log.block_hash for log in told} | {log.transaction_hash for log in told})
    _check_hashes(set(chain.from_iterable([log.topics for log in told])))
    _check_hex([log.data for log in told], _HEX_DIGITS)
    found = [
        Log(
            _number(log.block_number),
            log.block_hash,
            log.transaction_hash,
            _number(log.transaction_index),
            _number(log.log_index),
            _checksummed(log.address),
            log.topics,
            log.data,
        )
        for log in told
    ]
    found.sort(key=attrgetter("block_number", "log_index"))
    return found


def _hash(value: str) -> str:
    if not _HASH.fullmatch(value):
        raise ValueError("no hash")
    return value


def _check_hashes(values: Collection[str]) -> None:
    """Raise ValueError unless each is 0x and 64 lower-case hex digits."""
    if set(map(len, values)) - {66}:
        raise ValueError("no hash")
    _check_hex(values, _HASH_DIGITS)


def _check_hex(values: Collection[str], digits: bytes) -> None:
    """Raise ValueError unless each is 0x and whole bytes in these digits: all at once, since one by one takes
    longer than reading them does.
    """
    if {value[:2] for value in values} - {"0x"} or any(length % 2 for length in set(map(len, values))):
        raise ValueError("no hex")
    if "".join(values).encode().translate(None, digits) != b"x" * len(values):
        raise ValueError("no hex")


@lru_cache(maxsize=256)
def _checksummed(address: str) -> str:
    return checksummed(address)


@_told
def contents(found: dict[str, Any]) -> frozenset[str]:
    """Hashes of all transactions in a block."""
    return frozenset(_hash(value) for value in found["transactions"])


@_told
def receipt(answer: msgspec.Raw) -> Receipt | None:
    """None of what is in no block."""
    found = msgspec.json.decode(answer)
    if found is None or not found.get("blockHash"):
        return None
    return Receipt(
        transaction_hash=_hash(found["transactionHash"]),
        block_number=int(found["blockNumber"], 16),
        block_hash=_hash(found["blockHash"]),
        succeeded=int(found["status"], 16) == 1,
        gas_used=int(found["gasUsed"], 16),
        gas_price=int(found.get("effectiveGasPrice") or "0x0", 16),
        contract_address=found.get("contractAddress"),
    )
