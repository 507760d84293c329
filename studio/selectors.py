"""The creator's side: own designs, where each stands, and requests for consent."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from accounts.models import User
from contracts.chains import chain
from contracts.selectors import ActionStatus, confirmation_status, status_of_action
from designs.models import Attachment, Contribution, Design, DesignVersion, EntryAncestor
from designs.resemblance import Resemblance, resemblances_of
from designs.selectors import (
    Picture,
    Progress,
    Views,
    cover_previews,
    failed_steps,
    picture_of,
    progress_of,
    state_word,
    views_of,
    with_entry,
)
from licensing.selectors import OfferOnShow, Stop, offers_of, sale_stop
from moderation.models import Review
from royalties.selectors import fee_ppm
from studio.addresses import share_addresses
from studio.ancestry import Ancestry, Split, check_price, named_ancestry, split_of
from studio.errors import PublishingError
from studio.kinds import REGISTER
from studio.models import Consent, DerivativeTermsDraft, FirstOfferDraft, Publication
from studio.works import WorkPart


@dataclass(frozen=True)
class SharePart:
    """A line of the table that everyone signs: whose share, at which of their addresses, and who keeps its key."""

    account: User
    role: str
    units: int
    address: str
    custodial: bool


@dataclass(frozen=True)
class DraftPage:
    """Everything the creator's page of one design shows."""

    design: Design
    version: DesignVersion
    picture: Picture
    views: Views
    progress: Progress
    parts: list[Contribution]
    table: list[SharePart]
    ancestry: Ancestry
    ancestry_problem: str  # why it cannot derive from what it names, or not at these prices
    terms: DerivativeTermsDraft | None
    offers: list[FirstOfferDraft]
    publication: Publication | None
    consents: list[Consent]
    review: Review | None
    resemblances: list[Resemblance]
    status: ActionStatus
    stop: Stop | None
    on_show: list[OfferOnShow] | None  # what stands on chain; None before it does
    entry_state: str

    @property
    def attachments(self) -> list[Attachment]:
        return list(self.version.attachments.all())

    @property
    def editable(self) -> bool:
        return self.design.state in (
            Design.State.DRAFT,
            Design.State.PROCESSING,
            Design.State.IN_REVIEW,
            Design.State.REJECTED,
        )

    @property
    def to_sign(self) -> Consent | None:
        """The creator's own part, while their wallet has not signed what is frozen."""
        first = self.consents[0] if self.asked and self.consents else None
        return first if first is not None and first.state == Consent.State.ASKED else None

    @property
    def anchored(self) -> bool:
        return self.status.code == "final"

    @property
    def asked(self) -> bool:
        """Whether the draft is frozen and waits for its people or a moderator."""
        return self.publication is not None and self.publication.state == Publication.State.ASKED

    @property
    def waiting_for(self) -> list[Consent]:
        return [consent for consent in self.consents if consent.state == Consent.State.ASKED]

    @property
    def publishable(self) -> bool:
        ready = self.design.state == Design.State.DRAFT and self.progress.done and bool(self.offers)
        return ready and self.publication is None and not self.ancestry_problem

    @property
    def stage(self) -> str:
        """A word that changes whenever the page around the status must be drawn anew."""
        final = self.status.code == "final"
        shown = f"{self.picture.images[0].kind if self.picture.images else ''}-{self.views.viewer is not None}"
        return f"{self.design.state}-{self.progress.running}-{shown}-{self.publication is not None}-{final}"

    @property
    def moving(self) -> bool:
        """Whether the page should look again by itself."""
        if self.progress.moving:
            return True
        if self.publication is not None and self.publication.state == Publication.State.ASKED:
            return True
        return self.design.state == Design.State.ANCHORING and self.status.code != "final"


def split_for(draft: DraftPage) -> Split | None:
    """Where one sale at the lowest price of a draft goes; None without a price."""
    if not draft.offers:
        return None
    fee = fee_ppm(chain_id=chain().chain_id)
    return split_of(price=min(offer.price for offer in draft.offers), fee_ppm=fee, ancestry=draft.ancestry)


def draft_page(design: Design) -> DraftPage:
    """Assemble the creator's page of a design (from designs.selectors.own_design)."""
    here = chain()
    versions = design.versions.select_related("master", "credentials")
    version = versions.prefetch_related("previews", "steps", "attachments__asset").latest("number")
    previews = list(version.previews.all())
    publication = (
        design.publications.filter(state__in=[Publication.State.ASKED, Publication.State.SUBMITTED])
        .prefetch_related(Prefetch("consents", Consent.objects.select_related("account")))
        .first()
    )
    block = design.entry_block  # type: ignore[attr-defined]
    if block is not None:
        status = confirmation_status(block, here)
    elif publication is not None and publication.state == Publication.State.SUBMITTED:
        status = status_of_action(kind=REGISTER, ref=publication.ref, chain=here)
    else:
        status = ActionStatus.none()
    parts = list(design.contributions.select_related("account"))
    offers = list(design.first_offers.select_related("template"))
    ancestry, problem = _ancestry(design, offers)
    where: dict[str, Any] = {"chain_id": here.chain_id, "entry_id": design.entry_id or ""}
    return DraftPage(
        design=design,
        version=version,
        picture=picture_of(design, previews),
        views=views_of(previews),
        progress=progress_of(version),
        parts=parts,
        table=share_table(parts, publication),
        ancestry=ancestry,
        ancestry_problem=problem,
        terms=DerivativeTermsDraft.objects.filter(design=design).first(),
        offers=offers,
        publication=publication,
        consents=list(publication.consents.all()) if publication else [],
        review=Review.objects.filter(digest=publication.digest).first() if publication else None,
        resemblances=resemblances_of(version, viewer=design.owner, parents=_named_parents(design)),
        status=status,
        stop=sale_stop(**where) if block is not None else None,
        on_show=offers_of(**where) if block is not None else None,
        entry_state=state_word(design.entry_status),  # type: ignore[attr-defined]
    )


def _named_parents(design: Design) -> set[str]:
    """Entries from which it is said to derive: as a draft, and on chain."""
    named = set(design.parent_drafts.values_list("entry_id", flat=True))
    if design.entry_id:
        above = EntryAncestor.objects.filter(chain_id=design.chain_id or 0, entry_id=design.entry_id, direct=True)
        named.update(above.values_list("ancestor_id", flat=True))
    return named


def share_table(parts: Sequence[WorkPart], publication: Publication | None) -> list[SharePart]:
    """As it is frozen, else as it would be: people who have wallets may want their shares there."""
    if publication is not None:
        return [
            SharePart(one.account, one.get_role_display(), one.units, one.address, one.custodial)
            for one in publication.consents.all()
        ]
    own = share_addresses([part.account for part in parts])
    return [
        SharePart(
            part.account,
            part.get_role_display(),
            part.units,
            own[part.account_id].address,
            own[part.account_id].custodial,
        )
        for part in parts
    ]


def _ancestry(design: Design, offers: list[FirstOfferDraft]) -> tuple[Ancestry, str]:
    ancestry = Ancestry([])
    try:
        ancestry = named_ancestry(design)
        for offer in offers:
            check_price(ancestry, offer.price)
    except PublishingError as error:
        return ancestry, str(error)
    return ancestry, ""


@dataclass(frozen=True)
class DesignRow:
    """A design in its creator's list: final on chain, waiting for consent, or stopped in processing."""

    design: Design
    picture: Picture
    anchored: bool
    asked: bool
    stopped: bool
    entry_state: str


def own_designs(*, owner: Any, before: int | None = None, limit: int = 24) -> list[DesignRow]:
    """A creator's designs, newest first; `before` is the id the last page ended with."""
    here = chain()
    asked = Publication.objects.filter(design=OuterRef("pk"), state=Publication.State.ASKED)
    failed = failed_steps().filter(version__design=OuterRef("pk"))
    designs = (
        with_entry(Design.objects.filter(owner=owner))
        .annotate(asked=Exists(asked), stopped=Exists(failed))
        .prefetch_related(cover_previews())
    )
    if before is not None:
        designs = designs.filter(id__lt=before)
    return [
        DesignRow(
            design=design,
            picture=picture_of(design, design.versions.all()[0].previews.all()),
            anchored=confirmation_status(design.entry_block, here).code == "final",  # type: ignore[attr-defined]
            asked=design.asked,
            stopped=design.stopped,
            entry_state=state_word(design.entry_status),  # type: ignore[attr-defined]
        )
        for design in designs.order_by("-id")[:limit]
    ]


def _asked_of_others() -> QuerySet[Consent]:
    """Parts of co-creators in what its creator has signed: before that nobody else is asked."""
    signed = Consent.objects.filter(publication=OuterRef("publication"), position=0, state=Consent.State.ACCEPTED)
    return Consent.objects.filter(Exists(signed), position__gt=0)


def open_requests(*, account: Any) -> list[Consent]:
    """Requests for this account's consent that nobody has answered."""
    return list(
        _asked_of_others()
        .filter(
            account=account,
            state=Consent.State.ASKED,
            publication__state=Publication.State.ASKED,
        )
        .select_related("publication__design__owner", "publication__resource__owner")
    )


def consent_for(*, account: Any, public_id: Any) -> Consent:
    """This account's part in a publication. Raises Consent.DoesNotExist for everyone who has none."""
    return (
        _asked_of_others()
        .select_related("publication__design__owner", "publication__resource__owner", "publication__version__master")
        .get(publication__public_id=public_id, account=account)
    )


def own_part(*, account: Any, public_id: Any) -> Consent:
    """As consent_for, for the creator too, who signs first. Raises Consent.DoesNotExist."""
    first = Consent.objects.filter(position=0)
    return (
        (first | _asked_of_others())
        .select_related("publication__design", "publication__resource")
        .get(publication__public_id=public_id, account=account)
    )
