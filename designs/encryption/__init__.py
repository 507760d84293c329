"""Files for public stores: encrypted in the age format to one key per version, itself wrapped by a store key."""

from .age import NotDecrypted, decrypt, encrypt, new_identity, recipient_of
from .envelope import KeyUnavailable, StoreKeys, Wrapped, store_keys

__all__ = [
    "KeyUnavailable",
    "NotDecrypted",
    "StoreKeys",
    "Wrapped",
    "decrypt",
    "encrypt",
    "new_identity",
    "recipient_of",
    "store_keys",
]
