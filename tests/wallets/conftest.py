"""A design on sale on a real chain, and a buyer with a wallet of their own."""

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from eth_account import Account
from eth_account.signers.local import LocalAccount

from accounts.models import Wallet
from licensing.models import LicenseTemplate
from marketplace.tests.conftest import unbuilt_static_files  # noqa: F401
from marketplace.tests.pages import signed_in
from tests.faults.conftest import market, outsider  # noqa: F401
from tests.faults.market import PRICE, Market
from tests.faults.wallets import as_creator, as_operator


@dataclass
class WalletBuyer:
    """What the island does, without a browser: the same requests, signed and sent by a key of the test."""

    market: Market
    key: LocalAccount
    client: Client

    @property
    def address(self) -> str:
        return self.key.address

    @property
    def terms(self) -> str:
        return LicenseTemplate.objects.get(code="personal", active=True).terms_hash

    def quote(self) -> Any:
        page = reverse("marketplace:wallet_quote", args=[self.market.design.public_id, self.terms])
        return self.client.get(page, {"payer": self.address})

    def place(self, *, way: str, key: str, price: int = PRICE, payer: str = "", currency: str = "") -> Any:
        page = reverse("marketplace:wallet_order", args=[self.market.design.public_id, self.terms])
        fields = {
            "checkout_key": key,
            "payer": payer or self.address,
            "currency": currency or self.market.currency,
            "price": str(price),
            "way": way,
        }
        return self.client.post(page, fields)

    def sign(self, data: dict[str, Any] | None, *, key: LocalAccount | None = None) -> str:
        if data is None:
            return ""
        numbers = {one["name"] for one in data["types"][data["primaryType"]] if one["type"].startswith("uint")}
        message = {name: int(value) if name in numbers else value for name, value in data["message"].items()}
        signed = (key or self.key).sign_typed_data(full_message={**data, "message": message})
        return "0x" + bytes(signed.signature).hex()

    def send(self, call: dict[str, str]) -> str:
        node = self.market.live.node
        transaction = {
            "to": call["to"],
            "data": call["data"],
            "value": int(call["value"]),
            "nonce": int(node.rpc("eth_getTransactionCount", self.address, "pending"), 16),
            "gas": 500_000,
            "maxFeePerGas": 10**11,
            "maxPriorityFeePerGas": 10**9,
            "chainId": self.market.live.chain.chain_id,
        }
        raw = self.key.sign_transaction(transaction).raw_transaction
        return str(node.rpc("eth_sendRawTransaction", "0x" + bytes(raw).hex()))


@pytest.fixture
def on_sale(market: Market) -> Market:  # noqa: F811
    market.publish()
    market.live.finalize()
    return market


@pytest.fixture
def wallet_buyer(on_sale: Market) -> WalletBuyer:
    return linked_buyer(on_sale)


def linked_buyer(on_sale: Market) -> WalletBuyer:
    """A wallet linked to the buyer's account, with coin and 100 test dollars."""
    key: LocalAccount = Account.create()
    on_sale.live.node.rpc("anvil_setBalance", key.address, hex(10**19))
    as_operator(on_sale, "TestStablecoin", "transfer", key.address, 100_000_000)
    Wallet.objects.create(user=on_sale.buyer, address=key.address)
    return WalletBuyer(on_sale, key, signed_in(on_sale.buyer))


def open_coin_offer(on_sale: Market, price: int) -> None:
    """The creator offers the personal license in the chain's own coin too, as they may without us."""
    terms = LicenseTemplate.objects.get(code="personal", active=True).terms_hash
    zero = "0x" + "00" * 20
    on_sale.live.node.rpc("anvil_setBalance", on_sale.creator.custody_key.address, hex(10**18))
    gate = [0, zero, 0, 0]
    offer = [price, 0, 0, 0, 0, 0, "0x" + "00" * 32, gate]
    as_creator(on_sale, "LicenseMarket", "openOffer", on_sale.entry, terms, zero, offer)
    on_sale.live.follow()
