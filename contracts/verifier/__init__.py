"""Verifying a file from the chain alone. verify.py also runs by itself, copied anywhere."""

from .verify import CannotAnswer, Claim, Node, OnSale, Verdict, as_json, main, report, sha256_of, verify_hash

__all__ = [
    "CannotAnswer",
    "Claim",
    "Node",
    "OnSale",
    "Verdict",
    "as_json",
    "main",
    "report",
    "sha256_of",
    "verify_hash",
]
