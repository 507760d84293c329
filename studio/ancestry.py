"""What a derived work owes: the terms of its parents, and everyone's part, by the registry's own rule.

docs/contracts/flows.md, "Derive", says the rule; contracts/solidity/src/lib/Draft.sol is it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from common.money import PPM, TUSD, format_amount, split_fee
from contracts.chains import chain
from designs.lineage import shown_by_entry
from designs.models import Design, EntryAncestor, EntryStatus, RegistryEntry, Resource
from designs.resources import resources_by_entry
from designs.selectors import SELLING, on_show, with_status
from studio.errors import PublishingError
from studio.models.terms import MAX_STACK_PPM, MinimumFee, StandingTerms
from studio.registration import Standing

MAX_PARENTS = 8
MAX_ANCESTORS = 64
# The registry keeps floors in 96 bits; a price that does not fit is no price.
FLOOR_LIMIT = 2**96


@dataclass(frozen=True)
class Demand:
    """What one parent asks of its child, in parts per million."""

    entry_id: str
    ppm: int
    binding: bool


@dataclass(frozen=True)
class AncestorPart:
    """One line of a derived work's table: `ppm` of every sale, and the least fee that it asks (0: none)."""

    entry_id: str
    ppm: int
    direct: bool
    minimum: int
    design: Design | Resource | None = None

    @property
    def floor(self) -> int:
        """The least price, in base units, at which this ancestor gets its minimum."""
        return -(-self.minimum * PPM // self.ppm) if self.minimum else 0


@dataclass(frozen=True)
class Ancestry:
    """Everyone whom a sale of a derived work pays before its own people."""

    parts: list[AncestorPart]

    @property
    def ppm(self) -> int:
        return sum(part.ppm for part in self.parts)

    @property
    def floor(self) -> int:
        """The least price at which all ancestors get what they ask, base units of the test dollar; 0: any."""
        return max((part.floor for part in self.parts), default=0)


@dataclass(frozen=True)
class Split:
    """Where one sale goes, base units of the test dollar: to Loomprint, to each ancestor, to the design's people."""

    price: int
    fee: int
    ancestors: list[tuple[AncestorPart, int]]

    @property
    def rest(self) -> int:
        return self.price - self.fee - sum(amount for _part, amount in self.ancestors)


def split_of(*, price: int, fee_ppm: int, ancestry: Ancestry) -> Split:
    """A first sale at this price, rounded as the ledger rounds it."""
    fee = split_fee(price, fee_ppm, 0)
    return Split(
        price=price,
        fee=fee.fee,
        ancestors=[(part, fee.net * part.ppm // PPM) for part in ancestry.parts],
    )


def standing_of(*, chain_id: int, entry_ids: Iterable[str]) -> dict[str, Standing]:
    """The terms under which anyone may derive from each of these entries now."""
    asked = list(entry_ids)
    found = dict.fromkeys(asked, Standing())
    changes = StandingTerms.objects.filter(chain_id=chain_id, entry_id__in=asked)
    for row in changes.order_by("event__block__number", "event__log_index"):
        found[row.entry_id] = Standing(open=row.open, binding=row.binding, ppm=row.ppm)
    return found


def minimums_of(*, chain_id: int, entry_ids: Iterable[str]) -> dict[str, dict[str, int]]:
    """Least fees by entry and currency, base units, of those entries that state any."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for row in MinimumFee.objects.filter(chain_id=chain_id, entry_id__in=list(entry_ids)):
        found[row.entry_id][row.currency] = row.amount
    return dict(found)


def open_to_derive(*, query: str = "") -> QuerySet[Design]:
    """Designs on show from which anyone may derive now, as the search finds them."""
    newest = StandingTerms.objects.filter(chain_id=OuterRef("chain_id"), entry_id=OuterRef("entry_id")).order_by(
        "-event__block__number", "-event__log_index"
    )
    stated = StandingTerms.objects.filter(chain_id=OuterRef("chain_id"), entry_id=OuterRef("entry_id"))
    return (
        on_show(query=query)
        .filter(Exists(stated), entry_status__in=SELLING)  # type: ignore[misc]
        .annotate(standing_open=Subquery(newest.values("open")[:1]))
        .filter(standing_open=True)
    )


def demands_of(*, chain_id: int, entry_ids: Sequence[str]) -> list[Demand]:
    """What each of these parents asks now. Raises PublishingError for one that permits nothing."""
    if len(entry_ids) > MAX_PARENTS:
        raise PublishingError("too_many_parents", _("A work can derive from 8 others at most."))
    entries = with_status(RegistryEntry.objects.filter(chain_id=chain_id, entry_id__in=entry_ids))
    statuses = {entry.entry_id: entry.entry_status for entry in entries}  # type: ignore[attr-defined]
    names = _shown(chain_id, entry_ids)
    terms = standing_of(chain_id=chain_id, entry_ids=entry_ids)
    for entry_id in entry_ids:
        name = names[entry_id].title if entry_id in names else entry_id
        if statuses.get(entry_id, EntryStatus.Status.WITHDRAWN) not in SELLING:
            raise PublishingError(
                "parent_not_available",
                _("“%(title)s” is not available any more, so nothing new can derive from it. Take it off the list.")
                % {"title": name},
            )
        if not terms[entry_id].open:
            raise PublishingError(
                "parent_not_open",
                _("“%(title)s” does not permit works that derive from it. Ask its creator, or take it off the list.")
                % {"title": name},
            )
    return [Demand(entry_id, terms[entry_id].ppm, terms[entry_id].binding) for entry_id in entry_ids]


def _shown(chain_id: int, entry_ids: Iterable[str]) -> dict[str, Design | Resource]:
    """Works that anyone may see, by their entries: who names the entry of another one learns no name."""
    asked = list(entry_ids)
    return {
        **resources_by_entry(chain_id=chain_id, entry_ids=asked),
        **shown_by_entry(chain_id=chain_id, entry_ids=asked),
    }


def ancestry_of(*, chain_id: int, demands: Sequence[Demand], currency: str) -> Ancestry:
    """Everyone's part of a work with these parents. Raises PublishingError where the registry would refuse it."""
    tables: dict[str, list[EntryAncestor]] = defaultdict(list)
    for line in EntryAncestor.objects.filter(chain_id=chain_id, entry_id__in=[one.entry_id for one in demands]):
        tables[line.entry_id].append(line)
    owed = _flattened(demands, tables)
    stack = sum(owed.values())
    if stack > MAX_STACK_PPM:
        raise PublishingError(
            "stack_too_high",
            _("Together these works ask for %(part)s %% of your revenue; 50 %% is the most. Take one off the list.")
            % {"part": f"{stack / 10_000:.4f}".rstrip("0").rstrip(".")},
        )
    minimums = minimums_of(chain_id=chain_id, entry_ids=owed)
    direct = {one.entry_id for one in demands}
    kept = {entry: ppm for entry, ppm in owed.items() if ppm or entry in direct or entry in minimums}
    if len(kept) > MAX_ANCESTORS:
        raise PublishingError("too_many_ancestors", _("With all that they derive from, these works are too many."))
    designs = _shown(chain_id, kept)
    return Ancestry(
        [
            AncestorPart(
                entry_id=entry,
                ppm=ppm,
                direct=entry in direct,
                minimum=_minimum(entry, ppm, minimums, currency, designs),
                design=designs.get(entry),
            )
            for entry, ppm in kept.items()
        ]
    )


def _flattened(demands: Sequence[Demand], tables: Mapping[str, Sequence[EntryAncestor]]) -> dict[str, int]:
    """A parent gets what it asks. Of that it passes on what it owes by diluting terms; what it owes by binding
    terms, its child owes on top."""
    owed: dict[str, int] = {}
    for one in demands:
        left = one.ppm
        owed.setdefault(one.entry_id, 0)
        for line in tables.get(one.entry_id, ()):
            passed_on = (line.ppm - line.binding_ppm) * one.ppm // PPM
            owed[line.ancestor_id] = owed.get(line.ancestor_id, 0) + passed_on + line.binding_ppm
            left -= passed_on
        owed[one.entry_id] += left
    return owed


def _minimum(
    entry: str,
    ppm: int,
    minimums: Mapping[str, Mapping[str, int]],
    currency: str,
    designs: Mapping[str, Design | Resource],
) -> int:
    stated = minimums.get(entry)
    if stated is None:
        return 0
    least = stated.get(currency, 0)
    if not least or not ppm or least * PPM // ppm >= FLOOR_LIMIT:
        raise PublishingError(
            "minimum_not_reachable",
            _("“%(title)s” asks for a least fee that no sale of yours could bring. Take it off the list.")
            % {"title": designs[entry].title if entry in designs else entry},
        )
    return least


def named_ancestry(design: Design) -> Ancestry:
    """Everyone's part of a draft with the parents that it names now. Raises PublishingError where one is in the way."""
    named = list(design.parent_drafts.all())
    if not named:
        return Ancestry([])
    here = chain()
    demands = demands_of(chain_id=here.chain_id, entry_ids=[parent.entry_id for parent in named])
    for parent, demand in zip(named, demands, strict=True):
        if demand.ppm > parent.max_ppm:
            raise PublishingError(
                "parent_asks_more",
                _("A work that yours derives from asks for more than when you named it. Look at the works again."),
            )
    return ancestry_of(chain_id=here.chain_id, demands=demands, currency=here.deployment.currency)


def check_price(ancestry: Ancestry, price: int) -> None:
    """Raise PublishingError for a price at which an ancestor would get less than it asks."""
    if price < ancestry.floor:
        raise PublishingError(
            "price_below_floor",
            _("A price must be at least %(floor)s, so that every work you derive from gets its least fee.")
            % {"floor": format_amount(ancestry.floor, TUSD)},
        )
