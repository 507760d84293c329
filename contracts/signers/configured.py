"""Which signers the settings name: the operator's, and one of its own for payouts where there is one."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from contracts.chains import Chain
from contracts.errors import SignerRefused
from contracts.signers.local import EnvironmentSigner, KeystoreSigner
from contracts.signers.remote import RemoteSigner
from contracts.signers.signer import Signer

PLACES = ("KEY", "KEYSTORE", "KEYSTORE_PASSWORD", "SIGNER_URL", "ADDRESS")


def operator_signer(chain: Chain) -> Signer:
    """The operator's signer on this chain. Raises SignerRefused for none, or more than one."""
    return _named("OPERATOR", chain)


def payout_signer(chain: Chain) -> Signer:
    """Who sends what anybody may send: payouts and what is due before them. The operator's where none is named.

    Its transactions have nonces of their own, so that purchases and payouts never wait for each other.
    Raises SignerRefused.
    """
    named = any(getattr(settings, f"PAYOUT_{place}") for place in PLACES)
    return _named("PAYOUT", chain) if named else operator_signer(chain)


def signer_of(chain: Chain, sender: str) -> Signer:
    """The signer of one of our keys. Raises SignerRefused for an address whose key we do not have."""
    for signer in (operator_signer(chain), payout_signer(chain)):
        if signer.address == sender:
            return signer
    raise SignerRefused(f"No signer here has the key of {sender}.")


def _named(whose: str, chain: Chain) -> Signer:
    return _signer(whose, *(getattr(settings, f"{whose}_{place}") for place in PLACES), chain.chain_id)


@lru_cache(maxsize=16)
def _signer(whose: str, key: str, keystore: str, password: str, url: str, address: str, chain_id: int) -> Signer:
    named = [
        f"{whose}_{place}" for place, value in (("KEY", key), ("KEYSTORE", keystore), ("SIGNER_URL", url)) if value
    ]
    if len(named) > 1:
        raise SignerRefused(f"{' and '.join(named)} are both set: a key is in one place.")
    if keystore:
        return KeystoreSigner(Path(keystore), password, chain_id=chain_id, whose=whose)
    if url:
        return RemoteSigner(url, address, chain_id=chain_id, whose=whose)
    return EnvironmentSigner(key, chain_id=chain_id, whose=whose)
