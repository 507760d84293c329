"""Locking a publication, and dropping one whose signatures are of no more use."""

from designs.models import Design
from moderation.services import withdraw_review
from studio.models import Publication


def locked(publication_id: int) -> Publication:
    """The publication, locked after its design: everyone takes both in this order."""
    Design.objects.select_for_update(of=("self",)).get(publications=publication_id)
    return Publication.objects.select_for_update(of=("self",)).select_related("design__owner").get(pk=publication_id)


def drop(*, publication: Publication, reason: str) -> bool:
    """End an open request for consent. False when it was not open any more."""
    moved = Publication.objects.filter(pk=publication.pk, state=Publication.State.ASKED).update(
        state=Publication.State.DROPPED, reason=reason
    )
    if moved:
        withdraw_review(digest=publication.digest)
        Design.objects.filter(pk=publication.design_id, state=Design.State.IN_REVIEW).update(
            state=Design.State.DRAFT, state_reason=reason
        )
        Design.objects.filter(pk=publication.design_id, state=Design.State.DRAFT).update(state_reason=reason)
    return bool(moved)
