"""A master leaves only through here: a license check, an expiring grant, a record of the fetch (law 8)."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from contracts.chains import chain
from designs.models import Attachment, Rendition
from licensing.models import DownloadGrant
from licensing.selectors import HeldLicense, licenses_of


class DownloadRefused(Exception):
    """No download; `str()` says why."""


def open_license(*, user: User, license_id: int) -> HeldLicense:
    """The license, if this person holds it and it opens its design's files now. Raises DownloadRefused."""
    held = next(iter(licenses_of(user=user, license_id=license_id)), None)
    if held is None:
        raise DownloadRefused(_("You do not hold this license."))
    if held.ended:
        raise DownloadRefused(_why_ended(held))
    if not held.download_open:
        raise DownloadRefused(
            _("The purchase is in a block, %(seen)s of %(needed)s. The download opens by itself in a moment.")
            % {"seen": held.confirmations, "needed": held.needed}
        )
    return held


@transaction.atomic
def grant_download(
    *, user: User, license_id: int, rendition: Rendition | None = None, attachment: Attachment | None = None
) -> DownloadGrant:
    """An expiring link for the master that this license covers, a rendition of it, or a further file that comes with
    it. Raises DownloadRefused.
    """
    held = open_license(user=user, license_id=license_id)
    version = held.design.versions.latest("number")
    if rendition is not None and (rendition.version_id != version.pk or not rendition.ready):
        raise DownloadRefused(_("This form of the file is not ready. Open its page to see how far it is."))
    if attachment is not None and (attachment.version_id != version.pk or not attachment.released):
        raise DownloadRefused(_("This file does not come with the license."))
    return DownloadGrant.objects.create(
        user=user,
        version=version,
        rendition=rendition,
        attachment=attachment,
        chain_id=chain().chain_id,
        license_id=license_id,
        holder=held.holder,
        expires_at=timezone.now() + timedelta(seconds=settings.DOWNLOAD_LINK_SECONDS),
    )


def use_grant(*, user: User, grant: DownloadGrant) -> DownloadGrant:
    """Check a grant when it is used. Raises DownloadRefused when the license is gone or the link too old."""
    if grant.expires_at <= timezone.now():
        raise DownloadRefused(_("This link has expired. Open the design in your library for a new one."))
    held = next(iter(licenses_of(user=user, license_id=grant.license_id)), None)
    if held is not None and held.ended:
        raise DownloadRefused(_why_ended(held))
    if held is None or not held.download_open:
        raise DownloadRefused(_("You do not hold this license any more."))
    DownloadGrant.objects.filter(pk=grant.pk, fetched_at__isnull=True).update(fetched_at=timezone.now())
    return grant


def _why_ended(held: HeldLicense) -> str:
    if held.ended == "revoked":
        return _("This license was revoked. It opens no download any more.")
    return _("This license has expired. It opens no download any more.")
