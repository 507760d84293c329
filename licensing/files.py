"""What a holder can download of one license: the master, its other forms, and further files."""

from dataclasses import dataclass

from accounts.models import User
from designs.credentials import signing_certificate
from designs.models import Attachment, DesignVersion, Rendition
from designs.renditions import forms_of
from designs.selectors import HIDDEN
from licensing.holdings import HeldLicense, licenses_of


@dataclass(frozen=True)
class FormShown:
    """A form with its rendition, if somebody has asked for it before."""

    form: Rendition.Form
    rendition: Rendition | None


@dataclass(frozen=True)
class LicensedFiles:
    """The files of one license. `moving` while one of them is being made."""

    held: HeldLicense
    version: DesignVersion
    forms: list[FormShown]
    attachments: list[Attachment]

    @property
    def has_certificate(self) -> bool:
        """Whether what is made now gets Content Credentials."""
        return signing_certificate() is not None

    @property
    def on_show(self) -> bool:
        """Whether answers about its further files name the design."""
        return self.held.design.state not in HIDDEN

    @property
    def moving(self) -> bool:
        return any(one.rendition is not None and one.rendition.pending for one in self.forms)


def files_of(*, user: User, license_id: int) -> LicensedFiles | None:
    """What this person's license opens; None where they hold no such license, or it opens nothing any more."""
    held = next(iter(licenses_of(user=user, license_id=license_id)), None)
    if held is None or not held.download_open:
        return None
    version = held.design.versions.select_related("master", "design").latest("number")
    made = {
        one.form: one for one in Rendition.objects.filter(version=version, superseded_at=None).select_related("asset")
    }
    forms = [FormShown(form, made.get(form)) for form in forms_of(version)]
    released = version.attachments.filter(release=Attachment.Release.WITH_LICENSE)
    return LicensedFiles(held, version, forms, list(released.select_related("asset")))
