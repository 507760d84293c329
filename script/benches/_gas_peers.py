"""What others' contracts use for like work, measured on the same node where their sources can be had.

The sources and exact versions are those of the shared folder of peers (gas/Gas.sol, gas/npm-packages.txt); npm brings
the packages into a temporary folder.
"""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from script.setup.node import Node as NodeTools
from script.setup.node import node_for
from script.setup.paths import ROOT, SOLIDITY, Home
from script.setup.telling import Refusal

from ._gas_chain import PLENTY, Node, account, stranger

# Built without optimizing in its package, and large: its figures would say nothing.
LEFT_OUT = "@zoralabs/"
MANIFOLD = "@manifoldxyz/creator-core-solidity"
PAYEES = 10


def peers_folder() -> Path | None:
    """LOOMPRINT_PEERS, or shared/peers beside the checkout."""
    places = [os.environ.get("LOOMPRINT_PEERS"), ROOT.parent / "shared" / "peers"]
    found = (Path(place) for place in places if place)
    return next((place for place in found if (place / "gas" / "Gas.sol").is_file()), None)


def measure_peers(node: Node) -> tuple[dict[str, int], str]:
    """Gas by what was done, and a sentence on where the figures come from; nothing when they cannot be measured."""
    folder = peers_folder()
    if folder is None:
        return {}, "peers not measured: no shared/peers beside the checkout, and LOOMPRINT_PEERS names none"
    try:
        with tempfile.TemporaryDirectory(prefix="loomprint-peers-") as place:
            versions = _install(folder, Path(place))
            return _measure(node, folder, Path(place)), f"peers measured in this run, by npm: {', '.join(versions)}"
    except (Refusal, OSError, ValueError, KeyError, subprocess.SubprocessError) as error:
        return {}, f"peers not measured: {' '.join(str(error).split())[:200]}"


def _install(folder: Path, place: Path) -> list[str]:
    ours = json.loads((SOLIDITY / "package.json").read_text())["dependencies"]
    wanted = [f"{name}@{ours[name]}" for name in ("@openzeppelin/contracts", "solc")]
    named = (folder / "gas" / "npm-packages.txt").read_text().split()
    wanted += [package for package in named if not package.startswith(LEFT_OUT)]
    (place / "package.json").write_text('{"private": true}')
    tools = _tools()
    options = ["--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--prefer-offline"]
    done = subprocess.run(
        [*tools.npm, "install", *options, "--loglevel=error", *wanted],
        cwd=place,
        env=tools.environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0:
        raise Refusal(f"npm: {(done.stderr or done.stdout).strip() or 'failed'}")
    return [package.rsplit(":", 1)[-1] for package in wanted if not package.startswith("solc@")]


def _measure(node: Node, folder: Path, place: Path) -> dict[str, int]:
    compiled = _compile(folder, place)
    us = account("peers").address
    node.call("anvil_setBalance", us, hex(PLENTY))
    payees = [stranger(2_000_000 + number) for number in range(PAYEES)]
    for payee in payees:
        node.call("anvil_setBalance", payee, hex(1))
    found: dict[str, int] = {}

    def create(contract: dict[str, Any], *values: Any) -> str:
        constructors = [item["inputs"] for item in contract["abi"] if item["type"] == "constructor"]
        code = bytes.fromhex(contract["bytecode"].removeprefix("0x"))
        address: str = node.send(us, None, code + _encoded(constructors[0] if constructors else [], values))[
            "contractAddress"
        ]
        return address

    for name, contract in (("OpenZeppelin", "OzMint"), ("solady", "SoladyMint"), ("solmate", "SolmateMint")):
        at = create(compiled[contract])
        mint = _call("mint(address,uint256,uint256)", stranger(2_100_000), 1, 1)
        found[f"{name} ERC-1155 mint, new holder"] = node.gas(us, at, mint)
        found[f"{name} ERC-1155 mint again"] = node.gas(us, at, mint)
    build = place / "node_modules" / MANIFOLD / "build" / "contracts" / "ERC1155Creator.json"
    manifold = json.loads(build.read_text())
    inputs = next(item["inputs"] for item in manifold["abi"] if item["type"] == "constructor")
    at = create(manifold, *["x"] * len(inputs))
    for number in range(2):  # the first one ever costs more
        mint = _call("mintBaseNew(address[],uint256[],string[])", [stranger(2_200_000 + number)], [1], [""])
        found["Manifold mintBaseNew, new holder"] = node.gas(us, at, mint)
    splitter, pushing = (create(compiled[name], payees, [10] * PAYEES) for name in ("OzPull", "PushStored"))
    found[f"push with events to {PAYEES}"] = node.gas(us, pushing, _call("pay(uint256)", 1), value=10**18)
    node.send(us, splitter, b"", value=10**18)
    releases = [node.gas(us, splitter, _call("release(address)", payee)) for payee in payees]
    found["OpenZeppelin PaymentSplitter release"] = releases[-1]
    found[f"OpenZeppelin PaymentSplitter, {PAYEES} first releases"] = sum(releases)
    return found


def _compile(folder: Path, place: Path) -> dict[str, Any]:
    out = place / "gas.json"
    script, source = folder / "lib" / "compile.js", folder / "gas" / "Gas.sol"
    done = subprocess.run(
        [str(_tools().node), str(script), str(out), str(place / "node_modules"), str(source)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode != 0:
        raise Refusal(f"solc: {done.stderr.strip()}")
    contracts: dict[str, Any] = json.loads(out.read_text())["contracts"]
    return contracts


def _tools() -> NodeTools:
    return node_for(Home.of_checkout())


def _call(signature: str, *values: Any) -> bytes:
    from eth_utils.crypto import keccak

    kinds = re.sub(r"^\w+\(|\)$", "", signature).split(",")
    return keccak(text=signature)[:4] + _encoded([{"type": kind} for kind in kinds], values)


def _encoded(inputs: Sequence[dict[str, Any]], values: Sequence[Any]) -> bytes:
    from eth_abi.abi import encode

    return encode([item["type"] for item in inputs], list(values))
