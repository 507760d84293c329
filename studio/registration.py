"""The EIP-712 message that everyone signs, and the same as arguments of DesignRegistry.register."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

TYPES = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
    ],
    "Registration": [
        {"name": "kind", "type": "uint8"},
        {"name": "creator", "type": "address"},
        {"name": "outputHash", "type": "bytes32"},
        {"name": "recordRoot", "type": "bytes32"},
        {"name": "shares", "type": "ShareAllocation[]"},
        {"name": "offers", "type": "FirstOffer[]"},
        {"name": "deadline", "type": "uint64"},
    ],
    "ShareAllocation": [{"name": "holder", "type": "address"}, {"name": "units", "type": "uint32"}],
    "FirstOffer": [
        {"name": "terms", "type": "bytes32"},
        {"name": "currency", "type": "address"},
        {"name": "price", "type": "uint128"},
        {"name": "supply", "type": "uint32"},
    ],
}


@dataclass(frozen=True)
class ShareLine:
    holder: str
    units: int


@dataclass(frozen=True)
class OfferLine:
    """A first offer: hash of the terms, currency address, price in base units, supply (0 = unlimited)."""

    terms: str
    currency: str
    price: int
    supply: int


def typed_data(
    *,
    chain_id: int,
    registry: str,
    creator: str,
    output_hash: str,
    record_root: str,
    shares: Sequence[ShareLine],
    offers: Sequence[OfferLine],
    deadline: int,
    kind: int = 0,
) -> dict[str, Any]:
    """The registration as EIP-712 typed data (JSON-safe: hashes as 0x text, numbers beyond 2^53 as text)."""
    return {
        "types": TYPES,
        "primaryType": "Registration",
        "domain": {
            "name": "Loomprint",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": registry,
        },
        "message": {
            "kind": kind,
            "creator": creator,
            "outputHash": output_hash,
            "recordRoot": record_root,
            "shares": [{"holder": line.holder, "units": line.units} for line in shares],
            "offers": [
                {
                    "terms": line.terms,
                    "currency": line.currency,
                    "price": str(line.price),
                    "supply": line.supply,
                }
                for line in offers
            ],
            "deadline": deadline,
        },
    }


def digest_of(data: dict[str, Any]) -> str:
    """The EIP-712 digest that is signed, as the contract's digestOf gives it."""
    signable = encode_typed_data(full_message=signable_form(data))
    return "0x" + keccak(b"\x19" + signable.version + signable.header + signable.body).hex()


def signable_form(data: dict[str, Any]) -> dict[str, Any]:
    """The typed data with numbers as numbers, for the signer's encoder."""
    offers = [{**offer, "price": int(offer["price"])} for offer in data["message"]["offers"]]
    return {**data, "message": {**data["message"], "offers": offers}}


def register_arguments(data: dict[str, Any], *, signatures: Sequence[bytes], custodial: Sequence[bool]) -> list[Any]:
    """Arguments of register(Registration, bytes[] signatures, uint256 custodial), JSON-safe."""
    message = data["message"]
    registration = [
        message["kind"],
        message["creator"],
        message["outputHash"],
        message["recordRoot"],
        [[share["holder"], share["units"]] for share in message["shares"]],
        [[offer["terms"], offer["currency"], int(offer["price"]), offer["supply"]] for offer in message["offers"]],
        message["deadline"],
    ]
    mask = sum(1 << position for position, by_custody in enumerate(custodial) if by_custody)
    return [registration, ["0x" + signature.hex() for signature in signatures], mask]
