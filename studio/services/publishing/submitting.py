"""Handing a registration that everyone signed to the outbox, and what becomes of one that fails."""

from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.services import notify
from contracts.chains import chain
from contracts.errors import ChainNotDeployed
from contracts.outbox import enqueue
from designs.models import Design
from moderation.models import Review
from studio.models import Consent, Publication
from studio.registration import is_current, register_arguments
from studio.services.publishing.dropping import drop, locked

REGISTER = "register"


@transaction.atomic
def submit_if_ready(*, publication_id: int) -> bool:
    """Hand the registration to the outbox when everyone signed and the review approved. Safe at any time."""
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
    review = Review.objects.get(digest=publication.digest)
    if review.state == Review.State.REJECTED:
        _reject(publication=publication, review=review)
        return False
    if review.state != Review.State.APPROVED:
        return False
    Publication.objects.filter(pk=publication.pk).update(state=Publication.State.SUBMITTED, submitted_at=timezone.now())
    Design.objects.filter(pk=publication.design_id).update(
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
    Design.objects.filter(pk=publication.design_id).update(state=Design.State.REJECTED, state_reason=review.reason)
    notify(
        user=publication.design.owner,
        kind="publication_rejected",
        key=str(publication.public_id),
        subject=_("“%(title)s” was not approved") % {"title": publication.design.title},
        body=review.reason,
        url=reverse("studio:design", args=[publication.design.public_id]),
    )


@transaction.atomic
def registration_failed(action: Any) -> None:
    """Outcome handler: the relayed registration failed for good. The draft comes back with the reason."""
    publication = locked(Publication.objects.get(digest=action.ref).pk)
    moved = Publication.objects.filter(pk=publication.pk, state=Publication.State.SUBMITTED).update(
        state=Publication.State.FAILED, reason=action.error
    )
    if not moved:
        return
    reason = _("The chain refused the registration (%(error)s). Nothing was lost; you can publish again.") % {
        "error": action.error
    }
    Design.objects.filter(pk=publication.design_id, state=Design.State.ANCHORING).update(
        state=Design.State.DRAFT, state_reason=reason, chain_id=None, entry_id=None
    )
    notify(
        user=publication.design.owner,
        kind="publication_failed",
        key=str(publication.public_id),
        subject=_("“%(title)s” could not be published") % {"title": publication.design.title},
        body=reason,
        url=reverse("studio:design", args=[publication.design.public_id]),
    )


def sweep_publications() -> int:
    """Submit or drop what is due: the level-triggered half of submit_if_ready."""
    open_ones = Publication.objects.filter(state=Publication.State.ASKED).values_list("pk", flat=True)
    return sum(submit_if_ready(publication_id=pk) for pk in open_ones.iterator())
