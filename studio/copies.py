"""What the creator's page of public copies shows."""

from dataclasses import dataclass

from designs.models import DesignVersion, PublicCopy
from designs.public_stores import configured_places, is_removable
from designs.services.public_copies import why_not_public


@dataclass(frozen=True)
class PlaceRow:
    """A public store, and the copy that is there or on its way."""

    place: PublicCopy.Place
    copy: PublicCopy | None
    open: bool  # whether this installation reaches it
    removable: bool


@dataclass(frozen=True)
class CopiesPage:
    """All places; `reason` says why no new copy can be made, or is empty."""

    rows: list[PlaceRow]
    reason: str

    @property
    def moving(self) -> bool:
        """Whether the page should look again by itself."""
        return any(row.copy is not None and row.copy.moving for row in self.rows)

    @property
    def stage(self) -> str:
        """A word that changes whenever the page around the rows must be drawn anew."""
        return "-".join(f"{row.place}:{row.copy.state if row.copy else 'none'}" for row in self.rows)


def copies_page(version: DesignVersion) -> CopiesPage:
    """The places that are set, and those where a copy is."""
    here = {copy.place: copy for copy in version.public_copies.exclude(state=PublicCopy.State.REMOVED)}
    is_open = configured_places()
    rows = [
        PlaceRow(place, here.get(place), place in is_open, is_removable(place))
        for place in PublicCopy.Place
        if place in is_open or place in here
    ]
    return CopiesPage(rows, why_not_public(version) if rows else "")
