"""A holder asks for another form of what they licensed."""

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import User
from common.throttle import TooMany, allow
from contracts.errors import ChainError
from designs.errors import DesignError
from designs.models import Rendition
from designs.services.renditions import request_rendition
from licensing.services.downloads import DownloadRefused, open_license


def order_rendition(*, user: User, license_id: int, form: str) -> Rendition:
    """The rendition of what this license covers, made in a moment if nobody asked before. Raises DownloadRefused."""
    held = open_license(user=user, license_id=license_id)
    try:
        allow(f"rendition:{user.pk}", limit=settings.RENDITIONS_PER_HOUR, seconds=3600)
        return request_rendition(version=held.design.versions.latest("number"), form=form)
    except (DesignError, TooMany) as refusal:
        raise DownloadRefused(str(refusal)) from refusal
    except ChainError as refusal:
        raise DownloadRefused(_("The chain cannot be asked at the moment. Try again later.")) from refusal
