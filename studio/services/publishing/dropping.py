"""Locking a publication, and dropping one whose signatures are of no more use."""

from designs.models import Design
from moderation.services import withdraw_review
from studio.models import Publication


def locked(publication_id: int) -> Publication:
    """The publication, locked after its work: everyone takes both in this order."""
    of = Publication.objects.select_related("design", "resource").get(pk=publication_id).work
    type(of).objects.select_for_update(of=("self",)).get(pk=of.pk)
    publications = Publication.objects.select_for_update(of=("self",))
    return publications.select_related("design__owner", "resource__owner").get(pk=publication_id)


def drop(*, publication: Publication, reason: str) -> bool:
    """End an open request for consent. False when it was not open any more."""
    moved = Publication.objects.filter(pk=publication.pk, state=Publication.State.ASKED).update(
        state=Publication.State.DROPPED, reason=reason
    )
    if moved:
        withdraw_review(digest=publication.digest)
        waiting = (Design.State.DRAFT, Design.State.IN_REVIEW)
        work = publication.work
        type(work).objects.filter(pk=work.pk, state__in=waiting).update(state=Design.State.DRAFT, state_reason=reason)
    return bool(moved)
