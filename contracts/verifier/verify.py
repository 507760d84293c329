"""Verify a file against the chain, with nothing of ours but this file.

    python3 verify.py FILE --rpc URL --registry ADDRESS [--json]

Needs Python's standard library only: no Django, no database, no server of Loomprint. It hashes the file, asks
the registry's logs who claimed that hash, and asks the market what is for sale. Exit code 0: claimed;
1: nothing is known; 2: the question could not be answered.
"""

import argparse
import hashlib
import json
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

ENTRY_REGISTERED = "0x94e6818c307bf83cf12bb667002e3d237d03776c2bb8d816b4c31459b5cfdf42"
OFFER_OPENED = "0x33a290033c24cd0b31a4484b64dce612b14c6900879df43189ef721c0ff3196d"
MARKET = "0x80f55605"
OFFER = "0x148d607d"
SYMBOL = "0x95d89b41"
DECIMALS = "0x313ce567"
CHUNK = 1 << 20
SMALLEST_WINDOW = 16


class CannotAnswer(Exception):
    """The chain could not be asked, or is not the one with this registry; `str()` says what to do."""


@dataclass(frozen=True)
class OnSale:
    """A license on offer: hash of its terms, price in base units, how many are left (None: no limit)."""

    terms: str
    currency: str
    symbol: str
    decimals: int
    price: int
    left: int | None

    @property
    def amount(self) -> str:
        whole, rest = divmod(self.price, 10**self.decimals)
        return f"{whole}.{rest:0{self.decimals}d}".rstrip("0").rstrip(".") if self.decimals else str(whole)


@dataclass(frozen=True)
class Claim:
    """One claim of the file, as it stands in the registry's log."""

    entry_id: str
    creator: str
    order: int
    custodial: bool
    claimed_at: str
    block: int
    transaction: str
    record_root: str
    on_sale: list[OnSale] = field(default_factory=list)

    def sentence(self) -> str:
        """What the registration proves, and no more."""
        first = (
            "it is the first claim known to this registry"
            if self.order == 1
            else f"it is claim number {self.order}: someone else claimed the same file earlier"
        )
        by = "signed by Loomprint's custody key for them" if self.custodial else "signed by their own wallet"
        return f"{self.creator} claimed this file at {self.claimed_at}; {first}; {by}."


@dataclass(frozen=True)
class Verdict:
    """What one registry on one chain says of one file."""

    sha256: str
    chain_id: int
    registry: str
    claims: list[Claim]

    @property
    def known(self) -> bool:
        return bool(self.claims)


class Node:
    """A JSON-RPC door to a chain."""

    def __init__(self, url: str, *, timeout: float = 20) -> None:
        if not url.startswith(("http://", "https://")):
            raise CannotAnswer(f"{url} is not an http or https address of a node.")
        self.url = url
        self.timeout = timeout

    def ask(self, method: str, *params: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.url, body, {"Content-Type": "application/json"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as answer:  # noqa: S310
                reply = json.load(answer)
        except (OSError, ValueError) as error:
            raise CannotAnswer(f"The node at {self.url} does not answer ({error}). Check the address.") from error
        if "error" in reply:
            raise _Refused(str(reply["error"].get("message", reply["error"])))
        return reply["result"]

    def call(self, to: str, data: str) -> str:
        return str(self.ask("eth_call", {"to": to, "data": data}, "latest"))

    def logs(self, address: str, topics: list[str | None], first: int, last: int) -> Iterator[dict[str, Any]]:
        """Logs in a range of blocks, in windows that shrink when the node finds them too large."""
        window = last - first + 1
        while first <= last:
            upto = min(last, first + window - 1)
            question = {"address": address, "topics": topics, "fromBlock": hex(first), "toBlock": hex(upto)}
            try:
                found = self.ask("eth_getLogs", question)
            except _Refused as error:
                if window <= SMALLEST_WINDOW:
                    raise CannotAnswer(f"The node refuses to search its logs ({error}).") from error
                window = max(SMALLEST_WINDOW, window // 4)
                continue
            yield from found
            first = upto + 1


class _Refused(CannotAnswer):
    """The node answered with an error."""


def sha256_of(path: str) -> str:
    """The SHA-256 of a file as 64 hex digits, read in constant memory."""
    digest = hashlib.sha256()
    with open(path, "rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def verify_hash(sha256: str, *, node: Node, registry: str) -> Verdict:
    """Everything the registry's chain says of this hash. Raises CannotAnswer."""
    chain_id = int(node.ask("eth_chainId"), 16)
    if node.ask("eth_getCode", registry, "latest") in ("0x", None):
        raise CannotAnswer(f"There is no registry at {registry} on chain {chain_id}. Check address and node.")
    head = int(node.ask("eth_blockNumber"), 16)
    market = "0x" + node.call(registry, MARKET)[-40:]
    topics: list[str | None] = [ENTRY_REGISTERED, None, None, "0x" + sha256]
    claims = [_claim(log, node=node, market=market, head=head) for log in node.logs(registry, topics, 0, head)]
    return Verdict(
        sha256=sha256,
        chain_id=chain_id,
        registry=registry,
        claims=sorted(claims, key=lambda claim: claim.order),
    )


def _claim(log: dict[str, Any], *, node: Node, market: str, head: int) -> Claim:
    # Words of the log: kind, record root, claim order, offset of signers, custodial bits, then the signers.
    words = _words(log["data"])
    number = int(log["blockNumber"], 16)
    block = node.ask("eth_getBlockByHash", log["blockHash"], False)
    if block is None:
        raise CannotAnswer("The chain reorganized while it was read. Ask again.")
    entry = log["topics"][1]
    return Claim(
        entry_id="0x" + entry[-32:],
        creator="0x" + log["topics"][2][-40:],
        order=int(words[2], 16),
        custodial=bool(int(words[4], 16) & 1),
        claimed_at=datetime.fromtimestamp(int(block["timestamp"], 16), UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        block=number,
        transaction=log["transactionHash"],
        record_root="0x" + words[1],
        on_sale=list(_on_sale(entry, node=node, market=market, first=number, last=head)),
    )


def _on_sale(entry: str, *, node: Node, market: str, first: int, last: int) -> Iterator[OnSale]:
    for log in node.logs(market, [OFFER_OPENED, entry], first, last):
        terms = log["topics"][2]
        currency, price, supply, sold, is_open = _words(node.call(market, OFFER + entry[2:] + terms[2:]))[:5]
        left = int(supply, 16) - int(sold, 16) if int(supply, 16) else None
        if not int(is_open, 16) or left == 0:
            continue
        address = "0x" + currency[-40:]
        symbol, decimals = _currency(address, node=node)
        yield OnSale(terms=terms, currency=address, symbol=symbol, decimals=decimals, price=int(price, 16), left=left)


def _currency(address: str, *, node: Node) -> tuple[str, int]:
    if int(address, 16) == 0:
        return "native coin", 18
    try:
        text = _words(node.call(address, SYMBOL))
        symbol = bytes.fromhex("".join(text[2:]))[: int(text[1], 16)].decode("utf-8", "replace")
        return symbol, int(node.call(address, DECIMALS), 16)
    except (_Refused, IndexError, ValueError):
        return address, 0


def _words(data: str) -> list[str]:
    """ABI data as its 32-byte words in hex."""
    body = data.removeprefix("0x")
    return [body[position : position + 64] for position in range(0, len(body), 64)]


def report(verdict: Verdict) -> str:
    """The verdict for people."""
    lines = [f"SHA-256 {verdict.sha256}", f"Registry {verdict.registry} on chain {verdict.chain_id}", ""]
    if not verdict.known:
        return "\n".join([*lines, "Nothing is known about this file in this registry."])
    for claim in verdict.claims:
        lines += [
            claim.sentence(),
            f"  entry {claim.entry_id}, record root {claim.record_root}",
            f"  block {claim.block}, transaction {claim.transaction}",
        ]
        for sale in claim.on_sale:
            left = "" if sale.left is None else f", {sale.left} left"
            lines.append(f"  for sale: license under terms {sale.terms} for {sale.amount} {sale.symbol}{left}")
        if not claim.on_sale:
            lines.append("  nothing is for sale")
    return "\n".join(lines)


def as_json(verdict: Verdict) -> str:
    return json.dumps({**asdict(verdict), "known": verdict.known}, indent=2, sort_keys=True)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verify a file from the chain alone.")
    parser.add_argument("file")
    parser.add_argument("--rpc", required=True, help="http(s) address of a node of the chain")
    parser.add_argument("--registry", required=True, help="address of the DesignRegistry")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    try:
        verdict = verify_hash(sha256_of(given.file), node=Node(given.rpc), registry=given.registry)
    except OSError as error:
        print(f"{given.file} cannot be read: {error.strerror}.", file=sys.stderr)
        return 2
    except CannotAnswer as error:
        print(error, file=sys.stderr)
        return 2
    print(as_json(verdict) if given.json else report(verdict))
    return 0 if verdict.known else 1


if __name__ == "__main__":
    raise SystemExit(main())
