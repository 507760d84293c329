"""What the pages about derived works show: each parent with its terms, and what terms come to in money."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import prefetch_related_objects

from common.money import PPM, TUSD
from contracts.chains import chain
from designs.file_credentials import credentials_of
from designs.lineage import shown_by_entry
from designs.models import Design, Preview, Resource
from designs.resources import resources_by_entry
from designs.selectors import Picture, cover_previews, picture_of
from royalties.selectors import fee_ppm
from studio.ancestry import minimums_of, open_to_derive, standing_of
from studio.models import DerivativeTermsDraft
from studio.registration import Standing
from studio.selectors import DraftPage

EXAMPLE_PRICE = 20 * TUSD.base
EXAMPLE_PPM = 100_000


@dataclass(frozen=True)
class NamedParent:
    """A work that can be derived from, and what it asks now. `minimum` in base units of the test dollar; 0: none."""

    entry_id: str
    design: Design | Resource | None
    picture: Picture | None
    terms: Standing
    minimum: int


@dataclass(frozen=True)
class Example:
    """What terms come to for one sale of a derived work, base units of the test dollar."""

    price: int
    fee: int
    part: int
    ppm: int


def named_parents(draft: DraftPage) -> list[NamedParent]:
    """The works that a draft names, in their order; of those that nobody may see any more, the entries alone."""
    entries = list(draft.design.parent_drafts.values_list("entry_id", flat=True))
    designs = shown_by_entry(chain_id=chain().chain_id, entry_ids=entries)
    prefetch_related_objects(list(designs.values()), cover_previews())
    known: dict[str, Design | Resource] = {**designs}
    if missing := set(entries) - known.keys():
        known.update(resources_by_entry(chain_id=chain().chain_id, entry_ids=missing))
    return _parents([(entry, known.get(entry)) for entry in entries])


def suggested_parents(draft: DraftPage, named: Sequence[NamedParent]) -> list[NamedParent]:
    """Works that its file names as ingredients in its Content Credentials, open to derive from and not named yet."""
    credentials = credentials_of(draft.version)
    if credentials is None or not credentials.known:
        return []
    entries = {str(one.entry_id) for one in credentials.known} - {one.entry_id for one in named}
    return as_parents(open_to_derive().filter(entry_id__in=entries).exclude(pk=draft.design.pk))


def as_parents(designs: Iterable[Design]) -> list[NamedParent]:
    """These designs on show (with their covers), as works to derive from."""
    return _parents([(str(one.entry_id), one) for one in designs])


def _parents(rows: Sequence[tuple[str, Design | Resource | None]]) -> list[NamedParent]:
    here = chain()
    entries = [entry for entry, _design in rows]
    terms = standing_of(chain_id=here.chain_id, entry_ids=entries)
    minimums = minimums_of(chain_id=here.chain_id, entry_ids=entries)
    return [
        NamedParent(
            entry_id=entry,
            design=design,
            picture=picture_of(design, _previews(design)) if isinstance(design, Design) else None,
            terms=terms[entry],
            minimum=minimums.get(entry, {}).get(here.deployment.currency, 0) if entry in minimums else 0,
        )
        for entry, design in rows
    ]


def _previews(design: Design) -> list[Preview]:
    return list(design.versions.all()[0].previews.all())


def example_of(terms: DerivativeTermsDraft | None) -> Example:
    """One sale of a derived work at 20 tUSD under these terms, under 10 % where there are none yet."""
    ppm = terms.ppm if terms else EXAMPLE_PPM
    fee = EXAMPLE_PRICE * fee_ppm(chain_id=chain().chain_id) // PPM
    return Example(price=EXAMPLE_PRICE, fee=fee, part=(EXAMPLE_PRICE - fee) * ppm // PPM, ppm=ppm)
