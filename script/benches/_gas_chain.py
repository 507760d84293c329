"""A fresh anvil for measuring: our artifacts by our deployment plan, transactions and their receipts.

Accounts are impersonated, which changes no gas; what registers is signed. Gas is what the receipt says: 21,000 base
gas, calldata, cold storage and refunds included.
"""

import http.client
import json
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import Any

from script.setup.node import ANVIL
from script.setup.paths import ROOT
from script.setup.telling import Refusal

NATIVE = "0x" + "00" * 20
PLENTY = 10**24
# Room for many transactions in a block; each has its own limit.
BLOCK_GAS = 400_000_000
GAS = 10_000_000
AT_ONCE = 250


class Node:
    """anvil over one kept connection."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def call(self, method: str, *params: Any) -> Any:
        return self.batch([(method, params)])[0]

    def batch(self, calls: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Results in order. Raises Refusal with the first error."""
        body = [{"jsonrpc": "2.0", "id": n, "method": m, "params": p} for n, (m, p) in enumerate(calls)]
        self._connection.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
        answers = json.loads(self._connection.getresponse().read())
        for answer in answers:
            if "error" in answer:
                raise Refusal(f"anvil refused: {answer['error']}")
        return [answer["result"] for answer in sorted(answers, key=lambda answer: answer["id"])]

    def send(self, sender: str, to: str | None, data: bytes, *, value: int = 0) -> dict[str, Any]:
        """The receipt. Raises Refusal when the transaction fails."""
        receipt: dict[str, Any] = self.call("eth_sendTransactionSync", _transaction(sender, to, data, value))
        if receipt["status"] != "0x1":
            raise Refusal(f"A transaction of {sender} to {to} failed: {data[:4].hex()}, {receipt['transactionHash']}")
        return receipt

    def gas(self, sender: str, to: str, data: bytes, *, value: int = 0) -> int:
        """What the whole transaction used."""
        return int(self.send(sender, to, data, value=value)["gasUsed"], 16)

    def send_many(self, sender: str, to: str, datas: Sequence[bytes]) -> None:
        """In few blocks."""
        nonce = int(self.call("eth_getTransactionCount", sender, "latest"), 16)
        self.call("evm_setAutomine", False)
        for first in range(0, len(datas), AT_ONCE):
            some = [
                {**_transaction(sender, to, data, 0), "nonce": hex(nonce + number), "gas": hex(300_000)}
                for number, data in enumerate(datas[first : first + AT_ONCE], first)
            ]
            self.batch([("eth_sendTransaction", [one]) for one in some])
            self.call("anvil_mine", hex(1))
        self.call("evm_setAutomine", True)
        if int(self.call("eth_getTransactionCount", sender, "latest"), 16) != nonce + len(datas):
            raise Refusal("Not all transactions came into blocks.")


def _transaction(sender: str, to: str | None, data: bytes, value: int) -> dict[str, str]:
    fields = {"from": sender, "data": "0x" + data.hex(), "value": hex(value), "gas": hex(GAS)}
    return fields | ({"to": to} if to else {})


@contextmanager
def fresh_node(*options: str) -> Iterator[Node]:
    """A node of our own, without anything on it."""
    if not ANVIL.exists():
        raise Refusal(f"{ANVIL.relative_to(ROOT)} is missing: run script/bootstrap.")
    with tempfile.TemporaryDirectory(prefix="loomprint-gas-") as folder:
        port = _free_port()
        command = [str(ANVIL), "--port", str(port), "--quiet", "--gas-limit", str(BLOCK_GAS), *options]
        command += ["--prune-history", "--cache-path", folder]
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL)
        try:
            yield _answering(port, process)
        finally:
            process.terminate()
            process.wait(timeout=20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answering(port: int, process: subprocess.Popen[bytes]) -> Node:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        node = Node(port)
        try:
            node.call("anvil_autoImpersonateAccount", True)
            return node
        except OSError:
            time.sleep(0.05)
    raise Refusal("anvil does not start.")


def use_our_code() -> None:
    """Let `contracts` be imported without the settings of a running application."""
    import django
    from django.conf import settings

    if not settings.configured:
        settings.configure(
            ARTIFACTS_DIR=ROOT / "contracts" / "artifacts",
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
            INSTALLED_APPS=["contracts"],
        )
        django.setup()


def ours(module: str) -> Any:
    """A module of the application; by its name, because scripts are type-checked without Django."""
    return import_module(f"contracts.{module}")


def account(name: str) -> Any:
    """An account with a key, the same in every run."""
    from eth_account import Account
    from eth_utils.crypto import keccak

    return Account.from_key(keccak(text=f"loomprint gas {name}"))


@dataclass
class Entry:
    id: int
    holders: list[str]


@dataclass
class Market:
    """Our contracts, deployed and wired as in production but for the order of the currencies, and people with coins."""

    node: Node
    native_first: bool = False
    creations: dict[str, int] = field(default_factory=dict)
    _number: int = 0

    def __post_init__(self) -> None:
        self.us = account(f"operator {self.native_first}").address
        self.people = {name: account(name) for name in ("alice", "bob", "carol", "buyer")}
        self.give(self.us)
        plan = ours("deployment.plan").Plan(self.us, first_nonce=0, treasury=account("treasury").address, currency=None)
        steps = list(plan.steps())
        if self.native_first:
            one, other = (number for number, step in enumerate(steps) if step.label == "DesignShares.addCurrency")
            steps[one], steps[other] = steps[other], steps[one]
        for step in steps:
            receipt = self.node.send(self.us, step.to, step.data)
            if step.to is None:
                self.creations[step.label.removeprefix("create ")] = int(receipt["gasUsed"], 16)
        self.at = plan.addresses
        self.usd = self.at["TestStablecoin"]
        for person in self.people.values():
            self.give(person.address)
            self.send(self.us, "TestStablecoin", "mint", person.address, 10**15)
        self.give(account("treasury").address)
        self.send(self.us, "TestStablecoin", "mint", account("treasury").address, 1)
        for spender in ("LicenseMarket", "DesignShares"):
            self.send("buyer", "TestStablecoin", "approve", self.at[spender], 2**256 - 1)
        self.send(self.us, "DesignLicenses", "defineTerms", self.text, self.facts, "ipfs://personal")

    # Transferable licenses without end, of which nothing is derived.
    facts = (True, False, False, False, False, False, 0, 0, 0, 0)
    text = bytes.fromhex("5e" * 32)

    @cached_property
    def terms(self) -> bytes:
        from eth_abi.abi import encode
        from eth_utils.crypto import keccak

        kinds = "(bool,bool,bool,bool,bool,bool,uint32,uint32,uint40,uint32)"
        return keccak(encode(["bytes32", kinds], [self.text, self.facts]))

    def give(self, address: str) -> None:
        self.node.call("anvil_setBalance", address, hex(PLENTY))

    def address(self, who: str) -> str:
        return self.people[who].address if who in self.people else who

    def data(self, contract: str, function: str, *args: Any) -> bytes:
        encoding = ours("encoding")
        encoded: bytes = encoding.encode_call(contract, function, encoding.as_json(list(args)))
        return encoded

    def send(self, who: str, contract: str, function: str, *args: Any, value: int = 0) -> int:
        """Gas of the whole transaction."""
        data = self.data(contract, function, *args)
        return self.node.gas(self.address(who), self.at[contract], data, value=value)

    # ------------------------------------------------------------------ entries

    def registration(
        self,
        units: dict[str, int],
        *,
        parents: Sequence[int] = (),
        standing: tuple[bool, bool, int] = (False, False, 0),
        offers: Sequence[tuple[Any, ...]] = (),
    ) -> tuple[Any, ...]:
        from eth_utils.crypto import keccak

        self._number += 1
        creator = self.address(next(iter(units)))
        return (
            0,
            creator,
            keccak(text=f"output {self._number}"),
            keccak(text="record root"),
            [(self.address(name), count) for name, count in units.items()],
            list(offers),
            [(parent, 0, 1_000_000) for parent in parents],
            standing,
            [],
            2**40 - 1,
        )

    def register(self, units: dict[str, int], **more: Any) -> tuple[int, int]:
        """A new entry, and the gas of its registration, relayed by the operator."""
        from eth_abi.abi import encode
        from eth_utils.crypto import keccak

        registration = self.registration(units, **more)
        question = {
            "to": self.at["DesignRegistry"],
            "data": "0x" + self.data("DesignRegistry", "digestOf", registration).hex(),
        }
        answer = self.node.call("eth_call", question, "latest")
        digest = ours("encoding").decode_result("DesignRegistry", "digestOf", bytes.fromhex(answer[2:]))
        signatures = [bytes(self.people[name].unsafe_sign_hash(digest).signature) for name in units]
        gas = self.send(self.us, "DesignRegistry", "register", registration, signatures, 0, bytes(32))
        return int.from_bytes(
            keccak(encode(["address", "bytes32"], [registration[1], registration[2]]))[:16], "big"
        ), gas

    def original(self, units: dict[str, int] | None = None) -> int:
        return self.register(units or {"alice": 1_000_000})[0]

    def open_entry(self, ppm: int, *, binding: bool, parents: Sequence[int] = ()) -> int:
        """Of which anyone may derive."""
        return self.register({"alice": 1_000_000}, standing=(True, binding, ppm), parents=parents)[0]

    def family_of(self, parents: int) -> int:
        """A child of so many, which can be derived from."""
        return self.open_entry(
            1000, binding=True, parents=[self.open_entry(1000, binding=True) for _ in range(parents)]
        )

    # ------------------------------------------------------------------ money

    usd_price = 5_000_000
    native_price = 10**15

    def warm(self, entry: int) -> int:
        """Offers in both currencies, which have sold to the buyer before."""
        offer = (0, 0, 0, 0, 0, bytes(32), (0, NATIVE, 0, 0))
        for currency, price in ((self.usd, self.usd_price), (NATIVE, self.native_price)):
            self.send("alice", "LicenseMarket", "openOffer", entry, self.terms, currency, (price, *offer))
            self.buy(entry, currency)
        return entry

    def buy(self, entry: int, currency: str) -> int:
        native = currency == NATIVE
        price = self.native_price if native else self.usd_price
        intent = (entry, self.terms, currency, price, 1, self.address("buyer"), 2**40 - 1)
        return self.send("buyer", "LicenseMarket", "buy", intent, [], value=price if native else 0)

    def deposit(self, entry: int, currency: str) -> int:
        native = currency == NATIVE
        amount = self.native_price if native else 1_000_000
        return self.send("buyer", "DesignShares", "donate", entry, currency, amount, value=amount if native else 0)

    def claim(self, who: str, entry: int, currency: str) -> int:
        return self.send(who, "DesignShares", "claim", entry, currency)

    def transfer(self, who: str, to: str, entry: int, units: int) -> int:
        return self.send(
            who, "DesignShares", "safeTransferFrom", self.address(who), self.address(to), entry, units, b""
        )

    def spread(self, entry: int, first: int, last: int) -> None:
        """Ten units to each of the strangers number `first` up to before `last`, each by a transfer of its own."""
        alice = self.address("alice")
        datas = [
            self.data("DesignShares", "safeTransferFrom", alice, stranger(number), entry, 10, b"")
            for number in range(first, last)
        ]
        self.node.send_many(alice, self.at["DesignShares"], datas)

    def held_by_ten(self) -> tuple[int, list[str]]:
        """Ten who have had coins and dollars before, but nothing of this entry, which has earned in both."""
        entry = self.original()
        holders = [stranger(1_000_000 + number) for number in range(10)]
        for holder in holders:
            self.node.call("anvil_setBalance", holder, hex(1))
            self.send(self.us, "TestStablecoin", "mint", holder, 1)
            self.transfer("alice", holder, entry, 100_000)
        self.deposit(entry, self.usd)
        self.deposit(entry, NATIVE)
        return entry, holders


def stranger(number: int) -> str:
    """An address without a key."""
    from eth_utils.address import to_checksum_address
    from eth_utils.crypto import keccak

    return to_checksum_address(keccak(text=f"stranger {number}")[12:])
