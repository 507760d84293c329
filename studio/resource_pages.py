"""What the studio shows of models, programs and data sets: the list, and the page of one."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch

from contracts.chains import chain
from contracts.selectors import ActionStatus, confirmation_status, status_of_action
from designs.models import Resource, ResourcePart
from designs.resources import with_entry
from designs.selectors import state_word
from studio.kinds import REGISTER
from studio.models import Consent, Publication
from studio.selectors import SharePart, share_table


@dataclass(frozen=True)
class ResourcePage:
    """Everything its owner's page shows."""

    resource: Resource
    parts: list[ResourcePart]
    table: list[SharePart]
    publication: Publication | None
    consents: list[Consent]
    status: ActionStatus
    entry_state: str
    anchored: bool  # final on the chain

    @property
    def editable(self) -> bool:
        return self.resource.state == Resource.State.DRAFT

    @property
    def registrable(self) -> bool:
        return self.editable and self.publication is None

    @property
    def asked(self) -> bool:
        """Whether it is frozen and waits for signatures."""
        return self.publication is not None and self.publication.state == Publication.State.ASKED

    @property
    def to_sign(self) -> Consent | None:
        """The owner's own part, while their wallet has not signed what is frozen."""
        first = self.consents[0] if self.asked and self.consents else None
        return first if first is not None and first.state == Consent.State.ASKED else None

    @property
    def waiting_for(self) -> list[Consent]:
        return [consent for consent in self.consents if consent.state == Consent.State.ASKED]

    @property
    def stage(self) -> str:
        """A word that changes whenever the page around the status must be drawn anew."""
        return f"{self.resource.state}-{self.publication is not None}-{self.anchored}"

    @property
    def moving(self) -> bool:
        """Whether the page should look again by itself."""
        return self.asked or (self.resource.state == Resource.State.ANCHORING and not self.anchored)


def resource_page(resource: Resource) -> ResourcePage:
    """Assemble the page of a resource (from designs.resources.own_resource), in a fixed number of queries."""
    here = chain()
    publication = (
        resource.publications.filter(state__in=Publication.OPEN)
        .prefetch_related(Prefetch("consents", Consent.objects.select_related("account")))
        .first()
    )
    block = resource.entry_block  # type: ignore[attr-defined]
    if block is not None:
        status = confirmation_status(block, here)
    elif publication is not None and publication.state == Publication.State.SUBMITTED:
        status = status_of_action(kind=REGISTER, ref=publication.ref, chain=here)
    else:
        status = ActionStatus.none()
    parts = list(resource.contributions.select_related("account"))
    return ResourcePage(
        resource=resource,
        parts=parts,
        table=share_table(parts, publication),
        publication=publication,
        consents=list(publication.consents.all()) if publication else [],
        status=status,
        entry_state=state_word(resource.entry_status),  # type: ignore[attr-defined]
        anchored=block is not None and status.code == "final",
    )


@dataclass(frozen=True)
class ResourceRow:
    """One in its owner's list."""

    resource: Resource
    anchored: bool
    asked: bool
    entry_state: str


def own_resources(*, owner: Any, before: int | None = None, limit: int = 24) -> list[ResourceRow]:
    """An owner's models, programs and data sets, newest first; `before` is the id the last page ended with."""
    here = chain()
    asked = Publication.objects.filter(resource=OuterRef("pk"), state=Publication.State.ASKED)
    rows = with_entry(Resource.objects.filter(owner=owner)).annotate(asked=Exists(asked))
    if before is not None:
        rows = rows.filter(id__lt=before)
    return [
        ResourceRow(
            resource=row,
            anchored=confirmation_status(row.entry_block, here).code == "final",  # type: ignore[attr-defined]
            asked=row.asked,
            entry_state=state_word(row.entry_status),  # type: ignore[attr-defined]
        )
        for row in rows.order_by("-id")[:limit]
    ]
