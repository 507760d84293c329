"""Keys of versions, wrapped by a store key that lies outside the database (AES-256-GCM, bound to the version)."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from designs.errors import DesignError

NONCE_BYTES = 12
# What is wrapped here opens nowhere else, and the other way round.
PURPOSE = b"loomprint version key 1\0"


class KeyUnavailable(DesignError):
    """A key cannot be wrapped or opened with the store keys of this installation."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            "key_unavailable",
            _("The key of this file cannot be used at the moment. It has been reported to the operator."),
        )
        self.detail = detail


@dataclass(frozen=True)
class Wrapped:
    """A sealed secret (nonce and ciphertext) and the name of the store key that opens it."""

    key_id: str
    sealed: bytes


class StoreKeys:
    """The store keys by name. The first one wraps; the others only open what they wrapped before."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._keys = keys

    @property
    def newest(self) -> str:
        """The name of the key that wraps. Raises KeyUnavailable where none is set."""
        if not self._keys:
            raise KeyUnavailable("STORE_KEYS is empty.")
        return next(iter(self._keys))

    def __contains__(self, key_id: str) -> bool:
        return key_id in self._keys

    @sensitive_variables()
    def wrap(self, secret: str, *, owner: str) -> Wrapped:
        """Seal a secret for what `owner` names; it opens for no other. Raises KeyUnavailable."""
        key_id = self.newest
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = self._cipher(key_id).encrypt(nonce, secret.encode(), _bound(key_id, owner))
        return Wrapped(key_id, nonce + sealed)

    @sensitive_variables()
    def unwrap(self, wrapped: Wrapped, *, owner: str) -> str:
        """The secret. Raises KeyUnavailable when its store key is not set or is another one."""
        if wrapped.key_id not in self._keys:
            raise KeyUnavailable(f"STORE_KEYS has no key named {wrapped.key_id}.")
        nonce, sealed = wrapped.sealed[:NONCE_BYTES], wrapped.sealed[NONCE_BYTES:]
        try:
            return self._cipher(wrapped.key_id).decrypt(nonce, sealed, _bound(wrapped.key_id, owner)).decode()
        except InvalidTag as error:
            raise KeyUnavailable(f"The store key {wrapped.key_id} is not the one that wrapped this.") from error

    @sensitive_variables()
    def _cipher(self, key_id: str) -> AESGCM:
        return AESGCM(bytes.fromhex(self._keys[key_id]))


def store_keys() -> StoreKeys:
    """Those of the settings."""
    return StoreKeys(settings.STORE_KEYS)


def _bound(key_id: str, owner: str) -> bytes:
    return PURPOSE + f"{key_id}\0{owner}".encode()
