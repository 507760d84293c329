"""What a holder signs or sends to be paid: the ledger's ClaimOrder, or claimMany of their own."""

from typing import Any

from contracts.chains import Chain
from contracts.encoding import encode_call
from royalties.models import ClaimRequest

DOMAIN = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
CLAIM_ORDER = [
    {"name": "holder", "type": "address"},
    {"name": "to", "type": "address"},
    {"name": "currency", "type": "address"},
    {"name": "entryIds", "type": "uint128[]"},
    {"name": "deadline", "type": "uint64"},
    {"name": "salt", "type": "bytes32"},
]


def claim_order(claim: ClaimRequest, *, chain: Chain) -> dict[str, Any]:
    """The order as EIP-712 typed data, with numbers as numbers."""
    return {
        "types": {"EIP712Domain": DOMAIN, "ClaimOrder": CLAIM_ORDER},
        "primaryType": "ClaimOrder",
        "domain": {
            "name": "Loomprint Shares",
            "version": "1",
            "chainId": chain.chain_id,
            "verifyingContract": chain.deployment.address("DesignShares"),
        },
        "message": {
            "holder": claim.holder,
            "to": claim.paid_to,
            "currency": claim.currency,
            "entryIds": _entries(claim),
            "deadline": int(claim.deadline.timestamp()),
            "salt": claim.salt,
        },
    }


def for_wallet(data: dict[str, Any]) -> dict[str, Any]:
    """The same for a browser: JavaScript would round the entries' numbers, so they are text."""
    message = {**data["message"], "entryIds": [str(entry) for entry in data["message"]["entryIds"]]}
    return {**data, "message": message}


def order_arguments(claim: ClaimRequest) -> list[Any]:
    """The ClaimOrder as the ledger's functions take it."""
    return [
        claim.holder,
        claim.paid_to,
        claim.currency,
        _entries(claim),
        int(claim.deadline.timestamp()),
        claim.salt,
    ]


def own_claim(claim: ClaimRequest, *, chain: Chain) -> dict[str, str]:
    """claimMany as a transaction of the holder's own: to, data, value (wei as text)."""
    data = encode_call("DesignShares", "claimMany", [_entries(claim), claim.currency])
    return {"to": chain.deployment.address("DesignShares"), "data": "0x" + data.hex(), "value": "0"}


def _entries(claim: ClaimRequest) -> list[int]:
    return [int(entry, 16) for entry in claim.entry_ids]
