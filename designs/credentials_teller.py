"""What `manage.py verify` says of a file's Content Credentials. The stand-alone verifier does not look at them."""

import tempfile
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

_TYPES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}


def tell(path: Path) -> dict[str, Any]:
    """Their state (trusted, valid, invalid, absent) and what they say, read in a child; `sentence` is for people."""
    from designs.credentials import FoundCredentials, read_credentials
    from designs.sandbox import ChildFailed

    with path.open("rb") as stream:
        head = stream.read(4)
    media_type = next((kind for magic, kind in _TYPES.items() if head.startswith(magic)), "")
    found = FoundCredentials("absent")
    if media_type:
        with tempfile.TemporaryDirectory(prefix="credentials-") as folder:
            try:
                found = read_credentials(path, media_type, Path(folder))
            except ChildFailed as failure:
                found = FoundCredentials("invalid", failures=[f"not read: {failure.code}"])
    return {**found.as_json(), "sentence": _sentence(found.state, found.signed_by)}


def _sentence(state: str, signed_by: str) -> str:
    signer = signed_by or _("somebody")
    return {
        "trusted": _(
            "Content Credentials: trusted; the file is as %(signer)s signed it, whom an authority vouches for."
        ),
        "valid": _(
            "Content Credentials: valid; the file is as %(signer)s signed it, whom no known authority vouches for."
        ),
        "invalid": _("Content Credentials: invalid; the file is not as it was signed, or they are broken."),
        "absent": _("Content Credentials: absent."),
    }[state] % {"signer": signer}
