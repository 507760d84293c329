"""What the public page of a model, program or data set shows."""

from dataclasses import dataclass
from typing import Any

from contracts.chains import chain
from contracts.selectors import ActionStatus, confirmation_status
from designs.models import Contribution, RegistryEntry, Resource, ResourcePart
from designs.resources import designs_made_with
from designs.selectors import state_word, with_status
from marketplace.selectors.cards import PAGE, Page, cards_of
from marketplace.selectors.design_page import Stake, stakes_of
from studio.ancestry import minimums_of, standing_of
from studio.registration import Standing


@dataclass(frozen=True)
class ResourceShown:
    """A resource with its claim, its terms of now, who holds it, and a page of the designs that were made with it."""

    resource: Resource
    entry: RegistryEntry | None
    status: ActionStatus
    terms: Standing
    minimum: int  # base units of the test dollar; 0: none
    stakes: list[Stake]
    uses: Page

    @property
    def claim_order(self) -> int | None:
        return self.entry.claim_order if self.entry else None  # type: ignore[attr-defined]

    @property
    def entry_state(self) -> str | None:
        """A word for what moderators and owners made of the entry; None when there is none."""
        return state_word(self.entry.entry_status) if self.entry else None  # type: ignore[attr-defined]

    @property
    def is_later_claim(self) -> bool:
        return self.claim_order is not None and self.claim_order > 1

    @property
    def transaction_hash(self) -> str:
        return self.entry.event.transaction_hash if self.entry else ""


def resource_shown(resource: Resource, *, before: int | None = None) -> ResourceShown:
    """Assemble the page of a resource that the viewer may see; `before` is the design that the last page ended with."""
    here = chain()
    entry_id = resource.entry_id or ""
    own = RegistryEntry.objects.filter(chain_id=here.chain_id, entry_id=entry_id).with_claim_order()
    entry = with_status(own).select_related("event__block").first() if entry_id else None
    where: dict[str, Any] = {"chain_id": here.chain_id, "entry_ids": [entry_id]}
    found = designs_made_with(chain_id=here.chain_id, entry_id=entry_id) if entry else None
    if found is not None and before is not None:
        found = found.filter(pk__lt=before)
    uses = list(found[: PAGE + 1]) if found is not None else []
    return ResourceShown(
        resource=resource,
        entry=entry,
        status=confirmation_status(entry.event.block.number if entry else None, here),
        terms=standing_of(**where)[entry_id] if entry else _drafted(resource),
        minimum=(
            minimums_of(**where).get(entry_id, {}).get(here.deployment.currency, 0) if entry else resource.minimum
        ),
        stakes=_with_roles(resource, stakes_of(chain_id=here.chain_id, entry_id=entry_id)) if entry else [],
        uses=Page(cards_of(uses[:PAGE]), str(uses[PAGE - 1].pk) if len(uses) > PAGE else None),
    )


def _drafted(resource: Resource) -> Standing:
    return Standing(open=resource.open, binding=resource.binding, ppm=resource.ppm)


def _with_roles(resource: Resource, stakes: list[Stake]) -> list[Stake]:
    """Holders whom we know by name, with the role that they began with."""
    parts = ResourcePart.objects.filter(resource=resource).select_related("account__custody_key")
    roles = {part.account.custody_key.address: str(Contribution.Role(part.role).label) for part in parts}
    return [Stake(one.holding, one.name, roles.get(one.holding.address, "")) for one in stakes]
