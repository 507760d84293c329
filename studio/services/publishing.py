"""Freezing a draft, everyone's signature, and the one relayed transaction.

The creator signs when they freeze; co-creators answer in any order; once all have signed and the review has
approved, the registration is handed to the outbox by whoever notices first (docs/decisions/0005).
"""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import notify, sign_with_custody
from common.identifiers import entry_id_of
from contracts.chains import chain
from contracts.errors import ChainNotDeployed
from contracts.outbox import enqueue
from designs.models import (
    Contribution,
    Design,
    DesignVersion,
    ProcessingStep,
    ProvenanceRecord,
    RegistryEntry,
)
from designs.services.provenance import write_record
from designs.services.upload import Part, check_parts
from moderation.models import Review
from moderation.services import judge, withdraw_review
from studio.ancestry import ancestry_of, check_price, demands_of
from studio.errors import PublishingError
from studio.models import Consent, DerivativeTermsDraft, Publication
from studio.registration import (
    MinimumLine,
    OfferLine,
    ParentLine,
    ShareLine,
    Standing,
    digest_of,
    is_current,
    register_arguments,
    signable_form,
    typed_data,
)

REGISTER = "register"
CONSENT_DAYS = 7


@transaction.atomic
def freeze_and_sign(*, actor: User, design: Design, password: str) -> Publication:
    """Freeze the draft, sign it for its creator, and ask every co-creator. Raises PublishingError.

    A wrong password raises accounts' ConfirmationRefused; then nothing is frozen.
    """
    # One freeze of an owner at a time: two drafts may hold the same file.
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    design = Design.objects.select_for_update().get(pk=design.pk, owner=actor)
    version = design.versions.latest("number")
    _check_ready(design=design, version=version)
    publication = _freeze(design=design, version=version)
    first = publication.consents.get(position=0)
    _sign(consent=first, password=password)
    review = judge(version=version, digest=publication.digest)
    if review.state == Review.State.PENDING:
        Design.objects.filter(pk=design.pk, state=Design.State.DRAFT).update(state=Design.State.IN_REVIEW)
    for consent in publication.consents.filter(position__gt=0).select_related("account"):
        _invite(consent=consent, design=design)
    submit_if_ready(publication_id=publication.pk)
    return publication


def _check_ready(*, design: Design, version: DesignVersion) -> None:
    if design.state != Design.State.DRAFT:
        raise PublishingError("not_a_draft", _("This design is not a draft any more. Reload to see where it is."))
    if design.publications.filter(state__in=["asked", "submitted"]).exists():
        raise PublishingError("already_asked", _("Consent has been asked already. Nothing was sent again."))
    if version.steps.exclude(state=ProcessingStep.State.DONE).exists():
        raise PublishingError(
            "still_processing",
            _("The file is still being processed. Publish it when its previews are ready."),
        )
    if not design.first_offers.exists():
        raise PublishingError("no_offers", _("Set a price for at least one license before you publish."))
    parts = [
        Part(account=part.account, role=part.role, units=part.units)
        for part in design.contributions.select_related("account")
    ]
    check_parts(parts, owner=design.owner)
    _check_lineage(design)
    creator = design.owner.custody_key.address
    entry = entry_id_of(creator=creator, output_hash=version.master.output_hash)
    on_chain = RegistryEntry.objects.filter(chain_id=chain().chain_id, entry_id=entry).exists()
    if on_chain or Design.objects.filter(chain_id=chain().chain_id, entry_id=entry).exclude(pk=design.pk).exists():
        raise PublishingError(
            "already_published",
            _("You have published this very file before. Open that design instead, or upload a changed one."),
        )
    other = Publication.objects.filter(
        chain_id=chain().chain_id, entry_id=entry, state__in=[Publication.State.ASKED, Publication.State.SUBMITTED]
    ).first()
    if other is not None:
        raise PublishingError(
            "published_elsewhere",
            _("You are publishing this very file already, as “%(title)s”. Take that one back first, or go on with it.")
            % {"title": other.design.title},
        )


def _check_lineage(design: Design) -> None:
    """Parents may have changed their terms, or have been stopped, since they were named."""
    named = list(design.parent_drafts.all())
    if not named:
        return
    here = chain()
    demands = demands_of(chain_id=here.chain_id, entry_ids=[parent.entry_id for parent in named])
    for parent, demand in zip(named, demands, strict=True):
        if demand.ppm > parent.max_ppm:
            raise PublishingError(
                "parent_asks_more",
                _("A work that yours derives from asks for more than when you named it. Look at the works again."),
            )
    ancestry = ancestry_of(chain_id=here.chain_id, demands=demands, currency=here.deployment.currency)
    for offer in design.first_offers.all():
        check_price(ancestry, offer.price)


def _freeze(*, design: Design, version: DesignVersion) -> Publication:
    here = chain()
    creator = design.owner.custody_key.address
    parts = list(design.contributions.select_related("account__custody_key").order_by("id"))
    parents = list(design.parent_drafts.all())
    record: ProvenanceRecord = write_record(
        version=version,
        contributors=[
            {"address": part.account.custody_key.address, "role": part.role, "units": part.units} for part in parts
        ],
        parents=[parent.entry_id for parent in parents],
    )
    standing, minimums = _derivative_terms(design, currency=here.deployment.currency)
    deadline = timezone.now().replace(microsecond=0) + timedelta(days=CONSENT_DAYS)
    currency = here.deployment.currency
    offers = design.first_offers.select_related("template").order_by("template__position", "id")
    data = typed_data(
        chain_id=here.chain_id,
        registry=here.deployment.address("DesignRegistry"),
        creator=creator,
        output_hash=version.master.output_hash,
        record_root=record.root,
        shares=[ShareLine(part.account.custody_key.address, part.units) for part in parts],
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
        registry=here.deployment.address("DesignRegistry"),
        creator=creator,
        entry_id=entry_id_of(creator=creator, output_hash=version.master.output_hash),
        typed_data=data,
        digest=digest_of(data),
        deadline=deadline,
    )
    # The contract reads signatures in this order: the creator, then every other holder in the table's order.
    owner_part = next(part for part in parts if part.account_id == design.owner_id)
    ordered = [owner_part, *(part for part in parts if part is not owner_part)]
    Consent.objects.bulk_create(
        Consent(
            publication=publication,
            account=part.account,
            position=position,
            address=part.account.custody_key.address,
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


def _sign(*, consent: Consent, password: str) -> None:
    publication = consent.publication
    signature = sign_with_custody(
        user=consent.account,
        typed_data=signable_form(publication.typed_data),
        purpose=f"publication:{publication.public_id}",
        password=password,
    )
    moved = Consent.objects.filter(
        pk=consent.pk, state=Consent.State.ASKED, publication__state=Publication.State.ASKED
    ).update(state=Consent.State.ACCEPTED, signature=signature, decided_at=timezone.now())
    if not moved:
        raise PublishingError("already_answered", _("This was answered or changed meanwhile. Reload to see it."))


def _invite(*, consent: Consent, design: Design) -> None:
    notify(
        user=consent.account,
        kind="consent_asked",
        key=f"{consent.publication.public_id}",
        subject=_("%(owner)s asks for your consent to “%(title)s”")
        % {"owner": design.owner.display_name, "title": design.title},
        body=_(
            "%(owner)s names you as %(role)s with %(percent)s %% of the revenue of “%(title)s”. "
            "Nothing is published until you accept."
        )
        % {
            "owner": design.owner.display_name,
            "role": Contribution.Role(consent.role).label.lower(),
            "percent": f"{consent.units / 10_000:.4f}".rstrip("0").rstrip("."),
            "title": design.title,
        },
        url=reverse("studio:consent", args=[consent.publication.public_id]),
    )


@transaction.atomic
def accept(*, actor: User, publication: Publication, password: str) -> Consent:
    """Sign the publication as the co-creator that `actor` is, with their custody key."""
    consent = publication.consents.select_related("publication", "account").get(account=actor)
    if publication.deadline <= timezone.now():
        raise PublishingError("expired", _("This request has expired. The creator has to ask again."))
    _sign(consent=consent, password=password)
    submit_if_ready(publication_id=publication.pk)
    return consent


@transaction.atomic
def decline(*, actor: User, publication: Publication, reason: str) -> None:
    """Decline one's part. The publication is dropped; the draft stays with its owner, who is told."""
    moved = Consent.objects.filter(
        publication=publication,
        account=actor,
        position__gt=0,
        state=Consent.State.ASKED,
        publication__state=Publication.State.ASKED,
    ).update(state=Consent.State.DECLINED, reason=reason, decided_at=timezone.now())
    if not moved:
        raise PublishingError("already_answered", _("This was answered or changed meanwhile. Reload to see it."))
    why = _("%(name)s declined their part.") % {"name": actor.display_name}
    _drop(publication=publication, reason=f"{why} {reason}".strip())
    notify(
        user=publication.design.owner,
        kind="consent_declined",
        key=f"{publication.public_id}:{actor.public_id}",
        subject=_("“%(title)s” was not accepted by everyone") % {"title": publication.design.title},
        body=f"{why} {reason}\n\n" + _("Your draft is unchanged. Edit the shares or the people and ask again."),
        url=reverse("studio:design", args=[publication.design.public_id]),
    )


@transaction.atomic
def take_back(*, actor: User, design: Design) -> bool:
    """Drop an open request for consent, so that the draft can change. False when there was none to drop."""
    publication = design.publications.filter(state=Publication.State.ASKED, design__owner=actor).first()
    if publication is None:
        return False
    return _drop(publication=publication, reason=_("Taken back by its creator."))


def _drop(*, publication: Publication, reason: str) -> bool:
    moved = Publication.objects.filter(pk=publication.pk, state=Publication.State.ASKED).update(
        state=Publication.State.DROPPED, reason=reason
    )
    if moved:
        withdraw_review(digest=publication.digest)
        Design.objects.filter(pk=publication.design_id, state=Design.State.IN_REVIEW).update(
            state=Design.State.DRAFT, state_reason=reason
        )
        Design.objects.filter(pk=publication.design_id, state=Design.State.DRAFT).update(state_reason=reason)
    return bool(moved)


@transaction.atomic
def submit_if_ready(*, publication_id: int) -> bool:
    """Hand the registration to the outbox when everyone signed and the review approved. Safe at any time."""
    publication = Publication.objects.select_for_update(of=("self",)).select_related("design").get(pk=publication_id)
    if publication.state != Publication.State.ASKED:
        return False
    if not _is_current(publication):
        return not _drop(
            publication=publication,
            reason=_(
                "The contracts on the chain were replaced, and what was signed means the old ones. Publish again."
            ),
        )
    if publication.deadline <= timezone.now():
        return not _drop(publication=publication, reason=_("Not everyone answered in time. Publish again to ask anew."))
    consents = list(publication.consents.order_by("position"))
    if any(consent.state != Consent.State.ACCEPTED for consent in consents):
        return False
    review = Review.objects.get(digest=publication.digest)
    if review.state == Review.State.REJECTED:
        _reject(publication=publication, review=review)
        return False
    if review.state != Review.State.APPROVED:
        return False
    Publication.objects.filter(pk=publication.pk).update(state=Publication.State.SUBMITTED, submitted_at=timezone.now())
    Design.objects.filter(pk=publication.design_id).update(
        state=Design.State.ANCHORING,
        state_reason="",
        chain_id=publication.chain_id,
        entry_id=publication.entry_id,
    )
    enqueue(
        kind=REGISTER,
        subject=f"studio.publication:{publication.public_id}",
        ref=bytes.fromhex(publication.ref[2:]),
        contract="DesignRegistry",
        function="register",
        args=register_arguments(
            publication.typed_data,
            signatures=[bytes(consent.signature or b"") for consent in consents],
            custodial=[consent.custodial for consent in consents],
        ),
    )
    return True


def _is_current(publication: Publication) -> bool:
    """Whether what was signed can still be registered; unknown, so yes, while nothing is deployed."""
    try:
        registry = chain().deployment.address("DesignRegistry")
    except ChainNotDeployed:
        return True
    return is_current(publication.typed_data, registry=registry)


def _reject(*, publication: Publication, review: Review) -> None:
    if not _drop(publication=publication, reason=review.reason):
        return
    Design.objects.filter(pk=publication.design_id).update(state=Design.State.REJECTED, state_reason=review.reason)
    notify(
        user=publication.design.owner,
        kind="publication_rejected",
        key=str(publication.public_id),
        subject=_("“%(title)s” was not approved") % {"title": publication.design.title},
        body=review.reason,
        url=reverse("studio:design", args=[publication.design.public_id]),
    )


@transaction.atomic
def registration_failed(action: Any) -> None:
    """Outcome handler: the relayed registration failed for good. The draft comes back with the reason."""
    publication = Publication.objects.select_related("design__owner").get(digest=action.ref)
    moved = Publication.objects.filter(pk=publication.pk, state=Publication.State.SUBMITTED).update(
        state=Publication.State.FAILED, reason=action.error
    )
    if not moved:
        return
    reason = _("The chain refused the registration (%(error)s). Nothing was lost; you can publish again.") % {
        "error": action.error
    }
    Design.objects.filter(pk=publication.design_id, state=Design.State.ANCHORING).update(
        state=Design.State.DRAFT, state_reason=reason, chain_id=None, entry_id=None
    )
    notify(
        user=publication.design.owner,
        kind="publication_failed",
        key=str(publication.public_id),
        subject=_("“%(title)s” could not be published") % {"title": publication.design.title},
        body=reason,
        url=reverse("studio:design", args=[publication.design.public_id]),
    )


def sweep_publications() -> int:
    """Submit or drop what is due: the level-triggered half of submit_if_ready."""
    open_ones = Publication.objects.filter(state=Publication.State.ASKED).values_list("pk", flat=True)
    return sum(submit_if_ready(publication_id=pk) for pk in open_ones.iterator())
