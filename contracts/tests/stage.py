"""The contract's ledger and the second one on a stage: whatever is done to one is done to the other.

The chain is a real node with the real contracts. Accounts are impersonated instead of signing their transactions;
registrations are signed. Money from sales comes from an account that is a depositor of the ledger and pays when the
ledger asks, as the markets do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from eth_account import Account
from eth_utils.crypto import keccak

from contracts.client import client
from contracts.deployment.plan import FEE_PPM, NATIVE, create_address
from contracts.encoding import as_json, decode_result, encode_call, encode_constructor
from contracts.errors import RpcError
from contracts.oracle import Ledger, Parent, Refused
from contracts.rpc import Rpc
from contracts.testing import LiveChain
from contracts.tests.actions import address, key

PEOPLE = [Account.from_key(key(f"person {number}")) for number in range(5)]
NAMES = [person.address for person in PEOPLE]
DEPOSITOR, PATRON = address("depositor"), address("patron")
PLENTY = 2**120
TWO_WEEKS = 14 * 24 * 60 * 60
# A contract's code: pay(address currency, uint256 amount, bytes) is currency.transfer(msg.sender, amount).
PAYS_WHEN_ASKED = (
    "0x7fa9059cbb"
    + "00" * 28
    + "600052"  # mstore(0, transfer's selector)
    + "33600452"  # mstore(4, caller)
    + "602435602452"  # mstore(36, calldataload(36))
    + "60206000604460006000600435"  # out 0..32, in 0..68, value 0, to calldataload(4)
    + "5af1"  # call with all gas
    + "15604257"  # if it fails, jump
    + "00"
    + "5b60006000fd"
)


@dataclass
class Stage:
    """The contracts with three currencies, people with coins, and a ledger beside them."""

    rpc: Rpc
    at: dict[str, str]
    operator: str
    currencies: list[str]
    ledger: Ledger = field(init=False)
    entries: list[int] = field(init=False)
    standing: dict[int, tuple[int, bool]] = field(init=False)

    def begin(self) -> None:
        self.ledger = Ledger(self.currencies, fee_ppm=FEE_PPM)
        self.entries = []
        self.standing = {}

    def send(self, sender: str, contract: str, function: str, *args: Any, value: int = 0) -> bool:
        """Whether the transaction succeeds."""
        return self.send_bytes(sender, self.at[contract], encode_call(contract, function, as_json(args)), value=value)

    def send_bytes(self, sender: str, to: str | None, data: bytes, *, value: int = 0) -> bool:
        transaction = {"from": sender, "data": "0x" + data.hex(), "value": hex(value), "gas": hex(8_000_000)}
        receipt = self.rpc.call("eth_sendTransactionSync", transaction | ({"to": to} if to else {}))
        return bool(int(receipt["status"], 16))

    def ask(self, contract: str, function: str, *questions: Sequence[Any]) -> list[Any]:
        """The answers to the same question about different things, in one request."""
        calls = [encode_call(contract, function, as_json(list(args))) for args in questions]
        to = self.at[contract]
        found = self.rpc.batch([("eth_call", ({"to": to, "data": "0x" + data.hex()}, "latest")) for data in calls])
        for answer in found:
            if isinstance(answer, RpcError):
                raise answer
        return [decode_result(contract, function, bytes.fromhex(answer[2:])) for answer in found]

    # ------------------------------------------------------------------ operations: on both sides

    def both(self, refused: bool, succeeded: bool, what: object) -> None:
        assert succeeded != refused, f"the ledgers disagree whether this can be done: {what}"

    def register(self, creator: int, split: list[tuple[int, int]], parents: list[int], ppm: int, binding: bool) -> None:
        """`split` gives units away to others; `ppm` and `binding` is what the entry demands of its own children."""
        units = {NAMES[creator]: 1_000_000}
        for other, given_away in split:
            if other != creator and NAMES[other] not in units:
                units[NAMES[creator]] -= given_away
                units[NAMES[other]] = given_away
        output = keccak(len(self.entries).to_bytes(2, "big") + bytes([creator]))
        entry = int.from_bytes(keccak(bytes(12) + bytes.fromhex(NAMES[creator][2:]) + output)[:16], "big")
        refused = False
        try:
            self.ledger.register(entry, units, [Parent(parent, *self.standing[parent]) for parent in parents])
        except Refused:
            refused = True
        registration = (
            0,
            NAMES[creator],
            output,
            key("record root"),
            list(units.items()),
            [],
            [(parent, 0, 1_000_000) for parent in parents],
            (True, binding, ppm),
            [],
            2**64 - 1,
        )
        (digest,) = self.ask("DesignRegistry", "digestOf", [registration])
        signers = [PEOPLE[NAMES.index(name)] for name in units]
        signatures = [bytes(signer.unsafe_sign_hash(digest).signature) for signer in signers]
        done = self.send(self.operator, "DesignRegistry", "register", registration, signatures, 0, bytes(32))
        self.both(refused, done, ("register", units, parents))
        if done:
            self.entries.append(entry)
            self.standing[entry] = (ppm, binding)

    def sell(self, entry: int, currency: str, amount: int) -> None:
        value = amount if currency == NATIVE else 0
        args = (entry, currency, amount, 1, bytes(32), b"")
        done = self.send(DEPOSITOR, "DesignShares", "deposit", *args, value=value)
        self.both(self._refuses("sell", entry, currency, amount), done, args)

    def donate(self, entry: int, currency: str, amount: int) -> None:
        value = amount if currency == NATIVE else 0
        done = self.send(PATRON, "DesignShares", "donate", entry, currency, amount, value=value)
        self.both(self._refuses("donate", entry, currency, amount), done, ("donate", amount))

    def settle(self, ancestor: int, currency: str, descendants: list[int]) -> None:
        done = self.send(PATRON, "DesignShares", "settle", ancestor, currency, descendants)
        self.both(self._refuses("settle", ancestor, currency, descendants), done, "settle")

    def transfer(self, entry: int, sender: str, receiver: str, units: int) -> None:
        done = self.send(sender, "DesignShares", "safeTransferFrom", sender, receiver, entry, units, b"")
        self.both(self._refuses("transfer", entry, sender, receiver, units), done, ("transfer", units))

    def claim(self, holder: str, entry: int, currency: str) -> None:
        done = self.send(holder, "DesignShares", "claim", entry, currency)
        self.both(self._refuses("claim", holder, entry, currency), done, "claim")

    def claim_for(self, holders: list[str], entry: int, currency: str) -> None:
        done = self.send(PATRON, "DesignShares", "claimFor", entry, currency, holders)
        self.both(self._refuses("claim_for", holders, entry, currency), done, "claimFor")

    def withdraw_fees(self, currency: str) -> None:
        done = self.send(PATRON, "DesignShares", "withdrawFees", currency)
        self.both(self._refuses("withdraw_fees", currency), done, "withdrawFees")

    def change_fee(self, ppm: int) -> None:
        """Announced, and waited for."""
        assert self.send(self.operator, "DesignShares", "scheduleFee", ppm)
        self.rpc.call("evm_increaseTime", TWO_WEEKS)
        self.ledger.fee_ppm = ppm

    def _refuses(self, operation: str, *args: Any) -> bool:
        try:
            getattr(self.ledger, operation)(*args)
        except Refused:
            return True
        return False

    # ------------------------------------------------------------------ comparing

    def compare(self) -> None:
        """Everybody's claimable amount of every entry in every currency."""
        answers = self.ask("DesignShares", "claimables", *((name, self.entries) for name in NAMES))
        told = {name: [list(row) for row in rows] for name, rows in zip(NAMES, answers, strict=True)}
        meant = {
            name: [[self.ledger.claimable(name, entry, c) for c in self.currencies] for entry in self.entries]
            for name in NAMES
        }
        assert told == meant

    def compare_all(self) -> None:
        """What else both sides know: ancestors, sums, fees, and what the ledger has."""
        tables = self.ask("DesignRegistry", "ancestorsOf", *([entry] for entry in self.entries))
        for entry, table in zip(self.entries, tables, strict=True):
            meant = {ancestor: (line.ppm, line.binding) for ancestor, line in self.ledger.lines[entry].items()}
            assert {ancestor: (ppm, binding) for ancestor, ppm, binding, _direct in table} == meant
        pairs = [(entry, currency) for entry in self.entries for currency in self.currencies]
        assert self.ask("DesignShares", "totals", *pairs) == [self.ledger.totals(*pair) for pair in pairs]
        fees = self.ask("DesignShares", "feesHeld", *([currency] for currency in self.currencies))
        assert fees == [self.ledger.fees_held(currency) for currency in self.currencies]
        shares = self.at["DesignShares"]
        assert int(self.rpc.call("eth_getBalance", shares, "latest"), 16) == self.ledger.balance(NATIVE)
        for currency in self.currencies:
            if currency != NATIVE:
                self.at["TestStablecoin"] = currency
                assert self.ask("TestStablecoin", "balanceOf", [shares]) == [self.ledger.balance(currency)]


@pytest.fixture
def stage(live_chain: LiveChain) -> Iterator[Stage]:
    rpc = client(live_chain.chain).node
    at, us = dict(live_chain.chain.deployment.addresses), live_chain.operator
    found = Stage(rpc, at, us, [at["TestStablecoin"], NATIVE])
    everybody = [us, DEPOSITOR, PATRON, *NAMES]
    for account in everybody:
        rpc.call("anvil_impersonateAccount", account)
        rpc.call("anvil_setBalance", account, hex(PLENTY))
    rpc.call("anvil_setCode", DEPOSITOR, PAYS_WHEN_ASKED)
    found.send(us, "DesignShares", "setDepositor", DEPOSITOR, True)
    second = create_address(us, int(rpc.call("eth_getTransactionCount", us, "latest"), 16))
    assert found.send_bytes(us, None, encode_constructor("TestStablecoin", [us]))
    assert found.send(us, "DesignShares", "addCurrency", second)
    found.currencies.append(second)
    for currency in (at["TestStablecoin"], second):
        found.at["TestStablecoin"] = currency
        for account in (DEPOSITOR, PATRON):
            assert found.send(us, "TestStablecoin", "mint", account, PLENTY)
        assert found.send(PATRON, "TestStablecoin", "approve", at["DesignShares"], 2**256 - 1)
    yield found
    for account in everybody:
        rpc.call("anvil_stopImpersonatingAccount", account)


Step = tuple[Any, ...]
FAMILY = 5
# Odd ones, large ones, and as many as an entry can ever have.
AMOUNTS = [0, 1, 19, 999_999, 1_000_001, 10**18, 10**18 + 1, 2**95, 2**96 - 1]
RATES = [0, 1, 99_999, 333_333, 500_000]
WEIGHTS = {
    "sell": 8,
    "donate": 4,
    "settle": 6,
    "transfer": 5,
    "claim": 5,
    "claim_for": 2,
    "withdraw_fees": 1,
    "change_fee": 1,
    "register": 2,
}


def draw(random: Random, stage: Stage) -> Step:
    """Any next step, mostly one that can be done."""
    if len(stage.entries) < FAMILY:
        name = "register"
    else:
        (name,) = random.choices(list(WEIGHTS), list(WEIGHTS.values()))
    step: Step = (name, *globals()[f"draw_{name}"](random, stage))
    return step


def draw_register(random: Random, stage: Stage) -> Step:
    split = [(random.randrange(len(NAMES)), random.randint(1, 300_000)) for _other in range(random.randint(0, 3))]
    parents = random.sample(stage.entries, min(len(stage.entries), random.randint(0, 3)))
    ppm = random.choice([*RATES, *(random.randint(0, 200_000) for _rate in range(9))])
    return random.randrange(len(NAMES)), split, parents, ppm, random.random() < 0.5


def draw_sell(random: Random, stage: Stage) -> Step:
    amount = random.choice([*AMOUNTS, *(random.randint(1, 40) for _small in range(6)), random.randint(1, 10**8)])
    return random.choice(stage.entries), random.choice(stage.currencies), amount


draw_donate = draw_sell


def draw_settle(random: Random, stage: Stage) -> Step:
    """Mostly an ancestor's part of what it can have one of, with others beside it, and the same again."""
    ledger, currency = stage.ledger, random.choice(stage.currencies)
    due = [
        (ancestor, entry, one)
        for entry in stage.entries
        for ancestor in ledger.lines[entry]
        for one in stage.currencies
        if ledger.unsettled(entry, ancestor, one)
    ]
    others = random.choices(stage.entries, k=random.randint(0, 3))
    if due and random.random() < 0.8:
        ancestor, entry, currency = random.choice(due)
        return ancestor, currency, [*others, entry]
    return random.choice(stage.entries), currency, others


def draw_transfer(random: Random, stage: Stage) -> Step:
    """Mostly some of what somebody holds; else a number, whether they have so many or not."""
    entry = random.choice(stage.entries)
    sender, held = random.choice(list(stage.ledger.units[entry].items()))
    units = random.choice([held, held // 3, random.randint(0, held), random.randint(0, held), random.randint(0, 10**6)])
    return entry, sender, random.choice(NAMES), units


def draw_claim(random: Random, stage: Stage) -> Step:
    """Mostly somebody who has something to get."""
    anybody = [(name, entry, one) for name in NAMES for entry in stage.entries for one in stage.currencies]
    having = [one for one in anybody if stage.ledger.claimable(*one)]
    return random.choice(having if having and random.random() < 0.9 else anybody)


def draw_claim_for(random: Random, stage: Stage) -> Step:
    _holder, entry, currency = draw_claim(random, stage)
    return random.choices(NAMES, k=random.randint(0, 6)), entry, currency


def draw_withdraw_fees(random: Random, stage: Stage) -> Step:
    return (random.choice(stage.currencies),)


def draw_change_fee(random: Random, stage: Stage) -> Step:
    return (random.randint(0, 100_000),)
