"""What a file's Content Credentials say, for pages: its state, its words, and the works here that it names."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.core.cache import cache
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from common.locks import Lock, try_hold
from common.throttle import TooMany, allow
from contracts.chains import chain
from designs.credentials import (
    WEB_LIMITS,
    FoundCredentials,
    found_in,
    read_credentials,
    read_credentials_beside,
)
from designs.errors import DesignError
from designs.lineage import shown_by_entry
from designs.models import Design, DesignVersion, FileCredentials, Preview, PreviewCredential
from designs.sandbox import TRANSIENT, ChildFailed
from designs.selectors import HIDDEN
from designs.storage import StorageError, preview_store, scratch_folder
from designs.storage.base import readable

MOST_BYTES = 512 << 10
"""The library's time grows with the square of what a manifest holds."""
AT_ONCE = 2
"""Children that threads of the web wait for, over all processes and askers."""
PER_MINUTE = 20
"""Manifests that one address may have read."""
PICTURES_PER_MINUTE = 120
"""Pictures of ours that are read for all who ask."""
KEPT_SECONDS = 3600
LATER = frozenset({"not_read", "busy"})
"""Codes of refusals that hold for the moment alone."""
BUSY_SECONDS = 5


@dataclass(frozen=True)
class CredentialsShown:
    """What was found in a file, with the works on show here that it names as made from, each once."""

    found: FoundCredentials
    known: list[Design]

    @property
    def state(self) -> str:
        return self.found.state

    @property
    def sentence(self) -> str:
        return self.found.sentence

    @property
    def made_from(self) -> list[str]:
        return [one.title for one in self.found.ingredients if one.title]


def credentials_of(version: DesignVersion) -> CredentialsShown | None:
    """None where no file of this version was looked at."""
    row = FileCredentials.objects.filter(version=version).first()
    return None if row is None else _shown(row, chain_id=version.design.chain_id)


def credentials_by_master(sha256: str) -> CredentialsShown | None:
    """What was found in a file with this hash, whoever uploaded it: it says the same for all. None for others."""
    row = FileCredentials.objects.filter(version__master__sha256=sha256).order_by("id").first()
    return None if row is None else _shown(row, chain_id=None)


def credentials_by_picture(sha256: str) -> CredentialsShown | None:
    """What a picture says that pages here show of a published design, read as of any file; None for others."""
    shown = Preview.objects.filter(sha256=sha256, credential__state=PreviewCredential.State.DONE)
    picture = shown.exclude(version__design__state__in=HIDDEN).order_by("id").first()
    if picture is None:
        return None
    found = _read_picture(picture)
    return None if found is None else _with_works(found, chain_id=None)


def _read_picture(picture: Preview) -> FoundCredentials | None:
    """It takes a child, so what was read is kept for an hour, and nothing is read while very many are asked for."""
    place = f"credentials:picture:{picture.sha256}"
    if kept := cache.get(place):
        return found_in(kept)
    with tempfile.TemporaryDirectory(prefix="credentials-", dir=scratch_folder()) as folder:
        try:
            allow("credentials-of-pictures", limit=PICTURES_PER_MINUTE, seconds=60)
            path = preview_store().path(picture.sha256)
            with _one_of_few():
                found = read_credentials(path, picture.media_type, Path(folder), limits=WEB_LIMITS)
        except (TooMany, DesignError, ChildFailed, StorageError):
            return None
    cache.set(place, found.as_json(), timeout=KEPT_SECONDS)
    return found


def credentials_beside(manifest: UploadedFile | None, *, sha256: str, asker: str) -> CredentialsShown:
    """What a manifest says that lies beside a file with this hash, which stays where it is: as manage.py verify says
    it. Each takes a child. Raises TooMany, or DesignError where nothing can be said."""
    if not manifest:
        raise DesignError("none_sent", _("Choose the file with the Content Credentials. Its name often ends in .c2pa."))
    if manifest.size is None or manifest.size > MOST_BYTES:
        raise DesignError(
            "too_large",
            _("Content Credentials of more than %(most)s are not read here: manage.py verify FILE --credentials FILE.")
            % {"most": readable(MOST_BYTES)},
        )
    allow(f"credentials-beside:{asker}", limit=PER_MINUTE, seconds=60)
    with tempfile.TemporaryDirectory(prefix="credentials-", dir=scratch_folder()) as folder:
        path = Path(folder) / "manifest"
        path.write_bytes(manifest.read())
        try:
            with _one_of_few():
                found = read_credentials_beside(path, sha256=sha256, folder=Path(folder))
        except ChildFailed as failure:
            if failure.code in TRANSIENT:
                raise DesignError("not_read", _("They could not be read. Nothing was lost; try again.")) from failure
            found = FoundCredentials("invalid", failures=[f"not read: {failure.code}"])
    return _with_works(found, chain_id=None)


@contextmanager
def _one_of_few() -> Iterator[None]:
    """Raises DesignError at once where enough children are at work; the place of a killed process is free again."""
    with transaction.atomic():
        if not any(try_hold(Lock.CREDENTIALS, place) for place in range(AT_ONCE)):
            raise DesignError("busy", _("Other credentials are being read at the moment. Try again in some seconds."))
        yield


def _shown(row: FileCredentials, *, chain_id: int | None) -> CredentialsShown | None:
    try:
        found = found_in({**row.said, "state": row.state})
    except ChildFailed:
        return None
    return _with_works(found, chain_id=chain_id)


def _with_works(found: FoundCredentials, *, chain_id: int | None) -> CredentialsShown:
    """With the works on show here that it names, each once; on the public chain where none is said."""
    entries = [found.entry, *(one.entry for one in found.ingredients)]
    wanted = [one for one in dict.fromkeys(entries) if one]
    known = shown_by_entry(chain_id=chain_id or chain().chain_id, entry_ids=wanted) if wanted else {}
    return CredentialsShown(found, [known[one] for one in wanted if one in known])
