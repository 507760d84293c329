"""The EIP-712 message that everyone signs, and the same as arguments of DesignRegistry.register."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from common.hashing import keccak256

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
        {"name": "parents", "type": "Parent[]"},
        {"name": "standing", "type": "Standing"},
        {"name": "minimums", "type": "Minimum[]"},
        {"name": "deadline", "type": "uint64"},
    ],
    "ShareAllocation": [{"name": "holder", "type": "address"}, {"name": "units", "type": "uint32"}],
    "FirstOffer": [
        {"name": "terms", "type": "bytes32"},
        {"name": "currency", "type": "address"},
        {"name": "price", "type": "uint128"},
        {"name": "supply", "type": "uint32"},
    ],
    "Parent": [
        {"name": "entryId", "type": "uint128"},
        {"name": "licenseId", "type": "uint256"},
        {"name": "maxPpm", "type": "uint32"},
    ],
    "Standing": [
        {"name": "open", "type": "bool"},
        {"name": "binding", "type": "bool"},
        {"name": "ppm", "type": "uint32"},
    ],
    "Minimum": [{"name": "currency", "type": "address"}, {"name": "amount", "type": "uint96"}],
}
# A registration that reveals no commitment.
NO_SALT = "0x" + "00" * 32


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


@dataclass(frozen=True)
class ParentLine:
    """A work that this one derives from: its entry (0x text), a license's id (0: under its standing terms), and the
    most that it gets, in parts per million."""

    entry_id: str
    license_id: int
    max_ppm: int


@dataclass(frozen=True)
class Standing:
    """Terms under which anyone may derive from the design; closed unless said otherwise."""

    open: bool = False
    binding: bool = False
    ppm: int = 0


@dataclass(frozen=True)
class MinimumLine:
    """What each descendant's sale must bring, at least, in base units of the currency."""

    currency: str
    amount: int


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
    parents: Sequence[ParentLine] = (),
    standing: Standing = Standing(),
    minimums: Sequence[MinimumLine] = (),
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
            "parents": [
                {
                    "entryId": str(int(line.entry_id, 16)),
                    "licenseId": str(line.license_id),
                    "maxPpm": line.max_ppm,
                }
                for line in parents
            ],
            "standing": {"open": standing.open, "binding": standing.binding, "ppm": standing.ppm},
            "minimums": [{"currency": line.currency, "amount": str(line.amount)} for line in minimums],
            "deadline": deadline,
        },
    }


def digest_of(data: dict[str, Any]) -> str:
    """The EIP-712 digest that is signed, as the contract's digestOf gives it."""
    # Here and not above: it takes a second and a half, and most processes sign nothing.
    from eth_account.messages import encode_typed_data

    signable = encode_typed_data(full_message=signable_form(data))
    return "0x" + keccak256(b"\x19" + signable.version + signable.header + signable.body).hex()


def signable_form(data: dict[str, Any]) -> dict[str, Any]:
    """The typed data with numbers as numbers, for the signer's encoder."""
    message = data["message"]
    numbers = {
        "offers": [{**offer, "price": int(offer["price"])} for offer in message["offers"]],
        "parents": [
            {**parent, "entryId": int(parent["entryId"]), "licenseId": int(parent["licenseId"])}
            for parent in message["parents"]
        ],
        "minimums": [{**minimum, "amount": int(minimum["amount"])} for minimum in message["minimums"]],
    }
    return {**data, "message": {**message, **numbers}}


def is_current(data: dict[str, Any], *, registry: str) -> bool:
    """Whether this is a message that the registry at this address accepts: of today's types, and meant for it."""
    return bool(data["types"] == TYPES and data["domain"]["verifyingContract"] == registry)


def register_arguments(data: dict[str, Any], *, signatures: Sequence[bytes], custodial: Sequence[bool]) -> list[Any]:
    """Arguments of register(Registration, bytes[] signatures, uint256 custodial, bytes32 salt), JSON-safe."""
    message = data["message"]
    standing = message["standing"]
    registration = [
        message["kind"],
        message["creator"],
        message["outputHash"],
        message["recordRoot"],
        [[share["holder"], share["units"]] for share in message["shares"]],
        [[offer["terms"], offer["currency"], int(offer["price"]), offer["supply"]] for offer in message["offers"]],
        [[int(parent["entryId"]), int(parent["licenseId"]), parent["maxPpm"]] for parent in message["parents"]],
        [standing["open"], standing["binding"], standing["ppm"]],
        [[minimum["currency"], int(minimum["amount"])] for minimum in message["minimums"]],
        message["deadline"],
    ]
    mask = sum(1 << position for position, by_custody in enumerate(custodial) if by_custody)
    return [registration, ["0x" + signature.hex() for signature in signatures], mask, NO_SALT]
