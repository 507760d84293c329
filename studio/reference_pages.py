"""Registered models, programs and data sets as a draft's creator finds them, with what each asks now."""

from dataclasses import dataclass

from contracts.chains import chain
from designs.models import DesignVersion, Resource
from designs.resources import find_resources
from studio.ancestry import minimums_of, standing_of
from studio.registration import Standing

FOUND = 12


@dataclass(frozen=True)
class Found:
    """One that can be named. `minimum` in base units of the test dollar; 0: none."""

    resource: Resource
    terms: Standing
    minimum: int

    @property
    def claim_order(self) -> int:
        return self.resource.claim_order  # type: ignore[attr-defined]


def found_entries(query: str, *, named: DesignVersion) -> list[Found]:
    """What matches, but for what the version names already, in four queries: FOUND of them, and one more if any is."""
    here = chain()
    taken = named.references.filter(entry_id__isnull=False).values("entry_id")
    rows = list(find_resources(chain_id=here.chain_id, query=query).exclude(entry_id__in=taken)[: FOUND + 1])
    entries = [str(row.entry_id) for row in rows]
    terms = standing_of(chain_id=here.chain_id, entry_ids=entries)
    minimums = minimums_of(chain_id=here.chain_id, entry_ids=entries)
    currency = here.deployment.currency if minimums else ""
    return [Found(row, terms[str(row.entry_id)], minimums.get(str(row.entry_id), {}).get(currency, 0)) for row in rows]
