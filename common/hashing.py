"""Digests of streams and bytes, one way for the whole house."""

import hashlib
from collections.abc import Iterator
from typing import IO

# Not by eth_utils: it imports far more than it does here, and every process imports this.
from eth_hash.auto import keccak

BLOCK_BYTES = 1024 * 1024


def blocks(stream: IO[bytes], size: int = BLOCK_BYTES) -> Iterator[bytes]:
    """Yield a stream's bytes in pieces of at most `size`, so that memory stays constant."""
    while block := stream.read(size):
        yield block


def sha256_of(stream: IO[bytes]) -> str:
    """SHA-256 of what is left in the stream, as 64 lower-case hex digits."""
    digest = hashlib.sha256()
    for block in blocks(stream):
        digest.update(block)
    return digest.hexdigest()


def keccak256(data: bytes) -> bytes:
    """Keccak-256 as the EVM computes it (not NIST's SHA3-256): 32 bytes."""
    return bytes(keccak(data))
