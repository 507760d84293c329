"""The key of encrypted public copies: the same license check as for the file itself, and a record of each release."""

import shlex
from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from accounts.models import User
from common.throttle import TooMany, allow
from contracts.chains import chain
from designs.encryption import KeyUnavailable
from designs.models import DesignVersion, PublicCopy
from designs.selectors import standing_copies
from designs.services.version_keys import release_identity
from licensing.models import KeyRelease
from licensing.selectors import HeldLicense
from licensing.services.downloads import DownloadRefused, open_license

logger = structlog.get_logger(__name__)

KEY_FILE = "key.txt"


@dataclass(frozen=True)
class CopyAtPlace:
    """A copy, and the commands that fetch it (none where the place has no command of its own), open it, and check the
    result.
    """

    copy: PublicCopy
    fetch: tuple[str, ...]
    decrypt: str
    check: str


@dataclass(frozen=True)
class KeyOffer:
    """What a licensee can open with the key: copies of the master and of the files that come with it."""

    held: HeldLicense
    version: DesignVersion
    recipient: str
    copies: tuple[CopyAtPlace, ...]


def key_offer(*, user: User, license_id: int) -> KeyOffer:
    """Raises DownloadRefused when the license opens nothing, or there is no copy."""
    held = open_license(user=user, license_id=license_id)
    version = held.design.versions.select_related("key").latest("number")
    copies = standing_copies(version)
    if not copies:
        raise DownloadRefused(_("There is no public copy of this design. Download the file itself."))
    return KeyOffer(
        held=held,
        version=version,
        recipient=version.key.recipient,
        copies=tuple(_at_place(copy) for copy in copies),
    )


def _at_place(copy: PublicCopy) -> CopyAtPlace:
    plain, sealed = shlex.quote(_file_name(copy)), shlex.quote(_file_name(copy) + ".age")
    return CopyAtPlace(
        copy=copy,
        fetch=_fetching(copy, sealed),
        decrypt=f"age -d -i {KEY_FILE} -o {plain} {sealed}",
        check=f"sha256sum {plain}",
    )


def _fetching(copy: PublicCopy, target: str) -> tuple[str, ...]:
    if copy.place == PublicCopy.Place.ARWEAVE:
        gateway = settings.ARWEAVE_GATEWAY_URL
        return (f"curl -L -o {target} {shlex.quote(f'{gateway}/{copy.name}')}",) if gateway else ()
    commands = [f"ipfs cat {copy.name} > {target}"]
    if settings.IPFS_GATEWAY_URL:
        commands.append(f"curl -o {target} {shlex.quote(f'{settings.IPFS_GATEWAY_URL}/ipfs/{copy.name}')}")
    return tuple(commands)


def _file_name(copy: PublicCopy) -> str:
    """Never an option of the command that it stands in."""
    return f"./{copy.file_name}" if copy.file_name.startswith("-") else copy.file_name


@sensitive_variables()
def release_key(*, user: User, license_id: int) -> str:
    """The key as a file for `age -i`: comments and the secret half. Raises DownloadRefused.

    Kept as a row, and limited: somebody who took over an account takes few keys before it is noticed.
    """
    try:
        allow(f"key:{user.pk}", limit=settings.KEY_RELEASES_PER_HOUR, seconds=3600)
    except TooMany as error:
        raise DownloadRefused(str(error)) from error
    offer = key_offer(user=user, license_id=license_id)
    try:
        with transaction.atomic():
            release = KeyRelease.objects.create(
                user=user,
                version=offer.version,
                recipient=offer.recipient,
                chain_id=chain().chain_id,
                license_id=license_id,
                holder=offer.held.holder,
            )
            identity = release_identity(version=offer.version)
    except KeyUnavailable as error:
        raise DownloadRefused(str(error)) from error
    logger.info("key_released", user=str(user.public_id), version=offer.version.pk, release=release.pk)
    return (
        f"# released: {timezone.now():%Y-%m-%dT%H:%M:%SZ}\n"
        f"# license: {license_id}, held by {offer.held.holder}\n"
        f"# public key: {offer.recipient}\n"
        f"{identity}\n"
    )
