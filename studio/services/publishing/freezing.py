"""Freezing a draft: what everyone is to sign, as typed data that does not change any more."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import addresses_of
from common.identifiers import entry_id_of
from contracts.chains import chain
from designs.models import Contribution, Design, DesignVersion, ProcessingStep, RegistryEntry
from designs.services.provenance import write_record
from designs.services.steps import OPTIONAL
from designs.services.upload import Part, check_parts
from studio.addresses import OwnAddress, own_address, own_addresses, share_addresses
from studio.ancestry import check_price, named_ancestry
from studio.errors import PublishingError
from studio.models import Consent, DerivativeTermsDraft, Publication
from studio.registration import MinimumLine, OfferLine, ParentLine, ShareLine, Standing, digest_of, typed_data
from studio.services.publishing.signing import open_to_others, sign_by_custody
from studio.services.publishing.submitting import submit_if_ready

CONSENT_DAYS = 7


@transaction.atomic
def freeze_and_sign(*, actor: User, design: Design, password: str) -> Publication:
    """Freeze the draft, sign it for its creator by their custody key, and ask every co-creator.

    Raises PublishingError. A wrong password raises accounts' ConfirmationRefused; then nothing is frozen.
    """
    custody = own_addresses(actor)[0]
    publication = _freeze(actor=actor, design=design, creator=custody)
    sign_by_custody(consent=publication.consents.get(position=0), password=password)
    open_to_others(publication=publication)
    submit_if_ready(publication_id=publication.pk)
    return publication


@transaction.atomic
def freeze_for_wallet(*, actor: User, design: Design, address: str) -> Publication:
    """Freeze the draft for a linked wallet of its creator, who signs next; nobody else is asked before they do.

    Raises PublishingError.
    """
    own = own_address(actor, address)
    if own is None or own.custodial:
        raise PublishingError(
            "not_a_linked_wallet", _("This wallet is not linked to your account. Link it, then publish with it.")
        )
    return _freeze(actor=actor, design=design, creator=own)


def _freeze(*, actor: User, design: Design, creator: OwnAddress) -> Publication:
    # One freeze of an owner at a time: two drafts may hold the same file.
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    design = Design.objects.select_for_update().get(pk=design.pk, owner=actor)
    version = design.versions.latest("number")
    parts = list(design.contributions.select_related("account").order_by("id"))
    _check_ready(design=design, version=version, parts=parts)
    holders = {**share_addresses([part.account for part in parts]), actor.pk: creator}
    if len({own.address for own in holders.values()}) != len(holders):
        raise PublishingError(
            "same_address_twice",
            _("Two of the people named hold shares at the same address. Ask them to choose others."),
        )
    return _store(design=design, version=version, parts=parts, holders=holders)


def _check_ready(*, design: Design, version: DesignVersion, parts: list[Contribution]) -> None:
    if design.state != Design.State.DRAFT:
        raise PublishingError("not_a_draft", _("This design is not a draft any more. Reload to see where it is."))
    if design.publications.filter(state__in=Publication.OPEN).exists():
        raise PublishingError("already_asked", _("Consent has been asked already. Nothing was sent again."))
    if version.steps.exclude(state=ProcessingStep.State.DONE).exclude(name__in=OPTIONAL).exists():
        raise PublishingError(
            "still_processing",
            _("The file is still being processed. Publish it when its previews are ready."),
        )
    if not design.first_offers.exists():
        raise PublishingError("no_offers", _("Set a price for at least one license before you publish."))
    check_parts([Part(part.account, part.role, part.units) for part in parts], owner=design.owner)
    ancestry = named_ancestry(design)
    for offer in design.first_offers.all():
        check_price(ancestry, offer.price)
    _check_not_published(design=design, version=version)


def _check_not_published(*, design: Design, version: DesignVersion) -> None:
    """The registry knows one claim of a file for each address; one person makes one, whichever address they use."""
    chain_id = chain().chain_id
    output_hash = version.master.output_hash
    entries = [entry_id_of(creator=own, output_hash=output_hash) for own in addresses_of(design.owner)]
    same = Design.objects.filter(chain_id=chain_id, entry_id__isnull=False).exclude(pk=design.pk)
    if (
        RegistryEntry.objects.filter(chain_id=chain_id, entry_id__in=entries).exists()
        or same.filter(entry_id__in=entries).exists()
        or same.filter(owner=design.owner, versions__master=version.master).exists()
    ):
        raise PublishingError(
            "already_published",
            _("You have published this very file before. Open that design instead, or upload a changed one."),
        )
    other = Publication.objects.filter(
        chain_id=chain_id, design__owner=design.owner, version__master=version.master, state__in=Publication.OPEN
    ).first()
    if other is not None:
        raise PublishingError(
            "published_elsewhere",
            _("You are publishing this very file already, as “%(title)s”. Take that one back first, or go on with it.")
            % {"title": other.design.title},
        )


def _store(
    *, design: Design, version: DesignVersion, parts: list[Contribution], holders: dict[int, OwnAddress]
) -> Publication:
    here = chain()
    registry, currency = here.deployment.address("DesignRegistry"), here.deployment.currency
    creator = holders[design.owner_id].address
    parents = list(design.parent_drafts.all())
    record = write_record(
        version=version,
        contributors=[
            {"address": holders[part.account_id].address, "role": part.role, "units": part.units} for part in parts
        ],
        parents=[parent.entry_id for parent in parents],
    )
    standing, minimums = _derivative_terms(design, currency=currency)
    deadline = timezone.now().replace(microsecond=0) + timedelta(days=CONSENT_DAYS)
    offers = design.first_offers.select_related("template").order_by("template__position", "id")
    data = typed_data(
        chain_id=here.chain_id,
        registry=registry,
        creator=creator,
        output_hash=version.master.output_hash,
        record_root=record.root,
        shares=[ShareLine(holders[part.account_id].address, part.units) for part in parts],
        offers=[OfferLine(offer.template.terms_hash, currency, offer.price, offer.supply) for offer in offers],
        deadline=int(deadline.timestamp()),
        parents=[ParentLine(parent.entry_id, 0, parent.max_ppm) for parent in parents],
        standing=standing,
        minimums=minimums,
    )
    publication = Publication.objects.create(
        design=design,
        version=version,
        record=record,
        chain_id=here.chain_id,
        registry=registry,
        creator=creator,
        entry_id=entry_id_of(creator=creator, output_hash=version.master.output_hash),
        typed_data=data,
        digest=digest_of(data),
        deadline=deadline,
    )
    # The contract reads signatures in this order: the creator, then every other holder in the table's order.
    ordered = sorted(parts, key=lambda part: part.account_id != design.owner_id)
    Consent.objects.bulk_create(
        Consent(
            publication=publication,
            account=part.account,
            position=position,
            address=holders[part.account_id].address,
            custodial=holders[part.account_id].custodial,
            role=part.role,
            units=part.units,
        )
        for position, part in enumerate(ordered)
    )
    return publication


def _derivative_terms(design: Design, *, currency: str) -> tuple[Standing, list[MinimumLine]]:
    terms = DerivativeTermsDraft.objects.filter(design=design).first()
    if terms is None:
        return Standing(), []
    minimums = [MinimumLine(currency, terms.minimum)] if terms.minimum else []
    return Standing(open=terms.open, binding=terms.binding, ppm=terms.ppm), minimums
