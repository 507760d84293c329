"""What must be true of a chain before anything works with it (law 11)."""

from contracts.chains import Chain
from contracts.client import client
from contracts.errors import ChainError, ChainNotDeployed, ChainUnavailable


class CannotStart(ChainError):
    """Working with this chain would do harm; `str()` says why and what to do."""


def check_chain(chain: Chain) -> str:
    """Empty when all is well, else why only reading works for now. Raises WrongChain or CannotStart."""
    node = client(chain)
    try:
        node.rpc("eth_chainId")  # the connection itself refuses a wrong chain
        deployment = chain.deployment
        missing = [name for name, address in deployment.addresses.items() if not node.has_code(address)]
    except ChainUnavailable as error:
        return f"{error} Pages read, actions wait."
    except ChainNotDeployed as error:
        return str(error)
    if missing:
        raise CannotStart(
            f"Chain {chain.chain_id} has no code of ours at the recorded addresses (first: {missing[0]}): "
            "check CHAIN_RPC_URL, or run manage.py deploy_contracts."
        )
    return ""
