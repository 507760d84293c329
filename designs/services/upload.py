"""From bytes in hand to a draft with its processing steps."""

import io
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from designs.errors import DesignError
from designs.inspection import DetectedType, preflight
from designs.models import (
    SHARE_UNITS,
    Contribution,
    Design,
    DesignVersion,
)
from designs.services.attachments import NewAttachment, attach, keep_file
from designs.services.processing import plan_processing
from designs.services.received import ReceivedFile, asset_of
from designs.services.stored_files import hold_stored
from designs.storage import StoredBlob, master_store, scratch_folder
from designs.storage.configured import MASTERS


@dataclass(frozen=True)
class MadeWith:
    """How a file came to be, as its creator states it."""

    model_name: str = ""
    model_version: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    prompt: str = ""
    seed: str = ""
    tools: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Part:
    """One person's part in a design: units of 1,000,000."""

    account: User
    role: str
    units: int


def check_parts(parts: Sequence[Part], *, owner: User) -> None:
    """Raise DesignError unless the parts are distinct people, with the owner, and sum to 1,000,000 units."""
    people = [part.account.pk for part in parts]
    if len(set(people)) != len(people):
        raise DesignError("duplicate_part", _("Each person can have one part only. Add their shares together."))
    if owner.pk not in people:
        raise DesignError("owner_without_part", _("You need a share of your own, if only a small one."))
    if any(part.units < 1 for part in parts):
        raise DesignError("empty_part", _("A share must be greater than 0 %. Remove the person or raise it."))
    total = sum(part.units for part in parts)
    if total != SHARE_UNITS:
        raise DesignError(
            "shares_do_not_add_up",
            _("The shares add up to %(total)s %%, not to 100 %%. Adjust them and save again.")
            % {"total": f"{total / 10_000:.4f}".rstrip("0").rstrip(".")},
        )


def create_draft(
    *,
    owner: User,
    title: str,
    description: str,
    tags: Sequence[str],
    disclosure: str,
    made_with: MadeWith,
    master: ReceivedFile,
    parts: Sequence[Part],
    attachments: Sequence[NewAttachment] = (),
    bulk: bool = False,
    units: str = "",
    up: str = "",
) -> Design:
    """Store the file by its content and open a draft whose processing has begun; with `bulk`, once nobody waits.

    `units` and `up` are what the creator says of a mesh whose format does not.
    Raises DesignError (shares, attachments), InspectionError (not a file we take) and FileTooLarge (storage);
    nothing is left in the database then.
    """
    check_parts(parts, owner=owner)
    blob, detected = receive_master(master)
    kept = [(new, keep_file(new.file)) for new in attachments]
    with transaction.atomic():
        # All at once: who brings some of the same files in another order would wait for us, and we for them.
        hold_stored(store=MASTERS, names=[blob.sha256, *(file.sha256 for _new, file in kept)])
        design = Design.objects.create(
            owner=owner,
            title=title,
            description=description,
            tags=list(tags),
            disclosure=disclosure,
            kind=detected.kind,
        )
        version = DesignVersion.objects.create(
            design=design,
            master=asset_of(blob, media_type=detected.media_type),
            file_name=master.safe_name,
            bulk=bulk,
            stated_units=units,
            stated_up=up,
            **vars(made_with),
        )
        Contribution.objects.bulk_create(
            Contribution(design=design, account=part.account, role=part.role, units=part.units) for part in parts
        )
        for new, file in kept:
            attach(version=version, new=new, blob=file)
        plan_processing(version=version)
    return design


def receive_master(master: ReceivedFile) -> tuple[StoredBlob, DetectedType]:
    """Look at a master's head and store it. A refused one is not stored: what is can be another's, and stays."""
    with _on_disk(master.stream) as path:
        detected = preflight(path, master.safe_name)
    return master_store().put(master.stream, max_bytes=settings.ASSET_MAX_BYTES), detected


@contextmanager
def _on_disk(stream: IO[bytes]) -> Iterator[Path]:
    """Where the bytes in hand lie. A small upload lies in memory, and is written down to be looked at."""
    if not isinstance(stream, io.BytesIO):
        yield Path(f"/proc/self/fd/{stream.fileno()}")
        return
    with tempfile.NamedTemporaryFile(dir=scratch_folder()) as written:
        shutil.copyfileobj(stream, written)
        written.flush()
        stream.seek(0)
        yield Path(written.name)
