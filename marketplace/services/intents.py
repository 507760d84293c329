"""What a buyer's wallet signs or sends: the market's BuyIntent, and leave for the market to take the price."""

from dataclasses import dataclass
from typing import Any

from common.hashing import keccak256
from common.identifiers import ZERO_ADDRESS
from contracts.chains import CURRENCY, Chain
from contracts.client import client
from contracts.encoding import encode_call
from marketplace.models import Order

DOMAIN = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
INTENT = [
    {"name": "payer", "type": "address"},
    {"name": "entryId", "type": "uint128"},
    {"name": "terms", "type": "bytes32"},
    {"name": "currency", "type": "address"},
    {"name": "maxPrice", "type": "uint128"},
    {"name": "quantity", "type": "uint32"},
    {"name": "to", "type": "address"},
    {"name": "deadline", "type": "uint64"},
]
PERMIT = [
    {"name": "owner", "type": "address"},
    {"name": "spender", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "nonce", "type": "uint256"},
    {"name": "deadline", "type": "uint256"},
]


@dataclass(frozen=True)
class Holdings:
    """What an account has of a currency and lets the market take, and its coin, all in base units."""

    balance: int
    allowance: int
    coin: int


def holdings_of(*, account: str, chain: Chain) -> Holdings:
    """Read from the chain now. Raises ChainUnavailable."""
    node, here = client(chain), chain.deployment
    allowance = node.call_at(here.currency, CURRENCY, "allowance", account, here.address("LicenseMarket"))
    balance = node.call_at(here.currency, CURRENCY, "balanceOf", account)
    return Holdings(balance=int(balance), allowance=int(allowance), coin=node.balance(account))


def intent_data(order: Order, *, payer: str, chain: Chain) -> dict[str, Any]:
    """The intent as EIP-712 typed data; numbers that JavaScript would round are text."""
    return {
        "types": {"EIP712Domain": DOMAIN, "BuyIntent": INTENT},
        "primaryType": "BuyIntent",
        "domain": {
            "name": "Loomprint Market",
            "version": "1",
            "chainId": chain.chain_id,
            "verifyingContract": chain.deployment.address("LicenseMarket"),
        },
        "message": {
            "payer": payer,
            "entryId": str(int(order.entry_id, 16)),
            "terms": order.terms_hash,
            "currency": order.currency,
            "maxPrice": str(order.price),
            "quantity": order.quantity,
            "to": order.recipient,
            "deadline": deadline_of(order),
        },
    }


def permit_data(order: Order, *, payer: str, chain: Chain) -> dict[str, Any]:
    """ERC-2612: the market may take exactly this order's sum, until its deadline. Raises ChainUnavailable."""
    node, currency = client(chain), order.currency
    _fields, name, version, chain_id, token, *_rest = node.call_at(currency, CURRENCY, "eip712Domain")
    return {
        "types": {"EIP712Domain": DOMAIN, "Permit": PERMIT},
        "primaryType": "Permit",
        "domain": {"name": name, "version": version, "chainId": int(chain_id), "verifyingContract": token},
        "message": {
            "owner": payer,
            "spender": chain.deployment.address("LicenseMarket"),
            "value": str(order.price * order.quantity),
            "nonce": str(node.call_at(currency, CURRENCY, "nonces", payer)),
            "deadline": deadline_of(order),
        },
    }


def digest_of(data: dict[str, Any]) -> str:
    """The EIP-712 digest of typed data whose large numbers are text."""
    from eth_account.messages import encode_typed_data

    fields = {one["name"]: one["type"] for one in data["types"][data["primaryType"]]}
    message = {
        name: int(value) if fields[name].startswith("uint") else value for name, value in data["message"].items()
    }
    signable = encode_typed_data(full_message={**data, "message": message})
    return "0x" + keccak256(b"\x19" + signable.version + signable.header + signable.body).hex()


def intent_arguments(order: Order) -> list[Any]:
    """The BuyIntent as the market's functions take it."""
    return [
        int(order.entry_id, 16),
        order.terms_hash,
        order.currency,
        order.price,
        order.quantity,
        order.recipient,
        deadline_of(order),
    ]


def buy_call(order: Order, *, chain: Chain) -> dict[str, str]:
    """The purchase as a transaction of the buyer's own: to, data, value (wei as text)."""
    data = encode_call("LicenseMarket", "buy", [intent_arguments(order), []])
    value = order.price * order.quantity if order.currency == ZERO_ADDRESS else 0
    return {"to": chain.deployment.address("LicenseMarket"), "data": "0x" + data.hex(), "value": str(value)}


def approve_call(order: Order, *, chain: Chain) -> dict[str, str]:
    """Leave for the market to take exactly this order's sum, as a transaction of the buyer's own."""
    market = chain.deployment.address("LicenseMarket")
    data = encode_call(CURRENCY, "approve", [market, order.price * order.quantity])
    return {"to": order.currency, "data": "0x" + data.hex(), "value": "0"}


def deadline_of(order: Order) -> int:
    """Unix seconds."""
    if order.deadline is None:
        raise ValueError(f"order {order.public_id} is no order of a wallet")
    return int(order.deadline.timestamp())
