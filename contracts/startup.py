"""What must be true of a chain before anything works with it (law 11)."""

import json

from contracts import artifacts
from contracts.chains import Chain, deployment_paths
from contracts.client import client
from contracts.errors import ChainError, ChainNotDeployed, ChainUnavailable


class CannotStart(ChainError):
    """Working with this chain would do harm; `str()` says why and what to do."""


def refuse_other_contracts(chain: Chain) -> None:
    """Raise CannotStart when the contracts recorded for this chain are not those of contracts/artifacts.

    Nothing here may work with other contracts: neither read their events, nor change the database for their rows.
    So it asks neither node nor database, and takes a record that is not complete too.
    """
    record = next((path for path in deployment_paths(chain.chain_id) if path.is_file()), None)
    if record is None or json.loads(record.read_text())["version"] == artifacts.version():
        return
    remedy = (
        "run manage.py deploy_contracts, which archives that chain and deploys anew."
        if chain.is_local
        else "check out the version that deployed them, or move the record away to deploy anew."
    )
    raise CannotStart(
        f"The contracts recorded for chain {chain.chain_id} are of another version than contracts/artifacts: {remedy}"
    )


def check_chain(chain: Chain) -> str:
    """Empty when all is well, else why only reading works for now. Raises WrongChain or CannotStart."""
    node = client(chain)
    try:
        node.node.refuse_other_chains()
        node.rpc("eth_chainId")
        deployment = chain.deployment
        missing = [name for name, address in deployment.addresses.items() if not node.has_code(address)]
    except ChainUnavailable as error:
        return f"{error} Pages read, actions wait."
    except ChainNotDeployed as error:
        return str(error)
    refuse_other_contracts(chain)
    if missing:
        raise CannotStart(
            f"Chain {chain.chain_id} has no code of ours at the recorded addresses (first: {missing[0]}): "
            "check CHAIN_RPC_URL, or run manage.py deploy_contracts."
        )
    return ""
