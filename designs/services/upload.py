"""From bytes in hand to a draft with its processing steps."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from designs.errors import DesignError
from designs.inspection import DetectedType, preflight
from designs.models import (
    SHARE_UNITS,
    Asset,
    Contribution,
    Design,
    DesignVersion,
)
from designs.services.processing import plan_processing
from designs.storage import StoredBlob, master_store


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


@dataclass(frozen=True)
class ReceivedFile:
    stream: IO[bytes]
    name: str

    @property
    def safe_name(self) -> str:
        return PurePath(self.name).name[-160:] or "file"


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
    source: ReceivedFile | None = None,
    bulk: bool = False,
    units: str = "",
    up: str = "",
) -> Design:
    """Store the file by its content and open a draft whose processing has begun; with `bulk`, once nobody waits.

    `units` and `up` are what the creator says of a mesh whose format does not.
    Raises DesignError (shares), InspectionError (not a file we take) and FileTooLarge or EmptyFile (storage);
    nothing is left in the database then.
    """
    check_parts(parts, owner=owner)
    blob, detected = receive_master(master)
    source_blob = master_store().put(source.stream, max_bytes=settings.SOURCE_MAX_BYTES) if source else None
    with transaction.atomic():
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
            source=asset_of(source_blob, media_type="application/octet-stream") if source_blob else None,
            source_name=source.safe_name if source else "",
            bulk=bulk,
            stated_units=units,
            stated_up=up,
            **vars(made_with),
        )
        Contribution.objects.bulk_create(
            Contribution(design=design, account=part.account, role=part.role, units=part.units) for part in parts
        )
        plan_processing(version=version)
    return design


def receive_master(master: ReceivedFile) -> tuple[StoredBlob, DetectedType]:
    """Store a master and look at its head. A refused one's blob stays: it may be another's."""
    blob = master_store().put(master.stream, max_bytes=settings.ASSET_MAX_BYTES)
    return blob, preflight(master_store().path(blob.sha256), master.safe_name)


def asset_of(blob: StoredBlob, *, media_type: str) -> Asset:
    """The one row for these bytes."""
    asset, _created = Asset.objects.get_or_create(
        sha256=blob.sha256, defaults={"cid": blob.cid, "size": blob.size, "media_type": media_type}
    )
    return asset
