"""What a draft brings to its registration, by what it is: a design, or a model, program or data set."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from designs.models import Design, DesignVersion, ProcessingStep, ProvenanceRecord, RegistryEntry, Resource
from designs.provenance import Contributor
from designs.services.provenance import write_record, write_resource_record
from designs.services.steps import OPTIONAL
from studio.ancestry import check_price, named_ancestry
from studio.errors import PublishingError
from studio.models import DerivativeTermsDraft
from studio.registration import MinimumLine, OfferLine, ParentLine, Standing
from studio.works import Work


@dataclass(frozen=True)
class Contents:
    """The part of the typed data that is not its people's. `kind` is the registry's."""

    kind: int
    output_hash: str
    record: ProvenanceRecord
    standing: Standing
    minimums: Sequence[MinimumLine]
    offers: Sequence[OfferLine] = field(default_factory=list)
    parents: Sequence[ParentLine] = field(default_factory=list)


def output_hash_of(work: Work) -> str:
    """The hash of its file, as the chain writes it."""
    return work.output_hash if isinstance(work, Resource) else _version(work).master.output_hash


def check_ready(work: Work) -> None:
    """Raise PublishingError for a design that lacks something. Of the others every draft is whole."""
    if isinstance(work, Resource):
        return
    if _version(work).steps.exclude(state=ProcessingStep.State.DONE).exclude(name__in=OPTIONAL).exists():
        raise PublishingError(
            "still_processing",
            _("The file is still being processed. Publish it when its previews are ready."),
        )
    if not work.first_offers.exists():
        raise PublishingError("no_offers", _("Set a price for at least one license before you publish."))
    # Named before a reason was asked for.
    unsaid = _version(work).references.filter(entry_id=None, sha256="", without_hash="").first()
    if unsaid is not None:
        raise PublishingError(
            "no_hash",
            _("“%(name)s” is named without its SHA-256. Take it off, and name it again with that or with why not.")
            % {"name": unsaid.name},
        )
    ancestry = named_ancestry(work)
    for offer in work.first_offers.all():
        check_price(ancestry, offer.price)


def contents_of(work: Work, *, people: Sequence[Contributor], currency: str) -> Contents:
    """Everything but the people's part, with the record that is written here. `currency` is that of prices."""
    if isinstance(work, Resource):
        return Contents(
            kind=work.entry_kind,
            output_hash=work.output_hash,
            record=write_resource_record(resource=work, contributors=people),
            **_terms(work, currency=currency),
        )
    parents = list(work.parent_drafts.all())
    version = _version(work)
    offers = work.first_offers.select_related("template").order_by("template__position", "id")
    return Contents(
        kind=RegistryEntry.Kind.DESIGN,
        output_hash=version.master.output_hash,
        record=write_record(version=version, contributors=people, parents=[one.entry_id for one in parents]),
        offers=[OfferLine(offer.template.terms_hash, currency, offer.price, offer.supply) for offer in offers],
        parents=[ParentLine(parent.entry_id, 0, parent.max_ppm) for parent in parents],
        **_terms(DerivativeTermsDraft.objects.filter(design=work).first(), currency=currency),
    )


def _terms(terms: DerivativeTermsDraft | Resource | None, *, currency: str) -> dict[str, Any]:
    if terms is None or not terms.open:
        return {"standing": Standing(), "minimums": []}
    return {
        "standing": Standing(open=True, binding=terms.binding, ppm=terms.ppm),
        "minimums": [MinimumLine(currency, terms.minimum)] if terms.minimum else [],
    }


def _version(design: Design) -> DesignVersion:
    return design.versions.select_related("master").latest("number")
