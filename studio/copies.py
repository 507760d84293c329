"""What the creator's page of public copies shows."""

from dataclasses import dataclass

from designs.models import Attachment, DesignVersion, PublicCopy
from designs.public_stores import configured_places, is_removable
from designs.services.public_copies import missing_in, why_not_public


@dataclass(frozen=True)
class PlaceRow:
    """A public store, and the copies that are there or on their way; `missing` could have one as well."""

    place: PublicCopy.Place
    copies: list[PublicCopy]
    missing: list[Attachment | None]
    open: bool  # whether this installation reaches it
    removable: bool


@dataclass(frozen=True)
class CopiesPage:
    """All places; `reason` says why no new copy can be made, or is empty."""

    rows: list[PlaceRow]
    reason: str

    @property
    def any(self) -> bool:
        return any(row.copies for row in self.rows)

    @property
    def moving(self) -> bool:
        """Whether the page should look again by itself."""
        return any(copy.moving for row in self.rows for copy in row.copies)

    @property
    def stage(self) -> str:
        """A word that changes whenever the page around the rows must be drawn anew."""
        return "-".join(f"{row.place}:{'.'.join(copy.state for copy in row.copies) or 'none'}" for row in self.rows)


def copies_page(version: DesignVersion) -> CopiesPage:
    """The places that are set, and those where a copy is."""
    here: dict[str, list[PublicCopy]] = {place: [] for place in PublicCopy.Place}
    for copy in version.public_copies.exclude(state=PublicCopy.State.REMOVED).select_related("attachment"):
        copy.version = version
        here[copy.place].append(copy)
    is_open = configured_places()
    rows = [
        PlaceRow(place, here[place], missing_in(version, place), place in is_open, is_removable(place))
        for place in PublicCopy.Place
        if place in is_open or here[place]
    ]
    return CopiesPage(rows, why_not_public(version) if rows else "")
