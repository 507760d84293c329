"""Addresses as we write them everywhere: with the mixed case that tells a wrong digit (ERC-55)."""

from common.hashing import keccak256


def checksummed(address: str) -> str:
    """An address with its checksum, from 0x and 40 hex digits in whatever case. Raises ValueError for anything else."""
    digits = address[2:].lower()
    if address[:2] not in ("0x", "0X") or len(digits) != 40 or digits.strip("0123456789abcdef"):
        raise ValueError(f"{address[:60]!r} is no address")
    digest = keccak256(digits.encode()).hex()
    return "0x" + "".join(digit.upper() if mark > "7" else digit for digit, mark in zip(digits, digest, strict=False))
