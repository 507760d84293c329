"""Verifying a file from the chain alone, on Python's standard library. `one_file` is all of it, to copy anywhere."""

from .one_file import one_file
from .rendition import Rendition
from .statement import NoStatement, Statement
from .verify import (
    CannotAnswer,
    Claim,
    Node,
    OnSale,
    Verdict,
    as_json,
    main,
    report,
    sha256_of,
    verify_file,
    verify_hash,
)

__all__ = [
    "CannotAnswer",
    "Claim",
    "NoStatement",
    "Node",
    "OnSale",
    "Rendition",
    "Statement",
    "Verdict",
    "as_json",
    "main",
    "one_file",
    "report",
    "sha256_of",
    "verify_file",
    "verify_hash",
]
