"""Content Credentials (C2PA): signing what we publish and deliver, and reading what others signed."""

from .certificate import Certificate, CertificateError, configured_certificate, signing_certificate, trust_anchors
from .read import (
    STATES,
    WEB_LIMITS,
    FoundCredentials,
    NamedIngredient,
    found_in,
    read_credentials,
    read_credentials_beside,
)
from .sign import EMBEDDING, SIDECAR_TYPE, CredentialsError, Signed, sign_file

__all__ = [
    "EMBEDDING",
    "SIDECAR_TYPE",
    "STATES",
    "WEB_LIMITS",
    "Certificate",
    "CertificateError",
    "CredentialsError",
    "FoundCredentials",
    "NamedIngredient",
    "Signed",
    "configured_certificate",
    "found_in",
    "read_credentials",
    "read_credentials_beside",
    "sign_file",
    "signing_certificate",
    "trust_anchors",
]
