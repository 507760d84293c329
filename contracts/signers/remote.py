"""A key that another service holds: Web3Signer's JSON-RPC, which nodes with accounts speak as well.

What comes back is not believed: it must be what was asked, signed by the named key.
"""

from collections.abc import Callable
from typing import Any

from common.hashing import keccak256
from contracts.errors import ChainUnavailable, RpcError, SignerRefused, SignerUnavailable
from contracts.rpc import Rpc
from contracts.signers.development import refuse_development_key
from contracts.signers.signer import SignedBytes

SIGNED_FIELDS = ("chainId", "nonce", "to", "value", "data", "gas", "maxFeePerGas", "maxPriorityFeePerGas")


class RemoteSigner:
    """Asks `url` to sign for `address`. Raises SignerUnavailable (ask again later) and SignerRefused."""

    def __init__(self, url: str, address: str, *, chain_id: int, whose: str = "OPERATOR") -> None:
        from eth_utils.address import is_hex_address, to_checksum_address

        if not is_hex_address(address):
            raise SignerRefused(f"{whose}_SIGNER_URL needs {whose}_ADDRESS: whose key it signs with.")
        self.address = str(to_checksum_address(address))
        refuse_development_key(self.address, chain_id=chain_id, setting=f"{whose}_ADDRESS")
        try:
            # A signer knows no chain: the id stands in what it signs.
            self._rpc = Rpc(url, chain_id=None)
        except ChainUnavailable as error:
            raise SignerRefused(f"{whose}_SIGNER_URL is no http(s) address of a signer.") from error

    def __repr__(self) -> str:
        return f"RemoteSigner({self.address})"

    def sign_transaction(self, tx: dict[str, Any]) -> SignedBytes:
        from eth_account import Account
        from eth_account.typed_transactions.typed_transaction import TypedTransaction
        from hexbytes import HexBytes

        asked = {name: hex(value) if isinstance(value, int) else value for name, value in tx.items()}
        answer = self._ask("eth_signTransaction", {"from": self.address, **asked})
        # geth wraps the bytes, Web3Signer does not.
        answer = answer.get("raw") if isinstance(answer, dict) else answer
        raw = _bytes_of(answer)
        signed = _understood(lambda: TypedTransaction.from_bytes(HexBytes(raw)).as_dict())
        if any(_comparable(signed.get(name)) != _comparable(tx[name]) for name in SIGNED_FIELDS):
            raise SignerRefused("The signer signed another transaction than the one that it was asked to sign.")
        self._check_who(_understood(lambda: Account.recover_transaction(raw)))
        return SignedBytes(raw=raw, hash="0x" + keccak256(raw).hex())

    def sign_typed_data(self, typed: dict[str, Any]) -> bytes:
        from eth_account import Account
        from eth_account.messages import encode_typed_data

        signature = _bytes_of(self._ask("eth_signTypedData", self.address, typed))
        message = encode_typed_data(full_message=typed)
        self._check_who(_understood(lambda: Account.recover_message(message, signature=signature)))
        return signature

    def _ask(self, method: str, *params: Any) -> Any:
        try:
            return self._rpc.call(method, *params)
        except ChainUnavailable as error:
            raise SignerUnavailable(f"The signer of {self.address} does not answer: {error}") from error
        except RpcError as error:
            raise SignerRefused(f"The signer of {self.address} refuses: {error}") from error

    def _check_who(self, found: str) -> None:
        if found != self.address:
            raise SignerRefused(f"The signer signed with the key of {found}, not of {self.address}.")


def _bytes_of(answer: Any) -> bytes:
    try:
        return bytes.fromhex(str(answer).removeprefix("0x"))
    except ValueError as error:
        raise SignerRefused("The signer answers something that is no signature.") from error


def _understood(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception as error:  # whatever strange bytes bring about in the libraries that read them
        raise SignerRefused(f"The signer answers bytes that cannot be understood: {error}.") from error


def _comparable(value: Any) -> Any:
    """Numbers as numbers; addresses and data as lower hex without 0x."""
    if isinstance(value, int):
        return value
    text = bytes(value).hex() if isinstance(value, bytes) else str(value or "")
    return text.removeprefix("0x").lower()
