"""Content addresses: which CID a file has, under a profile with a name."""

from .car import WrongRoot, write_car
from .cid import PROFILE, CidHasher, cid_of

__all__ = ["PROFILE", "CidHasher", "WrongRoot", "cid_of", "write_car"]
