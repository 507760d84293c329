"""What everything that signs can do."""

from dataclasses import dataclass
from typing import Any, Protocol


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
