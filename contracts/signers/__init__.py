"""Keys are signers, not strings (law 12): the operator's, wherever the settings say that its key is."""

from contracts.signers.development import DEVELOPMENT_ACCOUNTS, LOCAL_CHAIN_ID
from contracts.signers.local import EnvironmentSigner, KeystoreSigner
from contracts.signers.operator import operator_signer
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
]
