"""Drafting a model, program or data set. Any change takes back an open request for consent, as with designs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import IO, Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.hashing import sha256_of
from designs.models import Resource, ResourcePart
from designs.services.upload import Part, check_parts
from studio.errors import PublishingError
from studio.services.lineage import check_terms
from studio.services.publishing import take_back

MOST_DRAFTS = 200


@dataclass(frozen=True)
class ResourceWords:
    """What its owner says of it, and asks of works that are made with it; `ppm` in parts per million, `minimum` in base
    units of the test dollar."""

    kind: str
    name: str
    license: str
    version: str = ""
    description: str = ""
    license_address: str = ""
    address: str = ""
    open: bool = True
    binding: bool = False
    ppm: int = 0
    minimum: int = 0


@dataclass(frozen=True)
class FileHash:
    """The SHA-256 (64 hex digits) of its file. With a size (bytes) we computed it, else its owner stated it."""

    sha256: str
    size: int | None = None


def hash_file(stream: IO[bytes], *, size: int) -> FileHash:
    """Hash a file that is not kept."""
    return FileHash(sha256_of(stream), size)


@transaction.atomic
def draft_resource(*, owner: User, words: ResourceWords, file: FileHash, parts: Sequence[Part]) -> Resource:
    """Begin to register. Raises DesignError for shares or terms that the registry would refuse."""
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    if owner.resources.filter(state=Resource.State.DRAFT).count() >= MOST_DRAFTS:
        raise PublishingError("too_many_drafts", _("You have 200 drafts already. Register or discard some of them."))
    _check(words, parts, owner)
    resource = Resource.objects.create(owner=owner, **_columns(words, file))
    _write_parts(resource, parts)
    return resource


@transaction.atomic
def change_resource(
    *, actor: User, resource: Resource, words: ResourceWords, parts: Sequence[Part], file: FileHash | None = None
) -> None:
    """Rewrite a draft; without `file` the hash stays. Raises DesignError, and then nothing has changed."""
    resource = _editable(actor=actor, resource=resource)
    _check(words, parts, actor)
    kept = file or FileHash(resource.sha256, resource.size)
    Resource.objects.filter(pk=resource.pk).update(**_columns(words, kept))
    resource.contributions.all().delete()
    _write_parts(resource, parts)


@transaction.atomic
def discard_resource(*, actor: User, resource: Resource) -> None:
    """Delete a draft that never reached the chain."""
    resource = _editable(actor=actor, resource=resource)
    resource.publications.all().delete()
    resource.delete()


def _columns(words: ResourceWords, file: FileHash) -> dict[str, Any]:
    said = asdict(words) if words.open else {**asdict(words), "binding": False, "ppm": 0, "minimum": 0}
    return {**said, "sha256": file.sha256, "size": file.size, "hashed_here": file.size is not None}


def _editable(*, actor: User, resource: Resource) -> Resource:
    resource = Resource.objects.select_for_update().get(pk=resource.pk, owner=actor)
    if resource.state != Resource.State.DRAFT:
        raise PublishingError(
            "not_a_draft", _("This is being registered or is registered; it cannot be changed any more.")
        )
    take_back(actor=actor, work=resource)
    return resource


def _check(words: ResourceWords, parts: Sequence[Part], owner: User) -> None:
    check_parts(parts, owner=owner)
    if words.open:
        check_terms(ppm=words.ppm, minimum=words.minimum)


def _write_parts(resource: Resource, parts: Sequence[Part]) -> None:
    ResourcePart.objects.bulk_create(
        ResourcePart(resource=resource, account=part.account, role=part.role, units=part.units) for part in parts
    )
