"""The door to a chain: blocks, logs, calls, receipts, sending. Nothing here is asked to serve a page."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cached_property, partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import msgspec
from django.conf import settings

from common.identifiers import ZERO_ADDRESS
from contracts import answers as read
from contracts import artifacts
from contracts.answers import Header, Log, Receipt, Tips
from contracts.chains import CURRENCY, Chain
from contracts.encoding import as_json, decode_result, encode_call
from contracts.endpoints import Endpoints
from contracts.errors import ChainUnavailable, InconsistentNode, Reverted, RpcError, UnreadableAnswer
from contracts.rpc import Request, Rpc

if TYPE_CHECKING:
    from web3 import Web3
    from web3.contract import Contract

GWEI = 10**9
CALLS_PER_REQUEST = 100
BlockTag = int | str
# ERC-1271: the first four bytes of keccak("isValidSignature(bytes32,bytes)"), asked and answered.
ERC1271_MAGIC = bytes.fromhex("1626ba7e")
# A wallet of strangers may compute as long as it likes, and the node pays.
ERC1271_GAS = 5_000_000

_TIPS: tuple[Request, ...] = (
    ("eth_getBlockByNumber", ("latest", False)),
    ("eth_getBlockByNumber", ("finalized", False)),
)
_pinned: ContextVar[BlockTag] = ContextVar("pinned_block", default="latest")
_clients: dict[tuple[int, Chain], "Client"] = {}


@dataclass(frozen=True)
class Fees:
    """EIP-1559, wei per gas."""

    max_fee: int
    priority: int

    def bumped(self) -> "Fees":
        """At least 12.5 % more of both: public nodes refuse a replacement that raises one of them less."""
        return Fees(max_fee=self.max_fee * 9 // 8 + 1, priority=self.priority * 9 // 8 + 1)

    def at_least(self, other: "Fees") -> "Fees":
        return Fees(max_fee=max(self.max_fee, other.max_fee), priority=max(self.priority, other.priority))


class Client:
    """Everything we ask a node. Raises ChainUnavailable, WrongChain or an RpcError (contracts.errors)."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        urls = [chain.rpc_url, *chain.backup_urls]
        self.node = Endpoints(urls, chain_id=chain.chain_id, timeout=settings.CHAIN_RPC_TIMEOUT)

    def rpc(self, method: str, *params: Any) -> Any:
        """Any method of the node, as it is."""
        return self.node.call(method, *params)

    # Blocks and logs

    def head(self) -> Header:
        """The newest block."""
        found = self.header("latest")
        if found is None:
            raise InconsistentNode("The node has no newest block.")
        return found

    def tips(self) -> Tips:
        """The newest block and the final one, asked together."""
        return read.tips(*self.node.batch(_TIPS))

    def range(
        self, first: int, last: int, addresses: Sequence[str], numbers: Sequence[int]
    ) -> tuple[Tips, list[Log], list[Header | None]]:
        """In one request: the tips, the logs of these addresses in a range, and the headers of these numbers."""
        query = _range(addresses, first, last)
        headers = [("eth_getBlockByNumber", (_tag(number), False)) for number in numbers]
        head, finalized, logs, *found = self.node.batch([*_TIPS, ("eth_getLogs", (query,)), *headers])
        return (
            read.tips(head, finalized),
            read.logs(read.answered(logs)),
            [read.header_or_none(answer) for answer in found],
        )

    def agreed(self, tips: Tips) -> Tips:
        """The newest block up to `tips.head` that a second node has too, and the older of the two that they tell as
        final; `tips` themselves where there is only one node.

        Raises InconsistentNode when the two have different blocks at one height, ChainUnavailable when no second
        node answers.
        """
        if not self.node.has_witnesses:
            return tips
        head = tips.head
        seen, finalized = self._tips_of_another(tips)
        if seen is None:
            seen = self.seen_by_another("latest")
            if seen is None:
                raise InconsistentNode("The second node has no newest block.")
            if seen.number > head.number:
                raise InconsistentNode("The second node moved on meanwhile.")
        ours = head if seen.number == head.number else self.header(seen.number)
        if ours is None or ours.hash != seen.hash:
            raise InconsistentNode(f"Two nodes have different blocks {seen.number}: neither is believed.")
        return Tips(ours, finalized)

    def _tips_of_another(self, tips: Tips) -> tuple[Header | None, Header | None]:
        """As a second node tells it: the block of the height of `tips.head`, and the final one if it is older."""
        head = ("eth_getBlockByNumber", (_tag(tips.head.number), False))

        def ask(rpc: Rpc) -> tuple[Header | None, Tips]:
            found, finalized = rpc.batch([head, _TIPS[1]])
            seen = replace(tips, finalized=read.final_or_none(finalized))
            if tips.tell_finality and seen.finalized is None:
                raise InconsistentNode("The node does not tell which block is final, and another one does.")
            return read.header_or_none(found), seen

        found, seen = self.node.witness(ask)
        if seen.tell_finality and tips.finalized is None:
            raise InconsistentNode("The node does not tell which block is final, and another one does.")
        told = [one.finalized for one in (tips, seen) if one.finalized]
        return found, min(told, key=attrgetter("number"), default=None)

    def seen_by_another(self, block: BlockTag) -> Header | None:
        """A block's header as a second node tells it. Raises ChainUnavailable when none answers."""
        return self.node.witness(
            lambda rpc: read.header_or_none(rpc.call("eth_getBlockByNumber", _tag(block), False)),
        )

    def logs_of_another(self, first: int, last: int, addresses: Sequence[str]) -> tuple[Header, list[Log]]:
        """As a second node tells it: the header of `last`, and the logs. Raises ChainUnavailable when none answers."""

        def ask(rpc: Rpc) -> tuple[Header, list[Log]]:
            header = read.header_or_none(rpc.call("eth_getBlockByNumber", hex(last), False))
            if header is None:
                raise ChainUnavailable(f"The second node does not have block {last}.")
            return header, _in_halves(partial(_logs, rpc, addresses), first, last)

        return self.node.witness(ask)

    def header(self, block: BlockTag) -> Header | None:
        """A block's header by number or tag, or None when the chain has none there."""
        found = self.node.call("eth_getBlockByNumber", _tag(block), False)
        return None if found is None else read.header(found)

    def headers(self, numbers: Sequence[int]) -> list[Header | None]:
        """Headers in the order asked."""
        answers = self.node.batch([("eth_getBlockByNumber", (_tag(number), False)) for number in numbers])
        return [read.header_or_none(answer) for answer in answers]

    def logs(self, first: int, last: int, addresses: Sequence[str]) -> list[Log]:
        """Logs of these addresses in blocks first to last, both included, in chain order."""
        return _logs(self.node, addresses, first, last)

    def logs_in_parts(self, first: int, last: int, addresses: Sequence[str]) -> list[Log]:
        """As `logs`, in as many questions as the node wants it in."""
        return _in_halves(partial(_logs, self.node, addresses), first, last)

    def logs_in(self, block_hash: str, addresses: Sequence[str]) -> list[Log]:
        """Logs of these addresses in exactly this block. RpcError when the node does not have it (any more)."""
        return read.logs(self.node.call("eth_getLogs", {"blockHash": block_hash, "address": list(addresses)}))

    def all_logs(self, block_hashes: Sequence[str]) -> list[list[Log] | RpcError]:
        """All logs of exactly these blocks, whoever's; what the node refuses is its error.

        From the blocks' receipts, of which a node leaves none out; from its index of logs where it tells no receipts.
        """
        questions = [{"blockHash": value} for value in block_hashes]
        told = self.node.batch([("eth_getBlockReceipts", (question,)) for question in questions])
        if not any(isinstance(answer, RpcError) for answer in told):
            return [read.logs_of_receipts(answer) for answer in told]
        answers = self.node.batch([("eth_getLogs", (question,)) for question in questions])
        return [answer if isinstance(answer, RpcError) else read.logs(answer) for answer in answers]

    def last_logs(self, hashes: Sequence[str]) -> list[int | None]:
        """The numbers in their blocks of these transactions' last logs, None where there is none or none is told."""
        answers = self.node.batch([("eth_getTransactionReceipt", (value,)) for value in hashes])
        return [None if isinstance(answer, RpcError) else read.last_log(answer) for answer in answers]

    # State

    def call(self, contract: str, function: str, *args: Any, block: BlockTag | None = None) -> Any:
        """A view function's result: one value, a tuple of several; addresses checksummed, bytes as bytes.

        The state is that of `block`, else of the block that `pinned` set, else the newest. Raises Reverted.
        """
        address = self.chain.deployment.address(contract)
        return self.call_at(address, contract, function, *args, block=block)

    def call_at(self, address: str, contract: str, function: str, *args: Any, block: BlockTag | None = None) -> Any:
        """As `call`, at an address that no deployment record names."""
        data = encode_call(contract, function, as_json(args))
        question = {"to": address, "data": "0x" + data.hex()}
        answer = self.node.call("eth_call", question, _tag(_pinned.get() if block is None else block))
        return decode_result(contract, function, read.data(answer))

    def calls(self, contract: str, function: str, questions: Sequence[Sequence[Any]]) -> list[Any]:
        """As `call`, for each of these lists of arguments, in a request for every hundred of them."""
        return self._calls_at(self.chain.deployment.address(contract), contract, function, questions)

    def balances(self, currency: str, owners: Sequence[str]) -> list[int]:
        """What each of these addresses has of a currency; the zero address is the native coin."""
        if currency == ZERO_ADDRESS:
            answers = self._batches([("eth_getBalance", (owner, _tag(_pinned.get()))) for owner in owners])
            return [read.quantity(answer) for answer in answers]
        return self._calls_at(currency, CURRENCY, "balanceOf", [(owner,) for owner in owners])

    def _calls_at(self, address: str, contract: str, function: str, questions: Sequence[Sequence[Any]]) -> list[Any]:
        datas = ["0x" + encode_call(contract, function, as_json(question)).hex() for question in questions]
        block = _tag(_pinned.get())
        answers = self._batches([("eth_call", ({"to": address, "data": data}, block)) for data in datas])
        return [decode_result(contract, function, read.data(answer)) for answer in answers]

    def _batches(self, requests: Sequence[Request]) -> list[Any]:
        found = []
        for start in range(0, len(requests), CALLS_PER_REQUEST):
            for answer in self.node.batch(requests[start : start + CALLS_PER_REQUEST]):
                if isinstance(answer, RpcError):
                    raise answer
                found.append(answer)
        return found

    @contextmanager
    def pinned(self, block: BlockTag) -> Iterator[None]:
        """Let every `call` inside see the state of one block, so that what it compares belongs together."""
        token = _pinned.set(block)
        try:
            yield
        finally:
            _pinned.reset(token)

    def nonce(self, address: str, block: BlockTag | None = None) -> int:
        """How many transactions of this address the chain has: the nonce of its next one. Of the block as in `call`."""
        tag = _tag(_pinned.get() if block is None else block)
        return read.quantity(self.node.call("eth_getTransactionCount", address, tag))

    def balance(self, address: str) -> int:
        """Wei, at the block that `pinned` set, else the newest."""
        return read.quantity(self.node.call("eth_getBalance", address, _tag(_pinned.get())))

    def has_code(self, address: str) -> bool:
        return bool(self.node.call("eth_getCode", address, "latest") not in {"0x", "0x0", None})

    def accepts_signature(self, wallet: str, digest: bytes, signature: bytes) -> bool:
        """Whether the contract at this address takes the signature over the 32-byte digest as its own (ERC-1271).

        Without code there, or when the contract fails, it does not.
        """
        from eth_abi.abi import encode

        data = ERC1271_MAGIC + encode(["bytes32", "bytes"], [digest, signature])
        question = {"to": wallet, "data": "0x" + data.hex(), "gas": hex(ERC1271_GAS)}
        try:
            answer = read.data(self.node.call("eth_call", question, "latest"))
        except RpcError:
            return False
        return answer[:32] == ERC1271_MAGIC.ljust(32, b"\0")

    # Transactions

    def simulate(self, tx: dict[str, Any]) -> int:
        """Gas that the transaction would use after those in the pool. Raises Reverted when it would revert."""
        return read.quantity(self.node.call("eth_estimateGas", _quantities(tx), "pending"))

    def simulate_all(self, txs: Sequence[dict[str, Any]]) -> list[int | RpcError]:
        """As `simulate`, each on the state that those before it leave; what would revert is its error and leaves none.

        The gas is what was used. A limit needs head room: refunds give back up to a fifth of it, and a call passes on
        63 of 64 parts. Raises RpcError when the node does not simulate them together.
        """
        calls = [_quantities(tx) for tx in txs]
        found = read.simulations(self.node.call("eth_simulateV1", {"blockStateCalls": [{"calls": calls}]}, "pending"))
        if len(found) != len(txs):
            raise ChainUnavailable("The node simulates another number of transactions than it was asked for.")
        return found

    def revert_reason(self, tx: dict[str, Any], block: BlockTag) -> Reverted | None:
        """Why the call reverts on the state of this block, or None when it does not, or nothing is known of it."""
        try:
            self.node.call("eth_call", _quantities(tx), _tag(block))
        except Reverted as error:
            return error
        except RpcError:
            return None  # the node has no state of that block any more
        return None

    def send_raw(self, raw: bytes) -> None:
        """Hand signed bytes to the node. Raises AlreadyKnown, NonceTooLow, Underpriced, InsufficientFunds, ..."""
        self.node.call("eth_sendRawTransaction", "0x" + raw.hex())

    def send_all(self, raws: Sequence[bytes]) -> list[RpcError | None]:
        """As `send_raw`, for many in this order; what is refused is its error, not raised."""
        answers = self.node.batch([("eth_sendRawTransaction", ("0x" + raw.hex(),)) for raw in raws])
        for answer in answers:
            if not isinstance(answer, RpcError | str):
                raise ChainUnavailable("The node does not say whether it took a transaction.")
        return [answer if isinstance(answer, RpcError) else None for answer in answers]

    def receipts(self, hashes: Sequence[str]) -> dict[str, Receipt]:
        """Receipts by hash of those transactions that are in a block."""
        return _receipts(self.node, hashes)

    def receipts_of_another(self, hashes: Sequence[str]) -> dict[str, Receipt]:
        """As `receipts`, from a second node that does not rest: without a witness nothing is read, but what is sent
        must not wait for one that hangs. Raises ChainUnavailable when none answers.
        """
        return self.node.witness(lambda rpc: _receipts(rpc, hashes), awake_only=True)

    def receipts_and_logs(self, hashes: Sequence[str]) -> tuple[dict[str, Receipt], list[Log]]:
        """As `receipts`, and all logs in them, whoever's."""
        answers = self._batches([("eth_getTransactionReceipt", (value,)) for value in hashes])
        told = [bytes(answer) for answer in answers if answer != msgspec.Raw(b"null")]
        return _by_hash(answers), read.logs_of_receipts(msgspec.Raw(b"[" + b",".join(told) + b"]"))

    def contents(self, numbers: Sequence[int]) -> dict[str, frozenset[str]]:
        """By the hashes of these blocks, the hashes of their transactions; without what the node does not have."""
        answers = self._batches([("eth_getBlockByNumber", (_tag(number), False)) for number in numbers])
        return {read.header(answer).hash: read.contents(answer) for answer in answers if answer is not None}

    def known(self, hashes: Sequence[str]) -> set[str]:
        """Those of these transactions that the node has, pending or in a block."""
        answers = self.node.batch([("eth_getTransactionByHash", (value,)) for value in hashes])
        return {
            value
            for value, answer in zip(hashes, answers, strict=True)
            if answer is not None and not isinstance(answer, RpcError)
        }

    def fees(self) -> Fees:
        """Fees with head room for a base fee that doubles, within the configured caps."""
        newest, tip = self.node.batch([("eth_getBlockByNumber", ("latest", False)), ("eth_maxPriorityFeePerGas", ())])
        base = read.base_fee(read.answered(newest))
        priority = GWEI if isinstance(tip, RpcError) else read.quantity(tip)
        # The base fee is what the chain demands; what is given on top is the node's word alone.
        priority = min(priority, settings.CHAIN_MAX_TIP_GWEI * GWEI)
        max_fee = min(2 * base + priority, settings.CHAIN_MAX_FEE_GWEI * GWEI)
        return Fees(max_fee=max_fee, priority=min(priority, max_fee))

    # web3.py, for whoever wants its objects: importing it takes seconds, so only on first use

    @cached_property
    def w3(self) -> "Web3":
        from web3 import HTTPProvider, Web3

        return Web3(HTTPProvider(self.chain.rpc_url, request_kwargs={"timeout": 15}))

    def contract(self, name: str) -> "Contract":
        """web3.py's object for one of our contracts."""
        from eth_utils.address import to_checksum_address

        address = to_checksum_address(self.chain.deployment.address(name))
        return self.w3.eth.contract(address=address, abi=artifacts.artifact(name)["abi"])


def client(chain: Chain) -> Client:
    """This process's client of a chain."""
    key = (os.getpid(), chain)
    if key not in _clients:
        _clients[key] = Client(chain)
    return _clients[key]


@contextmanager
def distrusting(chain: Chain) -> Iterator[None]:
    """One node is asked all that is asked inside, and another one for a while when that shows that it is not to be
    believed.
    """
    node = client(chain).node
    with node.one_node():
        try:
            yield
        except (InconsistentNode, UnreadableAnswer) as error:
            node.distrust(error)
            raise


def _receipts(node: Rpc | Endpoints, hashes: Sequence[str]) -> dict[str, Receipt]:
    answers = node.batch([("eth_getTransactionReceipt", (value,)) for value in hashes])
    return _by_hash([read.answered(answer) for answer in answers])


def _by_hash(answers: Sequence[msgspec.Raw]) -> dict[str, Receipt]:
    told = [read.receipt(answer) for answer in answers]
    return {receipt.transaction_hash: receipt for receipt in told if receipt is not None}


def _logs(node: Rpc | Endpoints, addresses: Sequence[str], first: int, last: int) -> list[Log]:
    return read.logs(node.call("eth_getLogs", _range(addresses, first, last)))


def _range(addresses: Sequence[str], first: int, last: int) -> dict[str, Any]:
    return {"fromBlock": hex(first), "toBlock": hex(last), "address": list(addresses)}


def _in_halves(ask: Callable[[int, int], list[Log]], first: int, last: int) -> list[Log]:
    """The logs of a range, of each half of it where the node refuses the whole, and so on down to one block."""
    try:
        return ask(first, last)
    except RpcError:
        if first == last:
            raise
    middle = (first + last) // 2
    return _in_halves(ask, first, middle) + _in_halves(ask, middle + 1, last)


def _tag(block: BlockTag) -> str:
    return hex(block) if isinstance(block, int) else block


def _quantities(tx: dict[str, Any]) -> dict[str, Any]:
    return {key: hex(value) if isinstance(value, int) else value for key, value in tx.items()}
