"""A stored action as the call that it makes."""

from typing import Any

from contracts.chains import Chain
from contracts.encoding import encode_call
from contracts.models import ChainTransaction

FILL_NONCE = "fill_nonce"
TRANSFER_GAS = 21_000


def call_of(tx: ChainTransaction, chain: Chain) -> dict[str, Any]:
    """from, to, data and value for a simulation. Raises KeyError or ValueError for what cannot be encoded."""
    if not tx.contract:
        return empty_call(tx)
    data = encode_call(tx.contract, tx.function, tx.args)
    to = tx.target or chain.deployment.address(tx.contract)
    return {"from": tx.sender, "to": to, "data": "0x" + data.hex(), "value": int(tx.value)}


def empty_call(tx: ChainTransaction) -> dict[str, Any]:
    """Nothing, to the sender itself: it uses up a nonce."""
    return {"from": tx.sender, "to": tx.sender, "data": "0x", "value": 0}


def unsigned(call: dict[str, Any], *, chain: Chain, nonce: int, gas: int, fees: Any) -> dict[str, Any]:
    """The EIP-1559 transaction that a Signer signs."""
    return {
        "type": 2,
        "chainId": chain.chain_id,
        "nonce": nonce,
        "to": call["to"],
        "value": call["value"],
        "data": call["data"],
        "gas": gas,
        "maxFeePerGas": fees.max_fee,
        "maxPriorityFeePerGas": fees.priority,
    }
