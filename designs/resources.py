"""Reading registered models, programs and data sets: which anyone may see, whose they are, what was made with them."""

import re
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from designs.models import Design, EntryAncestor, Reference, RegistryEntry, Resource
from designs.selectors import SELLING, on_show, with_status

_ENTRY = re.compile(r"0x[0-9a-f]{32}")
_HASH = re.compile(r"(?:0x)?([0-9a-f]{64})")


def with_entry(resources: QuerySet[Resource]) -> QuerySet[Resource]:
    """Annotate entry_block (block number or None), claim_order and entry_status from the chain's projections."""
    entry = RegistryEntry.objects.filter(chain_id=OuterRef("chain_id"), entry_id=OuterRef("entry_id"))
    return with_status(resources).annotate(
        entry_block=Subquery(entry.values("event__block__number")[:1]),
        claim_order=Subquery(entry.with_claim_order().values("claim_order")[:1]),  # type: ignore[misc]
    )


def shown_resources() -> QuerySet[Resource]:
    """Those that anyone may see: registered, and not taken down."""
    entry = RegistryEntry.objects.filter(chain_id=OuterRef("chain_id"), entry_id=OuterRef("entry_id"))
    return Resource.objects.filter(Exists(entry)).exclude(state=Resource.State.TAKEN_DOWN).select_related("owner")


def resources_by_entry(*, chain_id: int, entry_ids: Iterable[str]) -> dict[str, Resource]:
    """Resources that anyone may see, by their entries, with owner and entry_status."""
    rows = with_status(shown_resources().filter(chain_id=chain_id, entry_id__in=list(entry_ids)))
    return {str(one.entry_id): one for one in rows}


def works_by_entry(*, chain_id: int, entry_ids: Iterable[str]) -> dict[str, Design | Resource]:
    """All works of ours by their entries, with owner, also those that nobody is shown any more."""
    asked = set(entry_ids)
    found: dict[str, Design | Resource] = {}
    for kind in (Design, Resource):
        if missing := asked - found.keys():
            rows = kind.objects.filter(chain_id=chain_id, entry_id__in=missing).select_related("owner")
            found.update({str(row.entry_id): row for row in rows})
    return found


def find_resources(*, chain_id: int, query: str = "", kind: str = "") -> QuerySet[Resource]:
    """Those that a design can name now, by words of their name, an entry's id or a SHA-256; first claims first."""
    found = with_entry(shown_resources().filter(chain_id=chain_id)).filter(entry_status__in=SELLING)  # type: ignore[misc]
    if kind in Reference.Kind.values:
        found = found.filter(kind=kind)
    text = query.strip().lower()
    if _ENTRY.fullmatch(text):
        found = found.filter(entry_id=text)
    elif digits := _HASH.fullmatch(text):
        found = found.filter(sha256=digits[1])
    else:
        for word in query.split()[:8]:
            found = found.filter(name__icontains=word)
    return found.order_by("claim_order", "-id")  # type: ignore[misc]


def access_resource(*, viewer: Any, public_id: Any) -> Resource:
    """The resource, if this viewer may see it: anyone once it is registered, else its people and moderators.

    Raises Resource.DoesNotExist for everyone else, as if there were none.
    """
    found = with_entry(Resource.objects.select_related("owner")).get(public_id=public_id)
    if found.entry_block is not None and found.state != Resource.State.TAKEN_DOWN:  # type: ignore[attr-defined]
        return found
    if viewer.is_authenticated and (
        found.owner_id == viewer.pk
        or viewer.has_perm("moderation.view_review")
        or found.contributions.filter(account=viewer).exists()
    ):
        return found
    raise Resource.DoesNotExist


def own_resource(*, owner: Any, public_id: Any) -> Resource:
    """A resource of this owner. Raises Resource.DoesNotExist for anyone else's."""
    return with_entry(Resource.objects.select_related("owner")).get(public_id=public_id, owner=owner)


def designs_made_with(*, chain_id: int, entry_id: str) -> QuerySet[Any]:
    """Designs on show that name the entry, or that owe it as a parent, newest first."""
    named = Reference.objects.filter(chain_id=chain_id, entry_id=entry_id).values("version__design")
    owing = EntryAncestor.objects.filter(chain_id=chain_id, ancestor_id=entry_id, direct=True).values("entry_id")
    return on_show().filter(Q(pk__in=named) | Q(entry_id__in=owing), chain_id=chain_id).order_by("-id")


def with_resources(references: Iterable[Reference]) -> list[Reference]:
    """References, each with `resource`: what is registered under its entry, if anyone may see it here."""
    found = list(references)
    for chain_id in {one.chain_id for one in found if one.chain_id is not None}:
        entries = [str(one.entry_id) for one in found if one.chain_id == chain_id]
        known = resources_by_entry(chain_id=chain_id, entry_ids=entries)
        for one in found:
            if one.chain_id == chain_id:
                one.resource = known.get(str(one.entry_id))  # type: ignore[attr-defined]
    return found
