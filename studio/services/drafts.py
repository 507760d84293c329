"""Changing a draft. Any change takes back an open request for consent: people sign what they see (law 9)."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.money import TUSD, parse_amount
from designs.inspection import DetectedType
from designs.models import Contribution, Design, OriginalityMatch
from designs.services.making import forget_unconfirmed, settle
from designs.services.processing import plan_processing
from designs.services.received import ReceivedFile, asset_of
from designs.services.upload import MadeWith, Part, check_parts, receive_master
from designs.storage import StoredBlob
from licensing.models import LicenseTemplate
from studio.errors import PublishingError
from studio.models import FirstOfferDraft
from studio.services.publishing import take_back

EDITABLE = (Design.State.DRAFT, Design.State.PROCESSING, Design.State.IN_REVIEW, Design.State.REJECTED)


@dataclass(frozen=True)
class OfferWish:
    """A first offer as a creator writes it: terms and a price in base units."""

    template: LicenseTemplate
    price: int
    supply: int = 0


def check_editable(design: Design) -> None:
    """Raise PublishingError for what is no draft any more."""
    if design.state not in EDITABLE:
        raise PublishingError(
            "not_a_draft", _("This design is being published or is published; it cannot be changed any more.")
        )


def editable(*, actor: User, design: Design) -> Design:
    """The draft, locked for a change; an open request for consent is taken back. Raises PublishingError."""
    design = Design.objects.select_for_update().get(pk=design.pk, owner=actor)
    check_editable(design)
    take_back(actor=actor, work=design)
    Design.objects.filter(pk=design.pk, state=Design.State.REJECTED).update(state=Design.State.DRAFT)
    return design


@transaction.atomic
def change_details(
    *,
    actor: User,
    design: Design,
    title: str,
    description: str,
    tags: Sequence[str],
    disclosure: str,
    made_with: MadeWith,
) -> None:
    """Rewrite what a draft says of itself."""
    design = editable(actor=actor, design=design)
    Design.objects.filter(pk=design.pk).update(
        title=title, description=description, tags=list(tags), disclosure=disclosure
    )
    # Whoever saves these fields has seen them: what was read from the file is theirs now.
    design.versions.filter(pk=design.versions.latest("number").pk).update(**vars(made_with), read_from_file=[])


@transaction.atomic
def change_parts(*, actor: User, design: Design, parts: Sequence[Part]) -> None:
    """Replace who has a part, and how much. Raises DesignError when the shares do not add up."""
    design = editable(actor=actor, design=design)
    check_parts(parts, owner=actor)
    design.contributions.all().delete()
    Contribution.objects.bulk_create(
        Contribution(design=design, account=part.account, role=part.role, units=part.units) for part in parts
    )


@transaction.atomic
def set_first_offers(*, actor: User, design: Design, offers: Sequence[OfferWish]) -> None:
    """Replace the offers that the design will open with."""
    design = editable(actor=actor, design=design)
    if len({offer.template.pk for offer in offers}) != len(offers):
        raise PublishingError("offer_twice", _("Each license can be offered once only."))
    design.first_offers.all().delete()
    FirstOfferDraft.objects.bulk_create(
        FirstOfferDraft(design=design, template=offer.template, price=offer.price, supply=offer.supply)
        for offer in offers
    )


def price_of(text: str) -> int:
    """A price typed by a person, in base units of the test dollar. Raises common.money.AmountError."""
    return parse_amount(text, TUSD)


def replace_master(*, actor: User, design: Design, master: ReceivedFile) -> None:
    """Put another file in the place of one that could not be read. Everything else of the draft stays."""
    check_editable(design)
    # Before the lock: hundreds of megabytes take their time.
    blob, detected = receive_master(master)
    with transaction.atomic():
        design = editable(actor=actor, design=design)
        _put_in_place(design, master, blob, detected)


def _put_in_place(design: Design, master: ReceivedFile, blob: StoredBlob, detected: DetectedType) -> None:
    version = design.versions.latest("number")
    forget_unconfirmed(version=version)
    version.steps.all().delete()
    version.previews.all().delete()
    # It was matched for what its former file showed.
    OriginalityMatch.objects.filter(Q(version=version) | Q(earlier=version)).delete()
    version.master = asset_of(blob, media_type=detected.media_type)
    version.file_at = timezone.now()
    version.file_name = master.safe_name
    version.facts = {}
    version.bulk = False
    version.save(update_fields=["master", "file_name", "facts", "file_at", "bulk"])
    Design.objects.filter(pk=design.pk).update(kind=detected.kind, state=Design.State.PROCESSING, state_reason="")
    version.design.refresh_from_db()
    plan_processing(version=version)


@transaction.atomic
def state_frame(*, actor: User, design: Design, units: str, up: str) -> None:
    """Say the unit and the up axis of a mesh whose format does not; "" is not to say it.

    Facts and pictures are made anew. Raises PublishingError.
    """
    design = editable(actor=actor, design=design)
    version = design.versions.latest("number")
    if (version.stated_units, version.stated_up) == (units, up):
        return
    version.stated_units, version.stated_up, version.bulk = units, up, False
    version.save(update_fields=["stated_units", "stated_up", "bulk"])
    # A step that runs now belongs to nobody any more, so it writes nothing. Pictures stay until new ones are there.
    version.steps.all().delete()
    Design.objects.filter(pk=design.pk).update(state=Design.State.PROCESSING, state_reason="")
    plan_processing(version=version)


@transaction.atomic
def settle_from_file(*, actor: User, design: Design, wish: str, names: Sequence[str] = ()) -> None:
    """Answer what was read from the file: "keep" makes it the creator's own word, "drop" empties it, "take" fills it in
    anew over what stands there. `names` are fields; none for all. Raises PublishingError.
    """
    design = editable(actor=actor, design=design)
    settle(version=design.versions.latest("number"), wish=wish, names=names)


@transaction.atomic
def discard(*, actor: User, design: Design) -> None:
    """Delete a draft that never reached the chain."""
    design = editable(actor=actor, design=design)
    design.publications.all().delete()
    design.delete()
