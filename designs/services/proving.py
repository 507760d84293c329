"""Giving away chosen fields of a record, as a file or at an address. Whoever calls is known to be its creator."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from designs.anchored import AnchoredRecord, anchored_record
from designs.errors import DesignError
from designs.models import Design, FieldProofLink

MOST_LINKS = 50


class ProvingError(DesignError):
    """Nothing can be proven so; `str()` says why and what to do."""


def prove_fields(*, design: Design, keys: Sequence[str]) -> dict[str, Any]:
    """A portable proof of these fields of a design's anchored record, and of no other. Raises ProvingError."""
    return _checked(design, keys).disclose(*keys)


@transaction.atomic
def show_proof(*, design: Design, keys: Sequence[str]) -> FieldProofLink:
    """Put a proof at an address for whoever has it; the same fields have one address. Raises ProvingError."""
    Design.objects.select_for_update(no_key=True).get(pk=design.pk)
    record = _checked(design, keys).record
    links = FieldProofLink.objects.filter(record=record)
    same = links.filter(keys=sorted(keys)).first()
    if same is not None:
        return same
    if links.count() >= MOST_LINKS:
        raise ProvingError("too_many_links", _("There are 50 addresses already. Take one back first."))
    return FieldProofLink.objects.create(record=record, keys=sorted(keys))


def take_back_proof(*, design: Design, public_id: Any) -> bool:
    """Close the address of a proof. False when this design has none of that name."""
    links = FieldProofLink.objects.filter(public_id=public_id, record__version__design=design)
    return bool(links.delete()[0])


def _checked(design: Design, keys: Sequence[str]) -> AnchoredRecord:
    anchored = anchored_record(design)
    if anchored is None:
        raise ProvingError(
            "not_anchored", _("Fields can be proven once the design is published: nothing is anchored yet.")
        )
    if not keys:
        raise ProvingError("nothing_chosen", _("Choose at least one field."))
    if len(set(keys)) != len(keys) or not set(keys) <= anchored.record.fields.keys():
        raise ProvingError("no_such_field", _("The record has no such field. Reload the page and choose again."))
    if not set(keys) <= anchored.record.salts.keys():
        raise ProvingError(
            "salts_erased", _("The salts of this record were erased, so nothing of it can be proven any more.")
        )
    return anchored
