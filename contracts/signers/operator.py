"""Which signer is the operator's."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from contracts.chains import Chain
from contracts.errors import SignerRefused
from contracts.signers.local import EnvironmentSigner, KeystoreSigner
from contracts.signers.remote import RemoteSigner
from contracts.signers.signer import Signer


def operator_signer(chain: Chain) -> Signer:
    """The operator's signer on this chain. Raises SignerRefused for none, or more than one."""
    return _signer(
        settings.OPERATOR_KEY,
        settings.OPERATOR_KEYSTORE,
        settings.OPERATOR_KEYSTORE_PASSWORD,
        settings.OPERATOR_SIGNER_URL,
        settings.OPERATOR_ADDRESS,
        chain.chain_id,
    )


@lru_cache(maxsize=8)
def _signer(key: str, keystore: str, password: str, url: str, address: str, chain_id: int) -> Signer:
    named = [
        name
        for name, value in (("OPERATOR_KEY", key), ("OPERATOR_KEYSTORE", keystore), ("OPERATOR_SIGNER_URL", url))
        if value
    ]
    if len(named) > 1:
        raise SignerRefused(f"{' and '.join(named)} are both set: the operator's key is in one place.")
    if keystore:
        return KeystoreSigner(Path(keystore), password, chain_id=chain_id)
    if url:
        return RemoteSigner(url, address, chain_id=chain_id)
    return EnvironmentSigner(key, chain_id=chain_id)
