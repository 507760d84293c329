"""Handing a registration that everyone signed to the outbox, and what becomes of one that fails."""

from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services import notify
from contracts.chains import chain, chain_of
from contracts.errors import ChainNotDeployed, NotDecidedYet
from contracts.outbox import enqueue
from contracts.selectors import is_final
from designs.models import Design, RegistryEntry, Resource
from moderation.models import Review
from studio.kinds import REGISTER
from studio.models import Consent, Publication
from studio.registration import is_current, register_arguments
from studio.services.publishing.dropping import drop, locked
from studio.works import studio_address

logger = structlog.get_logger(__name__)


@transaction.atomic
def submit_if_ready(*, publication_id: int) -> bool:
    """Hand the registration to the outbox when everyone signed and the review, which designs have, approved.
    Safe at any time."""
    publication = locked(publication_id)
    if publication.state != Publication.State.ASKED:
        return False
    if not _is_current(publication):
        return not drop(
            publication=publication,
            reason=_(
                "The contracts on the chain were replaced, and what was signed means the old ones. Publish again."
            ),
        )
    if publication.deadline <= timezone.now():
        return not drop(publication=publication, reason=_("Not everyone answered in time. Publish again to ask anew."))
    consents = list(publication.consents.order_by("position"))
    if any(consent.state != Consent.State.ACCEPTED for consent in consents):
        return False
    review = Review.objects.get(digest=publication.digest) if publication.design_id else None
    if review is not None and review.state == Review.State.REJECTED:
        _reject(publication=publication, review=review)
        return False
    if review is not None and review.state != Review.State.APPROVED:
        return False
    Publication.objects.filter(pk=publication.pk).update(state=Publication.State.SUBMITTED, submitted_at=timezone.now())
    work = publication.work
    type(work).objects.filter(pk=work.pk).update(
        state=Design.State.ANCHORING,
        state_reason="",
        chain_id=publication.chain_id,
        entry_id=publication.entry_id,
    )
    enqueue(
        kind=REGISTER,
        subject=f"studio.publication:{publication.public_id}",
        ref=bytes.fromhex(publication.ref[2:]),
        contract="DesignRegistry",
        function="register",
        args=register_arguments(
            publication.typed_data,
            signatures=[bytes(consent.signature or b"") for consent in consents],
            custodial=[consent.custodial for consent in consents],
        ),
    )
    return True


def _is_current(publication: Publication) -> bool:
    """Whether what was signed can still be registered; unknown, so yes, while nothing is deployed."""
    try:
        registry = chain().deployment.address("DesignRegistry")
    except ChainNotDeployed:
        return True
    return is_current(publication.typed_data, registry=registry)


def _reject(*, publication: Publication, review: Review) -> None:
    if not drop(publication=publication, reason=review.reason):
        return
    Design.objects.filter(publications=publication).update(state=Design.State.REJECTED, state_reason=review.reason)
    notify(
        user=publication.work.owner,
        kind="publication_rejected",
        key=str(publication.public_id),
        subject=_("“%(title)s” was not approved") % {"title": publication.work.title},
        body=review.reason,
        url=studio_address(publication.work),
    )


@transaction.atomic
def registration_failed(action: Any) -> None:
    """Outcome handler: the relayed registration failed for good. The draft comes back with the reason.

    Raises NotDecidedYet while the chain has the entry, in a block that is not final.
    """
    publication = locked(Publication.objects.get(digest=action.ref).pk)
    entries = RegistryEntry.objects.filter(chain_id=publication.chain_id, entry_id=publication.entry_id)
    entry = entries.filter(record_root=publication.record.root).select_related("event__block").first()
    if entry is not None:
        if not is_final(entry.event.block.number, chain_of(entry.chain_id)):
            raise NotDecidedYet("it was registered, in a block that may yet go away")
        logger.error("failed_registration_stands", publication=str(publication.public_id), error=action.error)
        return  # whatever a node said: what stands on the chain is published
    moved = Publication.objects.filter(pk=publication.pk, state=Publication.State.SUBMITTED).update(
        state=Publication.State.FAILED, reason=action.error
    )
    if not moved:
        return
    reason = _("The chain refused the registration (%(error)s). Nothing was lost; you can publish again.") % {
        "error": action.error
    }
    work = publication.work
    # A resource that was taken down meanwhile is its owner's draft again: only what stands on the chain is taken down.
    gone = [Design.State.ANCHORING, *([Resource.State.TAKEN_DOWN] if isinstance(work, Resource) else [])]
    type(work).objects.filter(pk=work.pk, state__in=gone).update(
        state=Design.State.DRAFT, state_reason=reason, chain_id=None, entry_id=None
    )
    notify(
        user=work.owner,
        kind="publication_failed",
        key=str(publication.public_id),
        subject=_("“%(title)s” could not be published") % {"title": work.title},
        body=reason,
        url=studio_address(work),
    )


def sweep_publications() -> int:
    """Submit or drop what is due: the level-triggered half of submit_if_ready."""
    open_ones = Publication.objects.filter(state=Publication.State.ASKED).values_list("pk", flat=True)
    return sum(submit_if_ready(publication_id=pk) for pk in open_ones.iterator())
