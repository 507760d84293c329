"""What the design page shows, and where the money of a sale goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.selectors import names_of
from contracts.chains import chain
from contracts.selectors import ActionStatus, confirmation_status
from designs.lineage import NO_FAMILY, Family, family_of
from designs.models import (
    Contribution,
    Design,
    DesignVersion,
    EntryVersion,
    RegistryEntry,
)
from designs.selectors import Picture, Views, claims_beside, picture_of, state_word, views_of
from designs.verdicts import AT_MOST
from licensing.models import Offer
from licensing.selectors import OfferOnShow, Stop, offers_of, sale_stop
from royalties.selectors import Breakdown, Holding, breakdown, holdings


@dataclass(frozen=True)
class Stake:
    """A holder of share units with the name we know them by, and the role they started with."""

    holding: Holding
    name: str
    role: str


@dataclass(frozen=True)
class DesignPage:
    """Everything the design page shows."""

    design: Design
    version: DesignVersion
    picture: Picture
    views: Views
    entry: RegistryEntry | None
    status: ActionStatus
    transaction_hash: str
    claims: list[RegistryEntry]
    more_claims: int
    family: Family
    later_versions: int
    stop: Stop | None
    offers: list[OfferOnShow]
    stakes: list[Stake]

    @property
    def first_claim(self) -> RegistryEntry | None:
        return self.claims[0] if self.claims else None

    @property
    def claim_order(self) -> int | None:
        """1 for the first claim of this file known to the registry; None when there is no claim."""
        return self.entry.claim_order if self.entry else None  # type: ignore[attr-defined]

    @property
    def entry_state(self) -> str | None:
        """A word for what moderators and creators made of the entry; None when there is none."""
        return state_word(self.entry.entry_status) if self.entry else None  # type: ignore[attr-defined]

    @property
    def is_later_claim(self) -> bool:
        return self.claim_order is not None and self.claim_order > 1


def design_page(design: Design) -> DesignPage:
    """Assemble the page of a design that the viewer may see."""
    here = chain()
    version = (
        design.versions.select_related("master").prefetch_related("previews", "attachments__asset").latest("number")
    )
    previews = list(version.previews.all())
    entry_id = design.entry_id or ""
    claims, more_claims = _claims_beside(chain_id=here.chain_id, entry_id=entry_id)
    entry = next((claim for claim in claims if claim.entry_id == entry_id), None)
    where: dict[str, Any] = {"chain_id": here.chain_id, "entry_id": entry_id}
    stop = (sale_stop(**where) or _taken_down(design)) if entry else None
    return DesignPage(
        design=design,
        version=version,
        picture=picture_of(design, previews),
        views=views_of(previews),
        entry=entry,
        status=confirmation_status(entry.event.block.number if entry else None, here),
        transaction_hash=entry.event.transaction_hash if entry else "",
        claims=claims,
        more_claims=more_claims,
        family=family_of(**where) if entry else NO_FAMILY,
        later_versions=EntryVersion.objects.filter(**where).count() if entry else 0,
        stop=stop,
        offers=offers_of(**where) if entry and not stop else [],
        stakes=stakes_of(**where) if entry else [],
    )


def _taken_down(design: Design) -> Stop | None:
    """What a moderator decided holds here before the chain has it."""
    if design.state != Design.State.TAKEN_DOWN:
        return None
    text = _("A moderator has taken this design down. Licenses that were sold stay valid.")
    return Stop("taken_down", _("Not for sale: taken down"), text, tone="broken")


def _claims_beside(*, chain_id: int, entry_id: str) -> tuple[list[RegistryEntry], int]:
    """As designs.selectors.claims_beside, of the file that this entry claims."""
    own = RegistryEntry.objects.filter(chain_id=chain_id, entry_id=entry_id)
    output_hash = own.values_list("output_hash", flat=True).first()
    if output_hash is None:
        return [], 0
    return claims_beside(output_hash, chain_id=chain_id, entry_id=entry_id, at_most=AT_MOST)


def stakes_of(*, chain_id: int, entry_id: str) -> list[Stake]:
    """Holders by name; whoever we do not know is shown by address."""
    held = holdings(chain_id=chain_id, entry_id=entry_id, limit=20)
    names = names_of([holding.address for holding in held])
    roles = dict(
        Contribution.objects.filter(
            design__chain_id=chain_id, design__entry_id=entry_id, account__custody_key__address__in=names
        ).values_list("account__custody_key__address", "role")
    )
    return [
        Stake(
            holding=holding,
            name=names.get(holding.address, ""),
            role=str(Contribution.Role(roles[holding.address]).label) if holding.address in roles else "",
        )
        for holding in held
    ]


@dataclass(frozen=True)
class MoneyFlow:
    """Where a price goes, by name: (name or address, role, units, amount in base units)."""

    breakdown: Breakdown
    lines: list[tuple[str, str, int, int]]


def money_flow(*, offer: Offer, stakes: Sequence[Stake]) -> MoneyFlow:
    """Where one sale of this offer would go now."""
    parts = breakdown(chain_id=offer.chain_id, entry_id=offer.entry_id, price=offer.price)
    by_address = {stake.holding.address: stake for stake in stakes}
    lines = []
    for part in parts.slices:
        stake = by_address.get(part.address)
        lines.append((stake.name if stake else part.address, stake.role if stake else "", part.units, part.amount))
    return MoneyFlow(breakdown=parts, lines=lines)
