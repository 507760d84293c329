"""Chains by role, and what is deployed on each (law 11)."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from contracts.errors import ChainNotDeployed

CURRENCY = "TestStablecoin"
# Whose events are read; contracts/unprojected.py says why the others' are not, and of which no rows are made.
FOLLOWED = ("AccessManager", "DesignLicenses", "DesignRegistry", "DesignShares", "LicenseMarket", "ResaleMarket")


@dataclass(frozen=True)
class Deployment:
    """Our contracts on one chain: `addresses` by contract name, checksummed."""

    version: str
    chain_id: int
    deployed_block: int
    deployer: str
    addresses: dict[str, str]

    def address(self, contract: str) -> str:
        """Raises ChainNotDeployed when this deployment has no such contract."""
        try:
            return self.addresses[contract]
        except KeyError:
            raise ChainNotDeployed(f"Chain {self.chain_id} has no {contract}.") from None

    @property
    def currency(self) -> str:
        """The ERC-20 of our prices: the first of the ledger's list."""
        return self.address(CURRENCY)

    @property
    def followed(self) -> dict[str, str]:
        """Names by address of the contracts whose events are read."""
        return {address: name for name, address in self.addresses.items() if name in FOLLOWED}


@dataclass(frozen=True)
class Chain:
    """A chain in a role. `rpc_url` is what workers use, `public_rpc_url` what browsers use.

    `backup_urls` are further nodes of it, for workers: they stand by, and bear witness.
    """

    role: str
    chain_id: int
    rpc_url: str
    public_rpc_url: str
    confirmations: int
    is_local: bool
    backup_urls: tuple[str, ...] = ()

    @property
    def deployment(self) -> Deployment:
        """Raises ChainNotDeployed."""
        for path in deployment_paths(self.chain_id):
            found = read_deployment(path)
            if found is not None:
                return found
        raise ChainNotDeployed(
            f"Loomprint's contracts are not deployed on chain {self.chain_id}: run manage.py deploy_contracts."
        )


def chain(role: str = "public") -> Chain:
    """The chain in this role. Raises KeyError for a role that settings do not name."""
    values: dict[str, Any] = settings.CHAINS[role]
    return Chain(role=role, **values)


def chains() -> list[Chain]:
    return [chain(role) for role in settings.CHAINS]


def chain_of(chain_id: int) -> Chain:
    """The chain with this id. Raises KeyError."""
    for candidate in chains():
        if candidate.chain_id == chain_id:
            return candidate
    raise KeyError(f"No setting names chain {chain_id}")


def deployment_paths(chain_id: int) -> list[Path]:
    """Where a record of this chain may lie, in the order in which it is looked for."""
    return [Path(folder) / f"{chain_id}.json" for folder in settings.DEPLOYMENTS_DIRS]


def read_deployment(path: Path) -> Deployment | None:
    """A complete record, or None."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    content = _read(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return content if isinstance(content, Deployment) else None


@lru_cache(maxsize=16)
def _read(path: Path, _mtime: int, _size: int, _inode: int) -> Deployment | None:
    content: dict[str, Any] = json.loads(path.read_text())
    if not content.get("complete", True):
        return None
    return Deployment(
        version=content["version"],
        chain_id=content["chain_id"],
        deployed_block=content["deployed_block"],
        deployer=content["deployer"],
        addresses={name: entry["address"] for name, entry in content["contracts"].items()},
    )
