"""Keys are signers, not strings (law 12)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from contracts.chains import Chain
from contracts.errors import SignerRefused

LOCAL_CHAIN_ID = 31337

# Accounts of the mnemonic that anvil and hardhat ship with: everybody has their keys.
DEVELOPMENT_ACCOUNTS = frozenset(
    {
        "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
        "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
        "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
        "0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc",
        "0x976EA74026E726554dB657fA54763abd0C3a0aa9",
        "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955",
        "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f",
        "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720",
        "0xBcd4042DE499D14e55001CcbB24a551F3b954096",
        "0x71bE63f3384f5fb98995898A86B02Fb2426c5788",
        "0xFABB0ac9d68B0B445fB7357272Ff202C5651694a",
        "0x1CBd3b2770909D4e10f157cABC84C7264073C9Ec",
        "0xdF3e18d64BC6A983f673Ab319CCaE4f1a57C7097",
        "0xcd3B766CCDd6AE721141F452C550Ca635964ce71",
        "0x2546BcD3c84621e976D8185a91A922aE77ECEc30",
        "0xbDA5747bFD65F08deb54cb465eB87D40e51B197E",
        "0xdD2FD4581271e230360230F9337D5c0430Bf44C0",
        "0x8626f6940E2eb28930eFb4CeF49B2d1F2C9C1199",
    }
)


@dataclass(frozen=True)
class SignedBytes:
    """A signed transaction: what is stored, then sent. `hash` is 0x and 64 hex digits."""

    raw: bytes
    hash: str


class Signer(Protocol):
    """Something that signs for one address. `address` is checksummed."""

    @property
    def address(self) -> str: ...

    def sign_transaction(self, tx: dict[str, Any]) -> SignedBytes:
        """Sign an EIP-1559 transaction (to, value, data, nonce, gas, fees, chainId)."""
        ...

    def sign_typed_data(self, typed: dict[str, Any]) -> bytes:
        """65 bytes r, s, v over full EIP-712 typed data."""
        ...


class EnvironmentSigner:
    """A private key from a setting, 32 bytes in hex. Raises SignerRefused for none, or a well-known one."""

    def __init__(self, private_key: str, *, chain_id: int) -> None:
        self._key = _key_bytes(private_key)
        self.address = _address_of(self._key)
        if chain_id != LOCAL_CHAIN_ID and self.address in DEVELOPMENT_ACCOUNTS:
            raise SignerRefused(
                f"OPERATOR_KEY is the well-known development key of {self.address}, which everybody has: "
                f"it is refused on chain {chain_id}."
            )

    def __repr__(self) -> str:
        return f"EnvironmentSigner({self.address})"

    @sensitive_variables()
    def sign_transaction(self, tx: dict[str, Any]) -> SignedBytes:
        from eth_account import Account

        signed = Account.sign_transaction(tx, self._key)
        return SignedBytes(raw=bytes(signed.raw_transaction), hash="0x" + bytes(signed.hash).hex())

    @sensitive_variables()
    def sign_typed_data(self, typed: dict[str, Any]) -> bytes:
        from eth_account import Account

        return bytes(Account.sign_typed_data(self._key, full_message=typed).signature)


def operator_signer(chain: Chain) -> Signer:
    """The operator's signer on this chain. Raises SignerRefused."""
    return _environment_signer(settings.OPERATOR_KEY, chain.chain_id)


@lru_cache(maxsize=8)
def _environment_signer(private_key: str, chain_id: int) -> EnvironmentSigner:
    return EnvironmentSigner(private_key, chain_id=chain_id)


@sensitive_variables()
def _key_bytes(private_key: str) -> bytes:
    if not private_key:
        raise SignerRefused("OPERATOR_KEY is not set: nothing can be sent.")
    try:
        key = bytes.fromhex(private_key.removeprefix("0x"))
    except ValueError:
        key = b""
    if len(key) != 32:
        raise SignerRefused("OPERATOR_KEY must be 32 bytes in hex.")
    return key


@sensitive_variables()
def _address_of(key: bytes) -> str:
    # Not through eth_account: enqueueing needs the address, and must not pay for a second of imports.
    from eth_keys import keys

    return str(keys.PrivateKey(key).public_key.to_checksum_address())
