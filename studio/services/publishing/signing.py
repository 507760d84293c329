"""Everyone's signature: by the custody key that we keep for them, or by a wallet of their own."""

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import notify, sign_with_custody
from contracts.chains import chain_of
from contracts.errors import ChainError
from contracts.killpoints import reach
from contracts.signatures import SignatureRefused, signature_of
from designs.models import Contribution, Design, DesignVersion
from moderation.models import Review
from moderation.services import judge
from studio.addresses import own_address
from studio.errors import PublishingError
from studio.models import Consent, Publication
from studio.registration import signable_form
from studio.services.publishing.dropping import locked
from studio.services.publishing.submitting import submit_if_ready


@transaction.atomic
def accept(*, actor: User, publication: Publication, password: str) -> Consent:
    """Sign the publication as the co-creator that `actor` is, with their custody key."""
    locked(publication.pk)
    consent = _consent_of(actor, publication)
    _check_open(consent)
    sign_by_custody(consent=consent, password=password)
    submit_if_ready(publication_id=publication.pk)
    return consent


def sign_with_wallet(*, actor: User, publication: Publication, signature: str) -> Consent:
    """Take the signature that a wallet made (0x text) for the part of `actor`, who may be its creator.

    Raises PublishingError, and then nothing is stored. Sending the same again is no error. The signature is kept
    before the registration is handed on: whatever happens in between, the sweeper does that.
    """
    consent = _consent_of(actor, publication)
    if consent.state != Consent.State.ACCEPTED:
        _check_open(consent)
        _check_wallet(consent)
        kept = _checked(signature, consent)
        with transaction.atomic():
            _store_wallet_signature(consent=consent, signature=kept)
    reach("studio.signed")
    submit_if_ready(publication_id=publication.pk)
    return consent


def _checked(signature: str, consent: Consent) -> bytes:
    """The signature as the registry takes it (contracts/solidity/src/lib/Consent.sol). Raises PublishingError."""
    publication = consent.publication
    here = chain_of(publication.chain_id)
    try:
        return signature_of(signature, address=consent.address, digest=publication.digest, chain=here)
    except SignatureRefused as refused:
        raise PublishingError(
            f"signature_{refused.why}",
            _(
                "This is not a signature of %(address)s over what is shown here, so it was not taken. "
                "Choose that account in your wallet and sign again."
            )
            % {"address": consent.address},
        ) from refused
    except ChainError as error:
        raise PublishingError(
            "unreachable",
            _("The chain does not answer, so your signature could not be checked. It is not lost: send it again."),
        ) from error


def _consent_of(actor: User, publication: Publication) -> Consent:
    return Consent.objects.select_related("publication__design__owner", "publication__resource__owner", "account").get(
        publication=publication, account=actor
    )


def _check_open(consent: Consent) -> None:
    if consent.publication.deadline <= timezone.now():
        raise PublishingError(
            "expired",
            _("This request has expired. Publish again, and a new one is made.")
            if consent.position == 0
            else _("This request has expired. The creator has to ask again."),
        )


def _check_wallet(consent: Consent) -> None:
    if consent.custodial:
        raise PublishingError(
            "not_a_wallet", _("Your part stands at the address that Loomprint keeps for you. Sign with your password.")
        )
    if own_address(consent.account, consent.address) is None:
        raise PublishingError(
            "wallet_unlinked",
            _(
                "The wallet %(address)s is not linked to your account any more, so nothing was signed for you. "
                "Link it again and sign, or have the request made anew for another address."
            )
            % {"address": consent.address},
        )


@transaction.atomic
def _store_wallet_signature(*, consent: Consent, signature: bytes) -> None:
    publication = locked(consent.publication_id)
    if Consent.objects.filter(pk=consent.pk, state=Consent.State.ACCEPTED).exists():
        return  # A second click was faster.
    # What was linked a moment ago may be unlinked now: asked again under the lock.
    _check_wallet(consent)
    _store(consent=consent, signature=signature)
    if consent.position == 0:
        open_to_others(publication=publication)


def sign_by_custody(*, consent: Consent, password: str) -> None:
    """Sign with the custody key of the person whose consent it is. Raises ConfirmationRefused, PublishingError."""
    if not consent.custodial:
        raise PublishingError(
            "not_custody",
            _("Your part stands at your wallet %(address)s, so your wallet signs. Connect it and sign there.")
            % {"address": consent.address},
        )
    publication = consent.publication
    signature = sign_with_custody(
        user=consent.account,
        typed_data=signable_form(publication.typed_data),
        purpose=f"publication:{publication.public_id}",
        password=password,
    )
    _store(consent=consent, signature=signature)


def _store(*, consent: Consent, signature: bytes) -> None:
    moved = Consent.objects.filter(
        pk=consent.pk, state=Consent.State.ASKED, publication__state=Publication.State.ASKED
    ).update(state=Consent.State.ACCEPTED, signature=signature, decided_at=timezone.now())
    if not moved:
        raise PublishingError("already_answered", _("This was answered or changed meanwhile. Reload to see it."))
    consent.state = Consent.State.ACCEPTED


def open_to_others(*, publication: Publication) -> None:
    """The creator has signed: the rules look at a design, and every co-creator is asked."""
    if publication.design is not None and publication.version is not None:
        _ask_the_rules(publication, publication.design, publication.version)
    for consent in publication.consents.filter(position__gt=0).select_related("account"):
        _invite(consent=consent, publication=publication)


def _ask_the_rules(publication: Publication, design: Design, version: DesignVersion) -> None:
    parents = list(design.parent_drafts.values_list("entry_id", flat=True))
    review = judge(version=version, digest=publication.digest, parents=parents)
    if review.state == Review.State.PENDING:
        Design.objects.filter(pk=design.pk, state=Design.State.DRAFT).update(state=Design.State.IN_REVIEW)


def _invite(*, consent: Consent, publication: Publication) -> None:
    work = publication.work
    words = {
        "owner": work.owner.display_name,
        "role": Contribution.Role(consent.role).label.lower(),
        "percent": f"{consent.units / 10_000:.4f}".rstrip("0").rstrip("."),
        "title": work.title,
    }
    notify(
        user=consent.account,
        kind="consent_asked",
        key=f"{publication.public_id}",
        subject=_("%(owner)s asks for your consent to “%(title)s”") % words,
        body=_(
            "%(owner)s names you as %(role)s with %(percent)s %% of the revenue of “%(title)s”. "
            "Nothing is published until you accept."
        )
        % words,
        url=reverse("studio:consent", args=[publication.public_id]),
    )
