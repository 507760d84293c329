"""What a creator decides about public copies. Nothing is made without their choice, nor before publication."""

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.tasks import nudge
from contracts.chains import chain
from contracts.selectors import confirmation_status
from designs.encryption import KeyUnavailable
from designs.errors import DesignError
from designs.models import Attachment, Design, DesignVersion, EntryVersion, PublicCopy, RegistryEntry
from designs.public_stores import configured_places, is_removable
from designs.selectors import HIDDEN, SELLING, with_entry
from designs.services.version_keys import version_key

logger = structlog.get_logger(__name__)

State = PublicCopy.State


def why_not_public(version: DesignVersion) -> str:
    """Why no copy of this version may be made public now, for its creator; "" when one may."""
    found = with_entry(Design.objects.filter(pk=version.design_id)).get()
    if found.state in HIDDEN or found.entry_status not in SELLING:  # type: ignore[attr-defined]
        return _("A design that was taken down, suspended or withdrawn gets no public copy.")
    if confirmation_status(_block_of(version, found), chain()).code != "final":
        return _("A public copy can be made once the design is published and its registration is final.")
    return ""


def _block_of(version: DesignVersion, design: Design) -> int | None:
    """The block in which this very file was registered for the design, first or as a further version."""
    where = {
        "chain_id": design.chain_id,
        "entry_id": design.entry_id,
        "output_hash": version.master.output_hash,
    }
    if design.entry_id is None:
        return None
    for kind in (RegistryEntry, EntryVersion):
        block = kind.objects.filter(**where).values_list("event__block__number", flat=True).first()
        if block is not None:
            return int(block)
    return None


def make_copies(*, actor: User, version: DesignVersion, place: str, understood: bool) -> list[PublicCopy]:
    """Ask for encrypted copies of a published version in a public store: of its master, and of each further file that
    comes with a license, as far as there is none. What is private is never copied.

    `understood`: the creator confirmed that whoever gets its key can open it for ever. Raises DesignError.
    """
    _check_owner(actor, version)
    if not understood:
        raise DesignError("not_understood", _("Confirm that you have read what a public copy means."))
    if place not in configured_places():
        raise DesignError("no_such_place", _("This store is not available here. Choose another one."))
    if reason := why_not_public(version):
        raise DesignError("not_published", reason)
    with transaction.atomic():
        try:
            version_key(version=version)
        except KeyUnavailable as error:
            logger.error("version_key_unavailable", version=version.pk, reason=error.detail)
            raise DesignError(
                "no_store_key", _("Copies cannot be encrypted here at the moment. The operator has been told.")
            ) from error
        # Whoever asks at the same time waits above for the lock on the version.
        missing = missing_in(version, place)
        if not missing:
            raise DesignError("copy_exists", _("There is such a copy already, or one is on its way."))
        copies = [
            PublicCopy.objects.create(version=version, attachment=one, place=place, chosen_by=actor) for one in missing
        ]
        for copy in copies:
            _nudge(copy.pk)
    logger.info("copy_chosen", version=version.pk, place=place, by=str(actor.public_id), files=len(copies))
    return copies


def missing_in(version: DesignVersion, place: str) -> list[Attachment | None]:
    """Which files of a version could have a copy there and have none: None is the master."""
    here = version.public_copies.filter(place=place).exclude(state=State.REMOVED)
    copied = set(here.values_list("attachment_id", flat=True))
    released = version.attachments.filter(release=Attachment.Release.WITH_LICENSE)
    return [one for one in (None, *released) if (one.pk if one is not None else None) not in copied]


def retry_copy(*, actor: User, copy: PublicCopy) -> bool:
    """Try a failed copy again. False when it had not failed."""
    _check_owner(actor, copy.version)
    again = PublicCopy.objects.filter(pk=copy.pk, state=State.FAILED).update(
        state=State.WAITING, attempts=0, not_before=None, error_code="", message="", detail=""
    )
    if again:
        _nudge(copy.pk)
    return bool(again)


def remove_copy(*, actor: User, copy: PublicCopy) -> bool:
    """Take a copy away where its store can. False when it is already going. Raises DesignError."""
    _check_owner(actor, copy.version)
    return take_away(copy)


def take_away(copy: PublicCopy) -> bool:
    """The same for an operator, who needs not own it."""
    if PublicCopy.objects.filter(pk=copy.pk, state__in=[State.WAITING, State.FAILED], name="").update(
        state=State.REMOVED, removed_at=timezone.now()
    ):
        return True
    if not is_removable(copy.place):
        raise DesignError(
            "permanent",
            _("What is on %(place)s stays there: nobody can remove it.") % {"place": copy.get_place_display()},
        )
    going = PublicCopy.objects.filter(
        Q(state=State.STANDING) | Q(state__in=[State.WAITING, State.FAILED]), pk=copy.pk
    ).update(state=State.LEAVING, attempts=0, not_before=None, error_code="", message="", detail="")
    if going:
        _nudge(copy.pk)
    return bool(going)


def _check_owner(actor: User, version: DesignVersion) -> None:
    if version.design.owner_id != actor.pk:
        raise DesignError("not_yours", _("Only the creator of a design decides about its public copies."))


def _nudge(copy_id: int) -> None:
    from designs.tasks import work_on_copy

    nudge(work_on_copy, copy_id)
