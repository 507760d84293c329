"""Verifying a file from the chain alone, on Python's standard library. `one_file` is all of it, to copy anywhere."""

from .field_proof import FieldProof, NoProof
from .one_file import one_file
from .proof_verdict import Proven
from .rendition import Rendition
from .statement import NoStatement, Statement
from .verify import (
    CannotAnswer,
    Claim,
    Node,
    OnSale,
    Verdict,
    main,
    sha256_of,
    verify_file,
    verify_hash,
    verify_proof,
)
from .wording import as_json, report

__all__ = [
    "CannotAnswer",
    "Claim",
    "FieldProof",
    "NoProof",
    "NoStatement",
    "Node",
    "OnSale",
    "Proven",
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
    "verify_proof",
]
