"""Keys are signers, not strings (law 12): wherever the settings say that they are."""

from contracts.signers.configured import operator_signer, payout_signer, signer_of
from contracts.signers.development import DEVELOPMENT_ACCOUNTS, LOCAL_CHAIN_ID
from contracts.signers.local import EnvironmentSigner, KeystoreSigner
from contracts.signers.remote import RemoteSigner
from contracts.signers.signer import SignedBytes, Signer

__all__ = [
    "DEVELOPMENT_ACCOUNTS",
    "LOCAL_CHAIN_ID",
    "EnvironmentSigner",
    "KeystoreSigner",
    "RemoteSigner",
    "SignedBytes",
    "Signer",
    "operator_signer",
    "payout_signer",
    "signer_of",
]
