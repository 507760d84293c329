"""Content addresses: which CID a file has, under a profile with a name."""

from .car import WrongRoot, write_car
from .cid import PROFILE, CidHasher, cid_of
from .content import Address, ContentHasher, address_of

__all__ = ["PROFILE", "Address", "CidHasher", "ContentHasher", "WrongRoot", "address_of", "cid_of", "write_car"]
