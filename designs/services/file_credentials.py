"""Reading what Content Credentials an upload brings, and keeping what was found."""

from pathlib import Path

from designs.credentials import FoundCredentials, read_credentials
from designs.inspection import DetectedType, InspectionError
from designs.models import DesignVersion, FileCredentials
from designs.sandbox import ChildFailed, Progress

# Every manifest store names itself so, whatever the format that it lies in.
_MARK = b"c2pa"
_CHUNK = 1 << 20


def find_credentials(path: Path, detected: DetectedType, folder: Path, progress: Progress) -> FoundCredentials:
    """What an image brings. Its reader failing on it is told as *invalid*: it refuses nobody's upload. Raises
    InspectionError when the reader was interrupted."""
    if detected.kind != "image" or not _is_marked(path):
        return FoundCredentials("absent")
    try:
        return read_credentials(path, detected.media_type, folder, progress)
    except ChildFailed as failure:
        if failure.interrupted:
            raise InspectionError(failure.code) from failure
        return FoundCredentials("invalid", failures=[f"not read: {failure.code}"])


def keep_credentials(*, version: DesignVersion, found: FoundCredentials) -> None:
    """Write what was found, in the transaction that ends the inspection."""
    said = {"state": found.state, "said": found.as_json()}
    FileCredentials.objects.update_or_create(version_id=version.pk, defaults=said)


def _is_marked(path: Path) -> bool:
    """Whether the bytes of a manifest's name stand in the file at all: in most they do not, and no child is needed."""
    before = b""
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            if _MARK in before + chunk:
                return True
            before = chunk[-len(_MARK) + 1 :]
    return False
