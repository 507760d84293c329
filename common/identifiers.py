"""Ids as the contracts build them: entries from creator and content, licenses from entry and terms."""

import secrets

from common.hashing import keccak256

ZERO_ADDRESS = "0x0000000000000000000000000000000000000000"
ZERO_HASH = "0x" + "00" * 32


def entry_id_hex(value: int) -> str:
    """An entry id (uint128) as 0x and 32 hex digits."""
    return f"0x{value:032x}"


def entry_id_of(*, creator: str, output_hash: str) -> str:
    """The id that `register` will give: the top 128 bits of keccak(abi.encode(creator, outputHash))."""
    from eth_abi.abi import encode

    digest = keccak256(encode(["address", "bytes32"], [creator, bytes.fromhex(output_hash[2:])]))
    return "0x" + digest[:16].hex()


def license_id_of(*, entry_id: str, terms_hash: str, serial: int = 0) -> int:
    """A license's ERC-1155 id: entry 128 bits, first 96 bits of the terms hash, serial 32 bits."""
    return int(entry_id, 16) << 128 | int(terms_hash[2:26], 16) << 32 | serial


def entry_of_license(license_id: int) -> str:
    """The entry whose license this is."""
    return entry_id_hex(license_id >> 128)


def new_ref() -> str:
    """A fresh 32-byte key for a business action."""
    return "0x" + secrets.token_hex(32)
