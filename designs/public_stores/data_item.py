"""A signed data item (ANS-104), as bundlers for Arweave take it: header and signature before the data.

Signed by an Ethereum key (type 3: EIP-191 over the deep hash), which is deterministic: the same bytes have the same id
each time, so that sending them again makes no second copy.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO

from django.views.decorators.debug import sensitive_variables

from common.hashing import blocks

ETHEREUM = 3


@dataclass(frozen=True)
class SignedHeader:
    """What stands before the data, and the id that the whole has."""

    id: str
    header: bytes


@sensitive_variables("key")
def sign_data_item(data: IO[bytes], *, size: int, tags: Sequence[tuple[str, str]], key: str) -> SignedHeader:
    """Sign what is left in the stream, `size` bytes; `key` is 32 bytes in hex. Constant memory."""
    from eth_account import Account
    from eth_account.messages import encode_defunct
    from eth_keys.datatypes import PrivateKey

    private = PrivateKey(bytes.fromhex(key.removeprefix("0x")))
    owner = b"\x04" + private.public_key.to_bytes()
    encoded = _encoded(tags)
    content = hashlib.sha384()
    for block in blocks(data):
        content.update(block)
    parts = [_blob(part) for part in (b"dataitem", b"1", str(ETHEREUM).encode(), owner, b"", b"", encoded)]
    message = _list([*parts, _tagged(b"blob", size, content.digest())])
    signature = bytes(Account.sign_message(encode_defunct(message), private.to_bytes()).signature)
    # Neither target nor anchor.
    header = ETHEREUM.to_bytes(2, "little") + signature + owner + b"\x00\x00"
    header += len(tags).to_bytes(8, "little") + len(encoded).to_bytes(8, "little") + encoded
    return SignedHeader(urlsafe_b64encode(hashlib.sha256(signature).digest()).rstrip(b"=").decode(), header)


def _blob(data: bytes) -> bytes:
    return _tagged(b"blob", len(data), hashlib.sha384(data).digest())


def _tagged(kind: bytes, size: int, digest: bytes) -> bytes:
    return hashlib.sha384(hashlib.sha384(kind + str(size).encode()).digest() + digest).digest()


def _list(hashes: Sequence[bytes]) -> bytes:
    found = hashlib.sha384(b"list" + str(len(hashes)).encode()).digest()
    for one in hashes:
        found = hashlib.sha384(found + one).digest()
    return found


def _encoded(tags: Sequence[tuple[str, str]]) -> bytes:
    """An Avro array of records of two strings: one block, then the end."""
    if not tags:
        return b""
    texts = [text.encode() for tag in tags for text in tag]
    return _long(len(tags)) + b"".join(_long(len(text)) + text for text in texts) + b"\x00"


def _long(number: int) -> bytes:
    """Avro's long, for what is not negative: zigzag, seven bits a byte."""
    number <<= 1
    found = b""
    while number > 0x7F:
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])
