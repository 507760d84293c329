"""The public page of a creator: what anybody may know of them, and nothing else."""

import uuid
from dataclasses import dataclass

from django.db.models import Sum

from accounts.models import User
from designs.models import Contribution, Resource
from designs.resources import shown_resources
from designs.selectors import cover_previews
from marketplace.listings import Listing
from marketplace.selectors.cards import Page, cards_page
from marketplace.selectors.search import Facets, Wanted, facets

PARTS = 24


@dataclass(frozen=True)
class CreatorPage:
    """A creator's name, what they make and made it with, and their parts in the works of others.

    `licensed` counts licenses sold.
    """

    person: User
    wanted: Wanted
    page: Page
    facets: Facets
    licensed: int
    parts: list[Contribution]
    parts_total: int
    resources: list[Resource]
    resources_total: int


def creator_page(*, public_id: uuid.UUID, after: str = "") -> CreatorPage:
    """Raises User.DoesNotExist for whoever has nothing on show, as if there were nobody."""
    person = User.objects.only("id", "public_id", "display_name", "created_at").get(public_id=public_id)
    wanted = Wanted(creator=str(public_id))
    found = facets(wanted, only=("kind", "program", "tag"))
    parts = Contribution.objects.filter(account=person, design__listing__isnull=False).exclude(design__owner=person)
    total = parts.count()
    resources = shown_resources().filter(owner=person)
    resources_total = resources.count()
    if not found.total and not total and not resources_total:
        raise User.DoesNotExist
    shown = parts.select_related("design__owner").prefetch_related(cover_previews("design__versions"))
    return CreatorPage(
        person=person,
        wanted=wanted,
        page=cards_page(wanted, after=after),
        facets=found,
        licensed=Listing.objects.filter(owner=person).aggregate(total=Sum("licensed"))["total"] or 0,
        parts=list(shown.order_by("-design_id")[:PARTS]) if total else [],
        parts_total=total,
        resources=list(resources.order_by("-id")[:PARTS]) if resources_total else [],
        resources_total=resources_total,
    )
