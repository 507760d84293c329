"""What `manage.py verify` says of a file's Content Credentials. The stand-alone verifier does not look at them."""

import tempfile
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from designs.credentials import FoundCredentials, read_credentials
from designs.inspection import image_type
from designs.sandbox import ChildFailed
from designs.services.received import OPAQUE


def tell(path: Path, beside: Path | None) -> dict[str, Any]:
    """Their state (trusted, valid, invalid, absent, not_checked) and what they say, read in a child; `sentence` is for
    people. As of an upload, an image is asked for those in it, and any file for those `beside` it.
    """
    media_type = image_type(path)
    if media_type is None and beside is None:
        sentence = _(
            "Content Credentials: not checked. Of a file like this only those beside it can be: --credentials FILE."
        )
        return {"state": "not_checked", "sentence": sentence}
    with tempfile.TemporaryDirectory(prefix="credentials-") as folder:
        try:
            found = read_credentials(path, media_type or OPAQUE, Path(folder), beside=beside)
        except ChildFailed as failure:
            found = FoundCredentials("invalid", failures=[f"not read: {failure.code}"])
    return {**found.as_json(), "sentence": found.sentence}
