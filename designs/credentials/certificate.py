"""The operator's certificate for Content Credentials: an ES256 key and the chain that vouches for it.

The key signs here, in the parent process, and is told to no child that reads a file.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from django.conf import settings
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from designs.errors import DesignError

# A COSE Sig_structure (RFC 9052, 4.4): an array of four whose first is the context "Signature1".
_SIG_STRUCTURE = b"\x84\x6aSignature1"
MOST_SIGNED_BYTES = 256 * 1024


class CertificateError(DesignError):
    """The settings name a certificate that cannot be used; `str()` says why."""

    def __init__(self, message: str) -> None:
        super().__init__("certificate", message)


@dataclass(frozen=True)
class Certificate:
    """The chain in PEM, leaf first, and what signs with the leaf's key. `ends_at` is when the leaf ends, `fingerprint`
    the leaf's SHA-256 in hex."""

    chain: str
    fingerprint: str
    subject: str
    ends_at: datetime
    key: ec.EllipticCurvePrivateKey

    def __repr__(self) -> str:
        return f"Certificate({self.subject})"

    def sign(self, structure: bytes) -> bytes:
        """64 bytes r and s of ES256 over a COSE Sig_structure. Raises ValueError for anything else."""
        if not structure.startswith(_SIG_STRUCTURE) or len(structure) > MOST_SIGNED_BYTES:
            raise ValueError("not what a claim of Content Credentials is signed over")
        r, s = utils.decode_dss_signature(self.key.sign(structure, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def configured_certificate() -> Certificate | None:
    """The certificate of the settings, or of their folder; None where there is none. Raises CertificateError."""
    key, chain = settings.CREDENTIALS_KEY, settings.CREDENTIALS_CHAIN
    if not key and not chain:
        folder = Path(settings.CREDENTIALS_DIR)
        try:
            key, chain = (folder / "key.pem").read_text(), (folder / "chain.pem").read_text()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise CertificateError(_("The certificate in CREDENTIALS_DIR cannot be read.")) from error
    found = _read(key, chain)
    if not found.ends_at > datetime.now(UTC):
        raise CertificateError(
            _("The certificate for Content Credentials ended on %(day)s. Put a new one in its place.")
            % {"day": found.ends_at.strftime("%Y-%m-%d")}
        )
    return found


def signing_certificate() -> Certificate | None:
    """As `configured_certificate`, and None for one that cannot be used: what is delivered is then not signed by it."""
    try:
        return configured_certificate()
    except CertificateError:
        return None


def trust_anchors() -> str:
    """PEM of the authorities whose signatures count as trusted: those of the settings, and our own chain's last."""
    known = Path(settings.CREDENTIALS_ANCHORS).read_text() if settings.CREDENTIALS_ANCHORS else ""
    try:
        ours = configured_certificate()
    except CertificateError:
        ours = None
    if ours is None:
        return known
    *_rest, last = ours.chain.strip().split("-----BEGIN CERTIFICATE-----")
    return f"{known.rstrip()}\n-----BEGIN CERTIFICATE-----{last}\n".lstrip()


@lru_cache(maxsize=4)
@sensitive_variables()
def _read(key: str, chain: str) -> Certificate:
    # Variables of an environment hold no line feeds.
    key, chain = key.replace("\\n", "\n"), chain.replace("\\n", "\n")
    try:
        private = serialization.load_pem_private_key(key.encode(), None)
        certificates = x509.load_pem_x509_certificates(chain.encode())
    except (ValueError, TypeError) as error:
        raise CertificateError(_("CREDENTIALS_KEY or CREDENTIALS_CHAIN is not PEM that can be read.")) from error
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise CertificateError(_("CREDENTIALS_KEY must be a key on P-256, for ES256."))
    leaf = certificates[0]
    if leaf.public_key() != private.public_key():
        raise CertificateError(_("The first certificate of CREDENTIALS_CHAIN is not that of CREDENTIALS_KEY."))
    fingerprint = leaf.fingerprint(hashes.SHA256()).hex()
    return Certificate(chain, fingerprint, leaf.subject.rfc4514_string(), leaf.not_valid_after_utc, private)
