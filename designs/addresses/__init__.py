"""Content addresses: which CID a file has, under a profile with a name."""

from .cid import PROFILE, CidHasher, cid_of

__all__ = ["PROFILE", "CidHasher", "cid_of"]
