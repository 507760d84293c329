"""Keys that this process holds: from the environment, or from an encrypted keystore file."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

from django.views.decorators.debug import sensitive_variables

from contracts.errors import SignerRefused
from contracts.signers.development import refuse_development_key
from contracts.signers.signer import SignedBytes


class KeySigner:
    """A private key in memory, 32 bytes. Raises SignerRefused for a well-known one; `setting` is where it is from."""

    @sensitive_variables()
    def __init__(self, key: bytes, *, chain_id: int, setting: str) -> None:
        self._key = key
        self.address = _address_of(key)
        refuse_development_key(self.address, chain_id=chain_id, setting=setting)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address})"

    @sensitive_variables()
    def sign_transaction(self, tx: dict[str, Any]) -> SignedBytes:
        from eth_account import Account

        signed = Account.sign_transaction(tx, self._key)
        return SignedBytes(raw=bytes(signed.raw_transaction), hash="0x" + bytes(signed.hash).hex())

    @sensitive_variables()
    def sign_typed_data(self, typed: dict[str, Any]) -> bytes:
        from eth_account import Account

        return bytes(Account.sign_typed_data(self._key, full_message=typed).signature)


class EnvironmentSigner(KeySigner):
    """A private key from a setting, in hex. Raises SignerRefused for none, or a well-known one."""

    def __init__(self, private_key: str, *, chain_id: int, whose: str = "OPERATOR") -> None:
        setting = f"{whose}_KEY"
        super().__init__(_key_bytes(private_key, setting), chain_id=chain_id, setting=setting)


class KeystoreSigner:
    """A key in an encrypted file (Web3 Secret Storage, version 3), decrypted when it first signs.

    Decrypting takes a second by design; the address stands in the file. Raises SignerRefused for a file that is none.
    """

    def __init__(self, path: Path, password: str, *, chain_id: int, whose: str = "OPERATOR") -> None:
        self._path = path
        self._password = password
        self._chain_id = chain_id
        self._setting = f"{whose}_KEYSTORE"
        self.address = _address_in(path, self._setting)
        refuse_development_key(self.address, chain_id=chain_id, setting=self._setting)

    def __repr__(self) -> str:
        return f"KeystoreSigner({self.address})"

    def sign_transaction(self, tx: dict[str, Any]) -> SignedBytes:
        return self._signer.sign_transaction(tx)

    def sign_typed_data(self, typed: dict[str, Any]) -> bytes:
        return self._signer.sign_typed_data(typed)

    @cached_property
    @sensitive_variables()
    def _signer(self) -> KeySigner:
        from eth_account import Account

        try:
            key = bytes(Account.decrypt(_content_of(self._path, self._setting), self._password))
        except (ValueError, KeyError, TypeError) as error:
            raise SignerRefused(
                f"{self._setting} {self._path.name} does not open with {self._setting}_PASSWORD: {error}."
            ) from error
        signer = KeySigner(key, chain_id=self._chain_id, setting=self._setting)
        if signer.address != self.address:
            raise SignerRefused(f"{self._setting} {self._path.name} names {self.address} and holds another key.")
        return signer


def _content_of(path: Path, setting: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise SignerRefused(f"{setting} cannot be read: {error}.") from error
    if not isinstance(content, dict):
        raise SignerRefused(f"{setting} is no keystore: it must hold one JSON object.")
    return content


def _address_in(path: Path, setting: str) -> str:
    from eth_utils.address import is_hex_address, to_checksum_address

    found = str(_content_of(path, setting).get("address", ""))
    if not is_hex_address(found):
        raise SignerRefused(f'{setting} names no address: it must be of version 3, with its "address".')
    return str(to_checksum_address(found))


@sensitive_variables()
def _key_bytes(private_key: str, setting: str) -> bytes:
    if not private_key:
        raise SignerRefused(f"{setting} is not set: nothing can be sent.")
    try:
        key = bytes.fromhex(private_key.removeprefix("0x"))
    except ValueError:
        key = b""
    if len(key) != 32:
        raise SignerRefused(f"{setting} must be 32 bytes in hex.")
    return key


@sensitive_variables()
def _address_of(key: bytes) -> str:
    # Not through eth_account: enqueueing needs the address, and must not pay for a second of imports.
    from eth_keys import keys

    return str(keys.PrivateKey(key).public_key.to_checksum_address())
