"""Where a work comes from and what came of it: ancestors with their rates, and descendants, in bounded queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from contracts.verifier.sentences import ancestor_sentence
from designs.models import Design, EntryAncestor, RegistryEntry, Resource
from designs.resources import resources_by_entry
from designs.selectors import HIDDEN, SELLING, with_status

SHOWN = 24
DEEPEST = 64


@dataclass(frozen=True)
class Relative:
    """A work in a family. `ppm` is its part (ancestor) or what it owes (descendant), of what is left after the fee.

    `design` may be a model, program or data set, and is None for an entry that no page of ours shows. `above` holds
    what it derives from itself, as far as no other line of the tree holds it already.
    """

    entry_id: str
    ppm: int
    binding_ppm: int
    direct: bool
    design: Design | Resource | None
    selling: bool = True
    above: list["Relative"] = field(default_factory=list)

    @property
    def title(self) -> str:
        return self.design.title if self.design else ""

    @property
    def sentence(self) -> str:
        """As the verifier says it, for its answers."""
        return ancestor_sentence(entry=self.entry_id, ppm=self.ppm, direct=self.direct, say=_)


@dataclass(frozen=True)
class Family:
    """All ancestors of an entry, its parents with what they derive from, and its descendants.

    Each ancestor stands in the tree once, however many ways lead to it. `descendants` holds the newest
    SHOWN of `descendants_number`.
    """

    ancestors: list[Relative]
    parents: list[Relative]
    descendants: list[Relative]
    descendants_number: int

    @property
    def ppm(self) -> int:
        """What all ancestors together get of what is left after the fee."""
        return sum(one.ppm for one in self.ancestors)

    @property
    def empty(self) -> bool:
        return not self.ancestors and not self.descendants_number


NO_FAMILY = Family([], [], [], 0)


def family_of(*, chain_id: int, entry_id: str) -> Family:
    """The family of an entry, in six queries at most however large it is."""
    above = list(EntryAncestor.objects.filter(chain_id=chain_id, entry_id=entry_id)[:DEEPEST])
    below = EntryAncestor.objects.filter(chain_id=chain_id, ancestor_id=entry_id)
    newest = list(below.order_by("-event__block__number", "-event__log_index", "position")[: SHOWN + 1])
    number = len(newest) if len(newest) <= SHOWN else below.count()
    newest = newest[:SHOWN]
    known = _designs(chain_id, [row.ancestor_id for row in above] + [row.entry_id for row in newest])
    ancestors = {row.ancestor_id: _relative(row, row.ancestor_id, known) for row in above}
    _hang(ancestors, chain_id=chain_id)
    return Family(
        ancestors=list(ancestors.values()),
        parents=[one for one in ancestors.values() if one.direct],
        descendants=[_relative(row, row.entry_id, known) for row in newest],
        descendants_number=number,
    )


def ancestors_by_entry(*, chain_id: int, entry_ids: Iterable[str]) -> dict[str, list[Relative]]:
    """The ancestors of several entries in the order of their tables: in three queries at most, in one if there are
    none."""
    rows = list(EntryAncestor.objects.filter(chain_id=chain_id, entry_id__in=list(entry_ids)))
    known = _designs(chain_id, list({row.ancestor_id for row in rows}))
    found: dict[str, list[Relative]] = {}
    for row in rows:
        found.setdefault(row.entry_id, []).append(_relative(row, row.ancestor_id, known))
    return found


def _relative(row: EntryAncestor, entry_id: str, known: dict[str, Design | Resource]) -> Relative:
    design = known.get(entry_id)
    return Relative(
        entry_id=entry_id,
        ppm=row.ppm,
        binding_ppm=row.binding_ppm,
        direct=row.direct,
        design=design,
        selling=design is None or design.entry_status in SELLING,  # type: ignore[union-attr]
    )


def _hang(ancestors: dict[str, Relative], *, chain_id: int) -> None:
    """Put each ancestor beneath one of the works that derive from it, nearest first, each of them once."""
    if all(one.direct for one in ancestors.values()):
        return
    lines: dict[str, list[str]] = {}
    rows = EntryAncestor.objects.filter(
        chain_id=chain_id, entry_id__in=list(ancestors), ancestor_id__in=list(ancestors), direct=True
    )
    for child, parent in rows.values_list("entry_id", "ancestor_id"):
        lines.setdefault(child, []).append(parent)
    near = [one for one in ancestors.values() if one.direct]
    placed = {one.entry_id for one in near}
    while near:
        one = near.pop(0)
        for parent in lines.get(one.entry_id, ()):
            if parent not in placed:
                placed.add(parent)
                one.above.append(ancestors[parent])
                near.append(ancestors[parent])


def _designs(chain_id: int, entry_ids: Sequence[str]) -> dict[str, Design | Resource]:
    """Those of these entries that anyone may see here, by entry."""
    if not entry_ids:
        return {}
    found: dict[str, Design | Resource] = {**shown_by_entry(chain_id=chain_id, entry_ids=entry_ids)}
    if missing := set(entry_ids) - found.keys():
        found.update(resources_by_entry(chain_id=chain_id, entry_ids=missing))
    return found


def shown_by_entry(*, chain_id: int, entry_ids: Iterable[str]) -> dict[str, Design]:
    """Designs that anyone may see, by their entries, with owner and entry_status."""
    entry = RegistryEntry.objects.filter(chain_id=OuterRef("chain_id"), entry_id=OuterRef("entry_id"))
    designs = Design.objects.filter(Exists(entry), chain_id=chain_id, entry_id__in=list(entry_ids))
    rows = with_status(designs.exclude(state__in=HIDDEN)).select_related("owner")
    return {design.entry_id: design for design in rows if design.entry_id}
