"""Real wallets for tests: a key, and a contract wallet of one key on a real chain (ERC-1271)."""

import json
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from eth_abi import encode
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from contracts.testing import Anvil
from script.setup.node import FORGE
from script.setup.paths import SOLIDITY


@dataclass
class TestWallet:
    """A key that signs what it is shown; `address` is another one's where a contract answers for the key."""

    key: LocalAccount = field(default_factory=Account.create)
    address: str = ""

    __test__ = False

    def __post_init__(self) -> None:
        self.address = self.address or self.key.address

    def sign(self, text: str) -> str:
        return "0x" + bytes(self.key.sign_message(encode_defunct(text=text)).signature).hex()


def asked(client: Client, wallet: TestWallet, purpose: str = "sign_in") -> str:
    """The message that the site asks this wallet to sign."""
    answer = client.post(
        reverse("accounts:wallet_message"),
        {"purpose": purpose, "address": wallet.address},
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.content
    return str(answer.json()["message"])


def bring(client: Client, message: str, signature: str, **more: Any) -> HttpResponse:
    body = {"message": message, "signature": signature, **more}
    return client.post(reverse("accounts:wallet_proof"), body, content_type="application/json")


def sign(client: Client, wallet: TestWallet, purpose: str = "sign_in", **more: Any) -> HttpResponse:
    """The whole way: ask, sign, bring."""
    message = asked(client, wallet, purpose)
    return bring(client, message, wallet.sign(message), **more)


def contract_wallet(node: Anvil) -> TestWallet:
    """test/support/Accounts.sol:ContractWallet, compiled and deployed, with a fresh key as its owner."""
    key = Account.create()
    sender = node.rpc("eth_accounts")[0]
    code = contract_wallet_code() + encode(["address"], [key.address])
    sent = node.rpc("eth_sendTransaction", {"from": sender, "data": "0x" + code.hex()})
    node.wait_until_mined()
    receipt = node.rpc("eth_getTransactionReceipt", sent)
    assert int(receipt["status"], 16) == 1
    from eth_utils import to_checksum_address

    return TestWallet(key, to_checksum_address(receipt["contractAddress"]))


@cache
def contract_wallet_code() -> bytes:
    with TemporaryDirectory() as folder:
        source = "test/support/Accounts.sol"
        command = [str(FORGE), "build", source, "--out", f"{folder}/out", "--cache-path", f"{folder}/cache"]
        subprocess.run(command, cwd=SOLIDITY, check=True, capture_output=True)
        built = json.loads(Path(folder, "out/Accounts.sol/ContractWallet.json").read_text())
    return bytes.fromhex(built["bytecode"]["object"][2:])


def who(client: Client) -> str | None:
    """The key of whoever is signed in."""
    found: str | None = client.session.get("_auth_user_id")
    return found


def sentence_of(answer: HttpResponse) -> str:
    """What a refusal says; it always has a next step as well."""
    said = json.loads(answer.content)
    assert set(said) == {"sentence", "nextStep"}
    return str(said["sentence"])
