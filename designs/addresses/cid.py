"""CIDv1 under the profile unixfs-v1-2025 (IPIP-499): 1 MiB chunks, raw leaves, 1024 links, balanced.

"The CID of a file" is ambiguous without its profile, so the profile's name travels beside the CID. Formats:
multiformats/cid, ipld dag-pb, ipfs UnixFS protobuf.
"""

import hashlib
from typing import IO

from common.hashing import blocks

from .tree import Tree, leaf_of, text_of

PROFILE = "unixfs-v1-2025"
CHUNK_BYTES = 1024 * 1024
MAX_LINKS = 1024


class CidHasher:
    """The CID of a file as its bytes pass by, in memory that grows with the depth of the tree only.

    `chunk_bytes` and `max_links` are the profile's; smaller ones let tests reach deep trees with few bytes.
    """

    def __init__(self, *, chunk_bytes: int = CHUNK_BYTES, max_links: int = MAX_LINKS) -> None:
        self._chunk_bytes = chunk_bytes
        self._chunk = hashlib.sha256()
        self._chunk_size = 0
        self._tree = Tree(max_links=max_links)

    def update(self, data: bytes) -> None:
        """Take the next bytes of the file, in pieces of any size."""
        view = memoryview(data)
        while view:
            piece = view[: self._chunk_bytes - self._chunk_size]
            self._chunk.update(piece)
            self._chunk_size += len(piece)
            view = view[len(piece) :]
            if self._chunk_size == self._chunk_bytes:
                self._tree.add(leaf_of(self._chunk.digest(), self._chunk_size))
                self._chunk = hashlib.sha256()
                self._chunk_size = 0

    def digest(self) -> str:
        """The CID of all bytes so far, multibase base32. May be asked at any time."""
        tree = self._tree.copy_without_emit()
        if self._chunk_size or tree.is_empty:
            tree.add(leaf_of(self._chunk.digest(), self._chunk_size))
        return text_of(tree.root())


def cid_of(stream: IO[bytes]) -> str:
    """The CID of what is left in the stream."""
    hasher = CidHasher()
    for block in blocks(stream):
        hasher.update(block)
    return hasher.digest()
