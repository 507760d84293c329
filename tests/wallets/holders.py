"""A wallet that holds shares and has earned by them, and what the claiming island asks for it."""

from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse
from eth_account import Account
from eth_account.signers.local import LocalAccount

from accounts.models import User, Wallet
from marketplace.tests.pages import signed_in
from tests.faults.market import OWN, PRICE, Market, address_of
from tests.faults.wallets import as_creator, sell

UNITS = 250_000
EARNED = OWN * UNITS // 1_000_000
COIN = 10**19


@dataclass
class Holder:
    """Someone with an account, whose linked wallet holds a quarter of a design."""

    market: Market
    person: User
    key: LocalAccount
    client: Client

    @property
    def address(self) -> str:
        return self.key.address

    @property
    def chain_has(self) -> int:
        """What the ledger would pay the wallet now."""
        return int(self.market.ask("DesignShares", "claimable", self.market.entry, self.market.currency, self.address))

    def ask(self, way: str, **fields: str) -> Any:
        asked = {"holder": self.address, "currency": self.market.currency, "way": way, **fields}
        return self.client.post(reverse("royalties:claim_ask"), asked)

    def sign(self, order: dict[str, Any], *, key: LocalAccount | None = None) -> str:
        message = {**order["message"], "entryIds": [int(entry) for entry in order["message"]["entryIds"]]}
        signed = (key or self.key).sign_typed_data(full_message={**order, "message": message})
        return "0x" + bytes(signed.signature).hex()

    def send(self, call: dict[str, str], *, gas: int = 500_000, nonce: int | None = None, tip: int = 10**9) -> str:
        node = self.market.live.node
        transaction = {
            "to": call["to"],
            "data": call["data"],
            "value": int(call["value"]),
            "nonce": int(node.rpc("eth_getTransactionCount", self.address, "pending"), 16) if nonce is None else nonce,
            "gas": gas,
            "maxFeePerGas": 10**11 + tip,
            "maxPriorityFeePerGas": tip,
            "chainId": self.market.live.chain.chain_id,
        }
        raw = self.key.sign_transaction(transaction).raw_transaction
        return str(node.rpc("eth_sendRawTransaction", "0x" + bytes(raw).hex()))


def earning_holder(sold: Market, person: User) -> Holder:
    """Their new wallet is linked, has coin, and has earned."""
    key: LocalAccount = Account.create()
    Wallet.objects.create(user=person, address=key.address)
    sold.live.node.rpc("anvil_setBalance", key.address, hex(COIN))
    earn_by(sold, key.address)
    return Holder(sold, person, key, signed_in(person))


def earn_by(sold: Market, wallet: str) -> None:
    """The creator gives the wallet a quarter of the shares, and one license is sold since."""
    creator = address_of(sold.creator)
    as_creator(sold, "DesignShares", "safeTransferFrom", creator, wallet, sold.entry, UNITS, b"")
    sold.live.follow()
    sell(sold, sold.entry, sold.currency, PRICE)
    sold.live.settle()
