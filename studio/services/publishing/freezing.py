"""Freezing a draft: what everyone is to sign, as typed data that does not change any more."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import addresses_of
from common.identifiers import entry_id_of
from contracts.chains import chain
from designs.models import Design, RegistryEntry, Resource
from designs.provenance import Contributor
from designs.services.upload import Part, check_parts
from studio.addresses import OwnAddress, own_address, own_addresses, share_addresses
from studio.errors import PublishingError
from studio.models import Consent, Publication
from studio.registration import ShareLine, digest_of, typed_data
from studio.services.publishing.contents import Contents, check_ready, contents_of, output_hash_of
from studio.services.publishing.signing import open_to_others, sign_by_custody
from studio.services.publishing.submitting import submit_if_ready
from studio.works import Work, WorkPart, people_of

CONSENT_DAYS = 7


@transaction.atomic
def freeze_and_sign(*, actor: User, work: Work, password: str) -> Publication:
    """Freeze the draft, sign it for its creator by their custody key, and ask every co-creator.

    Raises PublishingError. A wrong password raises accounts' ConfirmationRefused; then nothing is frozen.
    """
    custody = own_addresses(actor)[0]
    publication = _freeze(actor=actor, work=work, creator=custody)
    sign_by_custody(consent=publication.consents.get(position=0), password=password)
    open_to_others(publication=publication)
    submit_if_ready(publication_id=publication.pk)
    return publication


@transaction.atomic
def freeze_for_wallet(*, actor: User, work: Work, address: str) -> Publication:
    """Freeze the draft for a linked wallet of its creator, who signs next; nobody else is asked before they do.

    Raises PublishingError.
    """
    own = own_address(actor, address)
    if own is None or own.custodial:
        raise PublishingError(
            "not_a_linked_wallet", _("This wallet is not linked to your account. Link it, then publish with it.")
        )
    return _freeze(actor=actor, work=work, creator=own)


def _freeze(*, actor: User, work: Work, creator: OwnAddress) -> Publication:
    # One freeze of an owner at a time: two drafts may hold the same file.
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    work = type(work).objects.select_for_update().get(pk=work.pk, owner=actor)
    parts = people_of(work)
    _check_ready(work, parts)
    holders = {**share_addresses([part.account for part in parts]), actor.pk: creator}
    if len({own.address for own in holders.values()}) != len(holders):
        raise PublishingError(
            "same_address_twice",
            _("Two of the people named hold shares at the same address. Ask them to choose others."),
        )
    return _store(work, parts, holders)


def _check_ready(work: Work, parts: Sequence[WorkPart]) -> None:
    if work.state != Design.State.DRAFT:
        raise PublishingError("not_a_draft", _("This is not a draft any more. Reload to see where it is."))
    if work.publications.filter(state__in=Publication.OPEN).exists():
        raise PublishingError("already_asked", _("Consent has been asked already. Nothing was sent again."))
    check_parts([Part(part.account, part.role, part.units) for part in parts], owner=work.owner)
    check_ready(work)
    _check_not_published(work)


def _check_not_published(work: Work) -> None:
    """The registry knows one claim of a file for each address; one person makes one, whichever address they use."""
    chain_id = chain().chain_id
    output_hash = output_hash_of(work)
    entries = [entry_id_of(creator=own, output_hash=output_hash) for own in addresses_of(work.owner)]
    designs = Design.objects.filter(chain_id=chain_id, entry_id__isnull=False)
    resources = Resource.objects.filter(chain_id=chain_id, entry_id__isnull=False)
    if isinstance(work, Design):
        designs = designs.exclude(pk=work.pk)
    else:
        resources = resources.exclude(pk=work.pk)
    digits = output_hash[2:]
    if (
        RegistryEntry.objects.filter(chain_id=chain_id, entry_id__in=entries).exists()
        or designs.filter(Q(entry_id__in=entries) | Q(owner=work.owner, versions__master__sha256=digits)).exists()
        or resources.filter(Q(entry_id__in=entries) | Q(owner=work.owner, sha256=digits)).exists()
    ):
        raise PublishingError(
            "already_published",
            _("You have published this very file before. Open that one instead, or take a changed file."),
        )
    same = Q(design__owner=work.owner, version__master__sha256=digits) | Q(
        resource__owner=work.owner, resource__sha256=digits
    )
    other = Publication.objects.filter(same, chain_id=chain_id, state__in=Publication.OPEN).first()
    if other is not None:
        raise PublishingError(
            "published_elsewhere",
            _("You are publishing this very file already, as “%(title)s”. Take that one back first, or go on with it.")
            % {"title": other.work.title},
        )


def _store(work: Work, parts: Sequence[WorkPart], holders: dict[int, OwnAddress]) -> Publication:
    here = chain()
    registry, creator = here.deployment.address("DesignRegistry"), holders[work.owner_id].address
    people: list[Contributor] = [
        {"address": holders[part.account_id].address, "role": part.role, "units": part.units} for part in parts
    ]
    contents: Contents = contents_of(work, people=people, currency=here.deployment.currency)
    deadline = timezone.now().replace(microsecond=0) + timedelta(days=CONSENT_DAYS)
    data = typed_data(
        chain_id=here.chain_id,
        registry=registry,
        creator=creator,
        output_hash=contents.output_hash,
        record_root=contents.record.root,
        shares=[ShareLine(part["address"], part["units"]) for part in people],
        offers=contents.offers,
        deadline=int(deadline.timestamp()),
        parents=contents.parents,
        standing=contents.standing,
        minimums=contents.minimums,
        kind=contents.kind,
    )
    publication = Publication.objects.create(
        design=work if isinstance(work, Design) else None,
        version=contents.record.version,
        resource=work if isinstance(work, Resource) else None,
        record=contents.record,
        chain_id=here.chain_id,
        registry=registry,
        creator=creator,
        entry_id=entry_id_of(creator=creator, output_hash=contents.output_hash),
        typed_data=data,
        digest=digest_of(data),
        deadline=deadline,
    )
    # The contract reads signatures in this order: the creator, then every other holder in the table's order.
    ordered = sorted(parts, key=lambda part: part.account_id != work.owner_id)
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
