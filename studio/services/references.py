"""Naming what a draft was made with. An entry that is open to derived works becomes a parent, so that it earns."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from contracts.chains import chain
from designs.models import ENTRY_KINDS, Design, Reference, RegistryEntry
from designs.selectors import SELLING, with_status
from studio.ancestry import ancestry_of, demands_of, standing_of
from studio.errors import PublishingError
from studio.models import ParentDraft
from studio.services.drafts import editable

MOST = 20


@transaction.atomic
def refer_to_entry(*, actor: User, design: Design, kind: str, entry_id: str) -> bool:
    """Name a registered model, program or dataset. Returns whether it is a parent, which earns on every sale: it
    becomes one when its owners have opened it to derived works. Raises PublishingError.
    """
    design = editable(actor=actor, design=design)
    here = chain()
    entries = RegistryEntry.objects.filter(chain_id=here.chain_id, entry_id=entry_id)
    entry = with_status(entries).first()
    if entry is None:
        raise PublishingError("no_such_entry", _("The registry has no such entry. Copy its id from its page."))
    if entry.kind != ENTRY_KINDS[Reference.Kind(kind)]:
        raise PublishingError(
            "other_kind",
            _("That entry is registered as another kind: %(kind)s.") % {"kind": entry.get_kind_display()},
        )
    if entry.entry_status not in SELLING:  # type: ignore[attr-defined]
        raise PublishingError(
            "entry_not_available", _("That entry is not available any more: nothing new can name it.")
        )
    version = design.versions.latest("number")
    if version.references.filter(kind=kind, entry_id=entry_id).exists():
        raise PublishingError("named_twice", _("It is named already."))
    _check_room(version.references.count())
    Reference.objects.create(version=version, kind=kind, chain_id=here.chain_id, entry_id=entry_id)
    return _earns(design, entry_id)


@transaction.atomic
def refer_elsewhere(
    *,
    actor: User,
    design: Design,
    kind: str,
    name: str,
    license: str,
    sha256: str = "",
    without_hash: str = "",
    address: str = "",
) -> Reference:
    """Name what is registered nowhere, by its license and its hash (64 hex digits), or by why there is no hash
    (Reference.WithoutHash). Raises PublishingError."""
    check_hash(sha256=sha256, without_hash=without_hash)
    design = editable(actor=actor, design=design)
    version = design.versions.latest("number")
    _check_room(version.references.count())
    return Reference.objects.create(
        version=version,
        kind=kind,
        name=name,
        license=license,
        sha256=sha256,
        without_hash=without_hash,
        address=address,
    )


def check_hash(*, sha256: str, without_hash: str) -> None:
    """Raise PublishingError unless there is one of the two."""
    if not sha256 and not without_hash:
        raise PublishingError("no_hash", _("Give its SHA-256, or say below why there is none."))
    if sha256 and without_hash:
        raise PublishingError("hash_and_reason", _("You give a SHA-256 above. Take that one out, or this."))


@transaction.atomic
def drop_reference(*, actor: User, design: Design, number: int) -> bool:
    """Take a reference off a draft, and off its parents where it became one. False when it has none of that number."""
    design = editable(actor=actor, design=design)
    found = Reference.objects.filter(version=design.versions.latest("number"), pk=number).first()
    if found is None:
        return False
    found.delete()
    if found.entry_id is not None:
        design.parent_drafts.filter(entry_id=found.entry_id).delete()
    return True


def _earns(design: Design, entry_id: str) -> bool:
    """Put an entry that is open to derived works among the parents, at the terms of now."""
    here = chain()
    named = list(design.parent_drafts.values_list("entry_id", flat=True))
    if entry_id in named or not standing_of(chain_id=here.chain_id, entry_ids=[entry_id])[entry_id].open:
        return entry_id in named
    demands = demands_of(chain_id=here.chain_id, entry_ids=[*named, entry_id])
    ancestry_of(chain_id=here.chain_id, demands=demands, currency=here.deployment.currency)
    ParentDraft.objects.create(
        design=design,
        position=1 + max(design.parent_drafts.values_list("position", flat=True), default=-1),
        chain_id=here.chain_id,
        entry_id=entry_id,
        max_ppm=demands[-1].ppm,
    )
    return True


def _check_room(there_are: int) -> None:
    if there_are >= MOST:
        raise PublishingError("too_many_references", _("A design can name 20 things that it was made with."))
