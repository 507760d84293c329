"""Answers other than a signature: declining, another address, taking it back."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import notify
from studio.addresses import own_address
from studio.errors import PublishingError
from studio.models import Consent, Publication, ShareAddress
from studio.services.publishing.dropping import drop, locked
from studio.works import Work, studio_address


@transaction.atomic
def decline(*, actor: User, publication: Publication, reason: str) -> None:
    """Decline one's part. The publication is dropped; the draft stays with its owner, who is told."""
    publication = locked(publication.pk)
    _decline(actor=actor, publication=publication, reason=reason)
    why = _("%(name)s declined their part.") % {"name": actor.display_name}
    drop(publication=publication, reason=f"{why} {reason}".strip())
    _tell_owner(
        publication=publication,
        actor=actor,
        body=f"{why} {reason}\n\n" + _("Your draft is unchanged. Edit the shares or the people and ask again."),
    )


@transaction.atomic
def ask_for_other_address(*, actor: User, publication: Publication, address: str) -> None:
    """Hold one's part at another address. The table that everyone signs names it, so the creator has to ask anew."""
    publication = locked(publication.pk)
    own = choose_share_address(actor=actor, address=address)
    consent = publication.consents.get(account=actor, position__gt=0)
    if own == consent.address:
        raise PublishingError("same_address", _("The request names this address already. You can sign it as it is."))
    _decline(actor=actor, publication=publication, reason=_("I want to hold my share at another address."))
    why = _("%(name)s wants to hold their share at another address, which the table names now.") % {
        "name": actor.display_name
    }
    drop(publication=publication, reason=f"{why} {_('Publish again to ask everyone anew.')}")
    _tell_owner(
        publication=publication, actor=actor, body=f"{why}\n\n" + _("Your draft is unchanged. Publish it again.")
    )


def _decline(*, actor: User, publication: Publication, reason: str) -> None:
    moved = Consent.objects.filter(
        publication=publication,
        account=actor,
        position__gt=0,
        state=Consent.State.ASKED,
        publication__state=Publication.State.ASKED,
    ).update(state=Consent.State.DECLINED, reason=reason, decided_at=timezone.now())
    if not moved:
        raise PublishingError("already_answered", _("This was answered or changed meanwhile. Reload to see it."))


def _tell_owner(*, publication: Publication, actor: User, body: str) -> None:
    notify(
        user=publication.work.owner,
        kind="consent_declined",
        key=f"{publication.public_id}:{actor.public_id}",
        subject=_("“%(title)s” was not accepted by everyone") % {"title": publication.work.title},
        body=body,
        url=studio_address(publication.work),
    )


@transaction.atomic
def choose_share_address(*, actor: User, address: str) -> str:
    """Say at which of one's addresses shares are held from now on; the address. What is on chain stays where it is."""
    own = own_address(actor, address)
    if own is None:
        raise PublishingError("not_yours", _("This address is not linked to your account. Link it first."))
    if own.custodial:
        ShareAddress.objects.filter(account=actor).delete()
    else:
        ShareAddress.objects.update_or_create(account=actor, defaults={"address": own.address})
    return own.address


@transaction.atomic
def take_back(*, actor: User, work: Work) -> bool:
    """Drop an open request for consent, so that the draft can change. False when there was none to drop."""
    type(work).objects.select_for_update(of=("self",)).get(pk=work.pk, owner=actor)
    publication = work.publications.filter(state=Publication.State.ASKED).first()
    if publication is None:
        return False
    return drop(publication=publication, reason=_("Taken back by its creator."))
