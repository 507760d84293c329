"""docs/contracts/integration.md is run as it stands: by a stranger with a node, the ABIs and a deployment's record."""

import ast
import json
import re
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from contracts import artifacts
from contracts.client import client
from contracts.deployment.plan import NATIVE
from contracts.testing import LOCAL_CHAIN_ID, LiveChain

PAGE = Path(settings.BASE_DIR) / "docs/contracts/integration.md"
EVENTS_PAGE = PAGE.with_name("events.md")
RPC, RECORD = "http://127.0.0.1:8545", "var/deployments/31337.json"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


class Reader:
    """Goes through the page from the top, and does what it says."""

    def __init__(self, *, rpc: str, record: str) -> None:
        self.text = PAGE.read_text().replace(f'"{RPC}"', f'"{rpc}"').replace(f'"{RECORD}"', f'"{record}"')
        self.said: dict[str, Any] = {}
        self.at = 0

    def read_to(self, heading: str) -> None:
        """Run the blocks before this heading, or to the end."""
        end = self.text.index(f"\n## {heading}\n") if heading else len(self.text)
        for block in BLOCK.finditer(self.text, self.at, end):
            line = self.text.count("\n", 0, block.start(2))
            exec(compile("\n" * line + block[2], PAGE.name, "exec"), self.said)
        self.at = end

    def __getattr__(self, name: str) -> Any:
        return self.said[name]


@pytest.fixture
def reader(live_chain: LiveChain, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Whoever waits for the chain does not wait: its clock is put on instead."""
    sleep = time.sleep

    def wait(seconds: float) -> None:
        if seconds < 1:
            sleep(seconds)
        else:
            live_chain.node.rpc("evm_increaseTime", int(seconds))
            live_chain.node.mine()

    monkeypatch.setattr(time, "sleep", wait)
    return Reader(rpc=live_chain.node.url, record=str(live_chain.var / "deployments" / f"{LOCAL_CHAIN_ID}.json"))


def test_what_the_page_says_can_be_done_and_comes_true(reader: Reader, live_chain: LiveChain) -> None:
    def see(contract: str, function: str, *args: Any) -> Any:
        return client(live_chain.chain).call(contract, function, *args)

    usd = live_chain.chain.deployment.address("TestStablecoin")
    reader.read_to("Offer")
    alice, bob, carol, dave = (getattr(reader, name).address for name in ("alice", "bob", "carol", "dave"))
    lantern = reader.lantern
    assert see("DesignRegistry", "recordRootOf", lantern, 1) == bytes(reader.record_root)
    assert [see("DesignShares", "balanceOf", one, lantern) for one in (alice, bob)] == [900_000, 100_000]

    reader.read_to("Derive")
    license_id = reader.license_id
    assert [see("DesignLicenses", "balanceOf", one, license_id) for one in (carol, dave)] == [4, 2]
    assert see("DesignLicenses", "isActive", license_id, carol) is True
    # 18 for carol, 18 and 18 for dave, 12 and 12 by the voucher; one in the native coin.
    assert see("DesignShares", "totals", lantern, usd)[0] == 74_100_000
    assert see("DesignShares", "totals", lantern, NATIVE)[0] == 95 * 10**13
    assert see("TestStablecoin", "balanceOf", dave) == 1_000_000_000 - 36_000_000

    reader.read_to("Renew")
    lampshade, vase = reader.lampshade, reader.vase
    assert see("DesignRegistry", "ancestorsOf", lampshade) == [(lantern, 100_000, 100_000, True)]
    assert see("DesignRegistry", "ancestorsOf", vase) == [(lantern, 200_000, 200_000, True)]
    assert see("DesignShares", "ancestorAccount", lampshade, lantern, usd) == (1_900_000, 1_900_000)
    # Sales of 78 and 40 less 5 %, and 1.9 of the lampshade's: all of it paid.
    assert see("TestStablecoin", "balanceOf", alice) == 1_000_000_000 + 9 * (74_100_000 + 38_000_000 + 1_900_000) // 10
    assert see("TestStablecoin", "balanceOf", reader.order["to"]) == 11_400_000 + 17_100_000
    assert see("DesignShares", "claimables", bob, [lantern, lampshade]) == [[0, 0], [0, 0]]

    reader.read_to("Resell")
    assert see("DesignLicenses", "expiresAt", reader.month) == reader.ends + 240
    assert see("DesignLicenses", "issueOf", reader.run)[1:3] == (100, 50_000)

    reader.read_to("Follow events")
    assert see("DesignLicenses", "balanceOf", bob, license_id) == 1
    assert [see("DesignShares", "balanceOf", one, lantern) for one in (alice, bob, carol)] == [890_000, 50_000, 60_000]
    inbox = see("DesignLicenses", "inboxOf", lantern)
    assert see("TestStablecoin", "balanceOf", inbox) == 0
    assert see("DesignRegistry", "entry", lantern)[2:5] == (0, False, 2)

    reader.read_to("")
    kept = dict(reader.rows)
    live_chain.node.reorg(5)
    live_chain.node.mine(2)
    follow_to_the_head(reader, reader.rows, reader.hashes, reader.number)
    fresh: dict[Any, Any] = {}
    follow_to_the_head(reader, fresh, {}, reader.deployment["deployed_block"])
    assert reader.rows == fresh
    assert 0 < len(fresh) < len(kept)


def follow_to_the_head(reader: Reader, rows: dict[Any, Any], hashes: dict[Any, Any], number: int) -> None:
    while number <= reader.w3.eth.block_number:
        number = reader.follow(rows, hashes, number)


def test_events_come_in_the_order_that_their_page_tells(reader: Reader, live_chain: LiveChain) -> None:
    reader.read_to("")
    told = orders()
    happened: dict[str, set[tuple[str, ...]]] = {}
    for number in range(1, live_chain.node.head + 1):
        block = live_chain.node.rpc("eth_getBlockByNumber", hex(number), True)
        for one in block["transactions"]:
            logs = live_chain.node.rpc("eth_getTransactionReceipt", one["hash"])["logs"]
            names = [EVENTS[log["topics"][0]] for log in logs if log["topics"][0] in EVENTS]
            happened.setdefault(CALLS.get(one["input"][:10], ""), set()).add(tuple(names))
    assert set(told) - set(happened) == {"buyFor"}
    for call, orders_told in told.items():
        for names in happened.get(call, ()):
            assert any(agrees(names, order) for order in orders_told), (call, names)


EVENTS = {topic: item["name"] for name in artifacts.NAMES for topic, item in artifacts.events(name).items()}
CALLS = {
    "0x" + artifacts.function(name, item["name"])[0].hex(): item["name"]
    for name in ("DesignRegistry", "DesignShares", "LicenseMarket", "ResaleMarket")
    for item in artifacts.artifact(name)["abi"]
    if item["type"] == "function"
}


def orders() -> dict[str, list[list[str]]]:
    """By the name of a call, the events of its transaction: once or several times for some calls."""
    text = EVENTS_PAGE.read_text()
    text = text[text.index("Order within one transaction") :]
    found: dict[str, list[list[str]]] = {}
    for line in re.findall(r"^- (`.*(?:\n  .*)*)", text, re.M):
        calls, _, events = line.partition(":")
        for call in re.findall(r"`(\w+)`", calls):
            found.setdefault(call, []).append(re.findall(r"`(\w+)`", events))
    return found


def agrees(names: tuple[str, ...], order: list[str]) -> bool:
    """Whether these events are of that order, where some may be missing and some may come several times."""
    rest = list(order)
    for before, name in pairwise(("", *names)):
        if name == before:
            continue
        if name not in rest:
            return False
        rest = rest[rest.index(name) + 1 :]
    return True


def test_every_name_in_the_text_is_one_of_the_contracts_or_of_the_page() -> None:
    """A call that was renamed would else stay in a sentence."""
    known = {
        "StandardMerkleTree",
        "False",
        "keccak256",
        "CHAIN_RPC_URL",
        "artifacts",
        "script",
        "server",
        "local",
        "install",
    }
    for name in artifacts.NAMES:
        text = json.dumps(artifacts.artifact(name)["abi"])
        known |= {name, *re.findall(r'"name": "(\w+)"', text)}
    code = "\n".join(block[2] for block in BLOCK.finditer(PAGE.read_text()))
    for node in ast.walk(ast.parse(code)):
        known |= {value for value in vars(node).values() if isinstance(value, str)}
    prose = BLOCK.sub("", PAGE.read_text())
    named = {word for one in re.findall(r"`([^`\n]+)`", prose) for word in re.findall(r"[a-zA-Z]\w{3,}", one)}
    assert named - known == set()


def test_every_block_of_the_page_is_run() -> None:
    languages = [block[1] for block in BLOCK.finditer(PAGE.read_text())]
    assert len(languages) > 30
    assert set(languages) == {"python"}
    assert PAGE.read_text().count("```") == 2 * len(languages)
    assert [PAGE.read_text().count(f'"{place}"') for place in (RPC, RECORD)] == [1, 1]
