"""What a draft derives from, and what it asks of works that derive from it. Changes take back an open request."""

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from contracts.chains import chain
from designs.models import Design, Reference
from studio.ancestry import Ancestry, ancestry_of, demands_of
from studio.errors import PublishingError
from studio.models import DerivativeTermsDraft, ParentDraft
from studio.models.terms import MAX_STACK_PPM
from studio.services.drafts import editable


@transaction.atomic
def set_parents(*, actor: User, design: Design, parents: Sequence[Design]) -> Ancestry:
    """Replace the works that a draft derives from, each under its standing terms of now. Returns everyone's part.

    Raises PublishingError for a work that is not on the chain, permits nothing, or asks too much with the others.
    """
    design = editable(actor=actor, design=design)
    here = chain()
    if any(parent.chain_id != here.chain_id or not parent.entry_id for parent in parents):
        raise PublishingError("parent_not_on_chain", _("A work that is not published yet cannot be derived from."))
    entries = [str(parent.entry_id) for parent in parents]
    made_with = set(Reference.objects.filter(version__design=design).values_list("entry_id", flat=True))
    named = design.parent_drafts.values_list("entry_id", flat=True)
    # What it was made with is named elsewhere, and stays.
    entries += [entry for entry in named if entry in made_with and entry not in entries]
    if len(set(entries)) != len(entries):
        raise PublishingError("parent_twice", _("Each work can be named once only."))
    demands = demands_of(chain_id=here.chain_id, entry_ids=entries)
    ancestry = ancestry_of(chain_id=here.chain_id, demands=demands, currency=here.deployment.currency)
    design.parent_drafts.all().delete()
    ParentDraft.objects.bulk_create(
        ParentDraft(
            design=design, position=position, chain_id=here.chain_id, entry_id=demand.entry_id, max_ppm=demand.ppm
        )
        for position, demand in enumerate(demands)
    )
    return ancestry


@transaction.atomic
def set_derivative_terms(
    *, actor: User, design: Design, open: bool, binding: bool = False, ppm: int = 0, minimum: int = 0
) -> None:
    """Say whether anyone may derive from the draft once it is published: for which part of their revenue (parts per
    million), whether descendants of theirs owe it too, and the least fee of each sale (base units; 0: none).
    """
    design = editable(actor=actor, design=design)
    if not open:
        DerivativeTermsDraft.objects.filter(design=design).delete()
        return
    check_terms(ppm=ppm, minimum=minimum)
    DerivativeTermsDraft.objects.update_or_create(
        design=design, defaults={"open": True, "binding": binding, "ppm": ppm, "minimum": minimum}
    )


def check_terms(*, ppm: int, minimum: int) -> None:
    """Raise PublishingError for terms that the registry would refuse, or that no work could meet."""
    if not 0 <= ppm <= MAX_STACK_PPM:
        raise PublishingError("part_too_high", _("Your part of a derived work's revenue can be 50 % at most."))
    if minimum and not ppm:
        raise PublishingError("minimum_without_part", _("A least fee needs a part of the revenue that it comes from."))
