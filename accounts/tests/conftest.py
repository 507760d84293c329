import secrets

import pytest

from accounts.models import User, Wallet
from accounts.services import Proof, link_wallet, open_account
from accounts.tests.wallets import TestWallet

PASSWORD = "violet harbor 17 lanterns"


@pytest.fixture
def password() -> str:
    return PASSWORD


@pytest.fixture
def ada(db) -> User:
    return open_account(email="ada@example.org", password=PASSWORD, display_name="Ada")


@pytest.fixture
def bo(db) -> User:
    return open_account(email="bo@example.org", password=PASSWORD, display_name="Bo")


@pytest.fixture(autouse=True)
def fresh_address(client):
    """Another visitor's address for each test: the limits count by address, in a Redis that tests share."""
    client.defaults["REMOTE_ADDR"] = "10." + ".".join(str(secrets.randbelow(250) + 1) for _ in range(3))


@pytest.fixture
def wallet() -> TestWallet:
    return TestWallet()


@pytest.fixture
def linked(ada, wallet) -> Wallet:
    return link_wallet(user=ada, proof=Proof(wallet.address, Wallet.Kind.EOA))


@pytest.fixture
def typed_data(settings) -> dict:
    """A small message bound to our chain and a contract, with the number and byte types that ours use."""
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "Wish": [
                {"name": "root", "type": "bytes32"},
                {"name": "price", "type": "uint128"},
                {"name": "holders", "type": "Holder[]"},
            ],
            "Holder": [{"name": "holder", "type": "address"}, {"name": "units", "type": "uint32"}],
        },
        "primaryType": "Wish",
        "domain": {
            "name": "Loomprint",
            "version": "1",
            "chainId": settings.CHAINS["public"]["chain_id"],
            "verifyingContract": "0x" + "c0" * 20,
        },
        "message": {
            "root": "0x" + "ab" * 32,
            "price": 340282366920938463463374607431768211455,
            "holders": [{"holder": "0x" + "11" * 20, "units": 1000000}],
        },
    }
