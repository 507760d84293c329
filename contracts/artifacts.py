"""The committed output of the compiler: what the contracts are, and what they can say."""

import hashlib
import json
from functools import cache
from typing import Any

from django.conf import settings

from common.hashing import keccak256

Abi = dict[str, Any]

NAMES = (
    "AccessManager",
    "AllowListPolicy",
    "DesignLicenses",
    "DesignRegistry",
    "DesignShares",
    "DesignViews",
    "ERC2771Forwarder",
    "GiftsOnlyPolicy",
    "LicenseMarket",
    "Lineage",
    "ResaleMarket",
    "RoyaltyInbox",
    "TestStablecoin",
)


@cache
def artifact(name: str) -> dict[str, Any]:
    """contracts/artifacts/<name>.json. Raises FileNotFoundError."""
    content: dict[str, Any] = json.loads((settings.ARTIFACTS_DIR / f"{name}.json").read_text())
    return content


@cache
def version() -> str:
    """A hash of all creation code: another value means other contracts."""
    digest = hashlib.sha256()
    for name in NAMES:
        digest.update(f"{name}\0{artifact(name)['bytecode']}\0".encode())
    return digest.hexdigest()


def abi_type(parameter: Abi) -> str:
    """A parameter's canonical type: structs as tuples, "(uint128,address)[]"."""
    kind: str = parameter["type"]
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(abi_type(component) for component in parameter["components"])
    return f"({inner}){kind.removeprefix('tuple')}"


def signature(item: Abi) -> str:
    """Name and canonical types: what selectors and topics are hashes of."""
    return f"{item['name']}({','.join(abi_type(parameter) for parameter in item['inputs'])})"


@cache
def function(contract: str, name: str) -> tuple[bytes, Abi]:
    """Selector and ABI of a function that is not overloaded. Raises KeyError."""
    found = [i for i in artifact(contract)["abi"] if i["type"] == "function" and i["name"] == name]
    if len(found) != 1:
        raise KeyError(f"{contract} has {len(found)} functions {name}")
    return keccak256(signature(found[0]).encode())[:4], found[0]


@cache
def events(contract: str) -> dict[str, Abi]:
    """ABIs of a contract's events by topic, 0x and 64 digits."""
    items = [item for item in artifact(contract)["abi"] if item["type"] == "event"]
    return {"0x" + keccak256(signature(item).encode()).hex(): item for item in items}


@cache
def custom_errors() -> dict[bytes, Abi]:
    """ABIs of the custom errors of all our contracts by selector: a call may revert deep inside another."""
    items = [item for name in NAMES for item in artifact(name)["abi"] if item["type"] == "error"]
    return {keccak256(signature(item).encode())[:4]: item for item in items}
