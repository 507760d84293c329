"""The record of a deployment: written before the first transaction is sent, complete after the last."""

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from django.conf import settings

from contracts.chains import Chain, deployment_paths
from contracts.deployment.plan import Plan


@dataclass(frozen=True)
class Record:
    """A plan, what code it deployed (`version`), from which block on, and whether it is done."""

    plan: Plan
    chain_id: int
    version: str
    deployed_block: int
    complete: bool

    def as_json(self) -> dict[str, Any]:
        plan = asdict(self.plan)
        return {
            "version": self.version,
            "chain_id": self.chain_id,
            "deployed_block": self.deployed_block,
            "complete": self.complete,
            **plan,
            "contracts": {name: {"address": address} for name, address in self.plan.addresses.items()},
        }

    def finished(self) -> "Record":
        return replace(self, complete=True)


def record_path(chain: Chain) -> Path:
    """Where a new record goes: beside the local state, or (a real chain) into the repository."""
    folder = settings.DEPLOYMENTS_DIRS[0 if chain.is_local else -1]
    return Path(folder) / f"{chain.chain_id}.json"


def load_record(chain: Chain) -> Record | None:
    """The record of this chain, complete or not."""
    path = next((path for path in deployment_paths(chain.chain_id) if path.is_file()), None)
    if path is None:
        return None
    content = json.loads(path.read_text())
    # A record of earlier contracts may lack what later plans say.
    plan = Plan(**{field.name: content[field.name] for field in fields(Plan) if field.name in content})
    return Record(
        plan=plan,
        chain_id=content["chain_id"],
        version=content["version"],
        deployed_block=content["deployed_block"],
        complete=content["complete"],
    )


def save_record(chain: Chain, record: Record) -> Path:
    """Write it whole or not at all."""
    path = record_path(chain)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(record.as_json(), indent=2) + "\n")
    partial.replace(path)
    return path
