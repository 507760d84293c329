"""Verify a file against the chain, with nothing of ours but this file.

    python3 verify.py FILE --rpc URL --registry ADDRESS [--statement JSON] [--proof JSON] [--json]
    python3 verify.py --proof JSON --rpc URL --registry ADDRESS [--json]

Needs Python's standard library only: no Django, no database, no server of Loomprint. It hashes the file, asks
the registry's logs who claimed that hash, the registry how the claims stand, and the market what is for sale.
Claims count in the order of the times at which they were made, and of their places on the chain where those are
equal. A file that states itself to be a rendition of another is held against that statement, and the claims of the
other are told. A proof of single fields of a record is held against the root that was anchored. Exit code 0: claimed,
a rendition of a claimed file, or fields proven; 1: nothing is known; 2: the question could not be answered; 3: what the
file states of itself, or the proof, does not hold.
"""

import argparse
import hashlib
import json
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

if __package__:
    from .field_proof import FieldProof, NoProof
    from .keccak import checksummed
    from .proof_verdict import Proven, proven_by
    from .rendition import Rendition, renditions_of
    from .sentences import CREDENTIALS_UNCHECKED, ancestor_sentence, claim_sentence, standing_sentence, version_sentence
    from .wording import as_json, report
else:
    from field_proof import FieldProof, NoProof  # type: ignore[import-not-found, no-redef]
    from keccak import checksummed  # type: ignore[import-not-found, no-redef]
    from proof_verdict import Proven, proven_by  # type: ignore[import-not-found, no-redef]
    from rendition import Rendition, renditions_of  # type: ignore[import-not-found, no-redef]
    from sentences import (  # type: ignore[import-not-found, no-redef]
        CREDENTIALS_UNCHECKED,
        ancestor_sentence,
        claim_sentence,
        standing_sentence,
        version_sentence,
    )
    from wording import as_json, report  # type: ignore[import-not-found, no-redef]

ENTRY_REGISTERED = "0xc420cd3790587736406c5771307faa11ef899a1eda4bdadf9cd5a3b2780a4b65"
VERSION_ADDED = "0xdb24182221e16e89c3fd301de5efb0aad7e6e3d08e0001a0f3544f364f8cf896"
OFFER_OPENED = "0xe4cc5b01437fe576132c5fe75dbeea05cec442dbf2095ea43fa8eeb317b820ea"
MARKET = "0x80f55605"
ENTRY = "0x7015d131"
OFFER = "0x6bc6cffa"
ENTRY_STATE = "0x8606333d"
PAUSED = "0x5c975abb"
SYMBOL = "0x95d89b41"
DECIMALS = "0x313ce567"
ANCESTORS = "0x151d8399"
KINDS = ("design", "model", "program", "dataset")
STATUSES = ("active", "contested", "suspended", "withdrawn")
SELLING = ("active", "contested")
CHUNK = 1 << 20
SMALLEST_WINDOW = 16
LAST_SECOND = 253402300799  # of the year 9999, where this calendar ends


class CannotAnswer(Exception):
    """The chain could not be asked, or is not the one with this registry; `str()` says what to do."""


@dataclass(frozen=True)
class OnSale:
    """A license on offer: hash of its terms, price in base units, how many are left (None: no limit).

    `restricted` says that it is sold to a list, or to holders of a token, only; the times bound the offer, if any.
    """

    terms: str
    currency: str
    symbol: str
    decimals: int
    price: int
    left: int | None
    restricted: bool = False
    starts_at: str | None = None
    ends_at: str | None = None

    @property
    def amount(self) -> str:
        whole, rest = divmod(self.price, 10**self.decimals)
        return f"{whole}.{rest:0{self.decimals}d}".rstrip("0").rstrip(".") if self.decimals else str(whole)


@dataclass(frozen=True)
class Ancestor:
    """An entry that another one derives from: a parent if `direct`. Of what its descendant earns after the fee `ppm`
    parts per million are its own, and `binding_ppm` of them are owed by the descendant's descendants as well."""

    entry_id: str
    ppm: int
    binding_ppm: int
    direct: bool

    def sentence(self) -> str:
        return ancestor_sentence(entry=self.entry_id, ppm=self.ppm, direct=self.direct)


@dataclass(frozen=True)
class Claim:
    """One claim of the file, as it stands in the registry's log; its status is what the registry says now."""

    entry_id: str
    creator: str
    kind: str
    order: int
    custodial: bool
    claimed_at: str
    status: str
    block: int
    transaction: str
    record_root: str
    ancestors: list[Ancestor] = field(default_factory=list)
    on_sale: list[OnSale] = field(default_factory=list)

    def sentence(self) -> str:
        """What the registration proves, and no more."""
        return claim_sentence(
            address=checksummed(self.creator), time=self.claimed_at, order=self.order, custodial=self.custodial
        )

    def standing(self) -> str:
        """What became of the claim since; empty if nothing did."""
        return standing_sentence(self.status, sold=self.kind == "design")


@dataclass(frozen=True)
class Version:
    """An entry of which the file is a later version; its first output is another file."""

    entry_id: str
    number: int
    added_at: str
    status: str
    block: int
    transaction: str
    record_root: str
    ancestors: list[Ancestor] = field(default_factory=list)

    def sentence(self) -> str:
        return version_sentence(number=self.number, time=self.added_at)

    def standing(self) -> str:
        """What became of the entry since; empty if nothing did."""
        return standing_sentence(self.status, sold=True)


@dataclass(frozen=True)
class Verdict:
    """What one registry on one chain says of one file. `renditions` are what the file states of itself, and `unread`
    says what of that could not be read."""

    sha256: str
    chain_id: int
    registry: str
    claims: list[Claim]
    versions: list[Version]
    sales_paused: bool
    renditions: list[Rendition] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    proof: Proven | None = None

    @property
    def known(self) -> bool:
        if self.proof is not None and self.proof.word == "attachment":
            return True
        return bool(self.claims or self.versions) or any(one.holds for one in self.renditions)

    @property
    def word(self) -> str:
        """The verdict in one word: claimed, version, rendition, broken or unknown; of a proof, `Proven.word`."""
        if self.proof is not None:
            return self.proof.word
        if self.claims or self.versions:
            return "claimed" if self.claims else "version"
        if not self.renditions:
            return "unknown"
        return "rendition" if self.known else "broken"

    @property
    def exit_code(self) -> int:
        if self.proof is not None:
            return self.proof.exit_code
        return {"unknown": 1, "broken": 3}.get(self.word, 0)


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
    paused = _is_paused(market, node=node)
    claimed: list[str | None] = [ENTRY_REGISTERED, None, None, "0x" + sha256]
    # The order of claims: time of the claim, then block and place in it.
    logs = sorted(node.logs(registry, claimed, 0, head), key=lambda log: (_claim_time(log), *_place(log)))
    claims = [_claim(log, number, node=node, registry=registry) for number, log in enumerate(logs, start=1)]
    added: list[str | None] = [VERSION_ADDED, None, "0x" + sha256]
    return Verdict(
        sha256=sha256,
        chain_id=chain_id,
        registry=registry,
        claims=[
            replace(claim, on_sale=_on_sale(claim, node=node, market=market, last=head))
            if claim.status in SELLING and not paused
            else claim
            for claim in claims
        ],
        versions=[_version(log, node=node, registry=registry) for log in node.logs(registry, added, 0, head)],
        sales_paused=paused,
    )


def verify_file(path: str, *, node: Node, registry: str, beside: bytes | None = None) -> Verdict:
    """Everything the chain says of this file, and of what is stated in it, or `beside` it. Raises CannotAnswer."""
    sha256 = sha256_of(path)
    verdict = verify_hash(sha256, node=node, registry=registry)
    renditions, unread = renditions_of(
        path,
        sha256,
        beside=beside,
        node=node,
        chain_id=verdict.chain_id,
        registry=registry,
        last=int(node.ask("eth_blockNumber"), 16),
        ask=lambda master: verify_hash(master, node=node, registry=registry),
    )
    return replace(verdict, renditions=renditions, unread=unread)


def verify_proof(text: bytes, path: str | None, *, node: Node, registry: str, beside: bytes | None = None) -> Verdict:
    """What the chain makes of a proof of fields, and of a file that is given along. Raises CannotAnswer."""
    try:
        proof = FieldProof.read(text)
    except NoProof as error:
        raise CannotAnswer(f"The proof cannot be read. {error}") from error
    given = verify_file(path, node=node, registry=registry, beside=beside) if path else None
    found, answer = proven_by(
        proof,
        sha256=given.sha256 if given else None,
        node=node,
        registry=registry,
        last=int(node.ask("eth_blockNumber"), 16),
        registered=ENTRY_REGISTERED,
        added=VERSION_ADDED,
        ask=lambda sha256: verify_hash(sha256, node=node, registry=registry),
    )
    nothing = Verdict("", int(node.ask("eth_chainId"), 16), registry, [], [], False)
    return replace(given or answer or nothing, proof=found)


def _claim(log: dict[str, Any], order: int, *, node: Node, registry: str) -> Claim:
    # Words of the log: kind, record root, time of the claim, offset of signers, custodial bits, then the signers.
    words = _words(log["data"])
    return Claim(
        entry_id="0x" + log["topics"][1][-32:],
        creator="0x" + log["topics"][2][-40:],
        kind=KINDS[int(words[0], 16)],
        order=order,
        custodial=bool(int(words[4], 16) & 1),
        claimed_at=_time(_claim_time(log)),
        status=_status(log["topics"][1], node=node, registry=registry),
        block=int(log["blockNumber"], 16),
        transaction=log["transactionHash"],
        record_root="0x" + words[1],
        ancestors=_ancestors(log["topics"][1], node=node, registry=registry),
    )


def _claim_time(log: dict[str, Any]) -> int:
    return int(_words(log["data"])[2], 16)


def _place(log: dict[str, Any]) -> tuple[int, int]:
    return int(log["blockNumber"], 16), int(log["logIndex"], 16)


def _version(log: dict[str, Any], *, node: Node, registry: str) -> Version:
    block = node.ask("eth_getBlockByHash", log["blockHash"], False)
    if block is None:
        raise CannotAnswer("The chain reorganized while it was read. Ask again.")
    number, root = _words(log["data"])[:2]
    return Version(
        entry_id="0x" + log["topics"][1][-32:],
        number=int(number, 16),
        added_at=_time(int(block["timestamp"], 16)),
        status=_status(log["topics"][1], node=node, registry=registry),
        block=int(log["blockNumber"], 16),
        transaction=log["transactionHash"],
        record_root="0x" + root,
        ancestors=_ancestors(log["topics"][1], node=node, registry=registry),
    )


def _ancestors(entry: str, *, node: Node, registry: str) -> list[Ancestor]:
    # Where the list stands, how long it is, then four words for each ancestor.
    words = _words(node.call(registry, ANCESTORS + entry[2:]))[2:]
    return [
        Ancestor("0x" + one[-32:], int(ppm, 16), int(binding, 16), bool(int(direct, 16)))
        for one, ppm, binding, direct in zip(*[iter(words)] * 4, strict=True)
    ]


def _status(entry: str, *, node: Node, registry: str) -> str:
    # Words of an entry: creator, kind, status, and what else there is.
    return STATUSES[int(_words(node.call(registry, ENTRY + entry[2:]))[2], 16)]


def _is_paused(market: str, *, node: Node) -> bool:
    try:
        return bool(int(node.call(market, PAUSED), 16))
    except (_Refused, ValueError):
        return False  # this market cannot be paused, or there is none


def _on_sale(claim: Claim, *, node: Node, market: str, last: int) -> list[OnSale]:
    entry = claim.entry_id[2:].rjust(64, "0")
    opened: list[str | None] = [OFFER_OPENED, "0x" + entry]
    # An offer is opened once and changed any number of times: what holds is what the market says now.
    found = {(log["topics"][2], log["topics"][3]) for log in node.logs(market, opened, claim.block, last)}
    if not found or int(_words(node.call(market, ENTRY_STATE + entry))[0], 16):
        return []  # nothing was offered, or an exclusive license was sold
    sales = [_offer(entry, terms, currency, node=node, market=market) for terms, currency in sorted(found)]
    return sorted((sale for sale in sales if sale), key=lambda sale: (sale.currency, sale.price))


def _offer(entry: str, terms: str, currency: str, *, node: Node, market: str) -> OnSale | None:
    words = [int(word, 16) for word in _words(node.call(market, OFFER + entry + terms[2:] + currency[2:]))]
    price, supply, starts_at, ends_at, _wallet_cap, _unit_price, allow_root, gate = words[:8]
    sold, is_open = words[11:13]
    if not is_open or (supply and sold >= supply) or (ends_at and ends_at <= datetime.now(UTC).timestamp()):
        return None
    address = "0x" + currency[-40:]
    symbol, decimals = _currency(address, node=node)
    return OnSale(
        terms=terms,
        currency=address,
        symbol=symbol,
        decimals=decimals,
        price=price,
        left=supply - sold if supply else None,
        restricted=bool(allow_root or gate),
        starts_at=_time(starts_at) if starts_at else None,
        ends_at=_time(ends_at) if ends_at else None,
    )


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(min(seconds, LAST_SECOND), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


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


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Verify a file from the chain alone.")
    parser.add_argument("file", nargs="?")
    parser.add_argument("--rpc", required=True, help="http(s) address of a node of the chain")
    parser.add_argument("--registry", required=True, help="address of the DesignRegistry")
    parser.add_argument("--statement", help="the JSON that came beside a rendition which cannot hold it")
    parser.add_argument("--proof", help="the JSON with chosen fields of a record that its creator gave away")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    if not given.file and not given.proof:
        parser.error("name a file, a proof, or both")
    try:
        beside = Path(given.statement).read_bytes() if given.statement else None
        asked: dict[str, Any] = {"node": Node(given.rpc), "registry": given.registry, "beside": beside}
        if given.proof:
            verdict = verify_proof(Path(given.proof).read_bytes(), given.file, **asked)
        else:
            verdict = verify_file(given.file, **asked)
    except OSError as error:
        print(f"{error.filename or given.file} cannot be read: {error.strerror}.", file=sys.stderr)
        return 2
    except CannotAnswer as error:
        print(error, file=sys.stderr)
        return 2
    unchecked = {"content_credentials": {"state": "not_checked", "sentence": CREDENTIALS_UNCHECKED}}
    more = unchecked if given.file else {}
    print(as_json(verdict, more) if given.json else report(verdict, more))
    return verdict.exit_code


if __name__ == "__main__":
    raise SystemExit(main())
