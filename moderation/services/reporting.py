"""Reporting a design: one open report per person and design, with a receipt by mail."""

import re
import uuid
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.throttle import TooMany, allow
from designs.models import Design
from designs.selectors import on_show
from moderation.errors import ModerationRefused
from moderation.models import Case, Report
from moderation.policy import REPORTS_AN_HOUR
from moderation.services.cases import case_of
from moderation.services.telling import tell_receipt

_HASH = re.compile(r"(?:0x)?([0-9a-fA-F]{64})")
_PUBLIC_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def report(*, reporter: User, design: Design, reason: str, statement: str, original: str = "") -> Report:
    """File a report and tell its reporter so. Raises ModerationRefused.

    `original` is what a copy was made of: an address of a design here, a link, or a file's SHA-256.
    """
    if design.owner_id == reporter.pk:
        raise ModerationRefused("own_design", _("This design is yours. Change it in the studio instead."))
    try:
        allow(f"report:{reporter.pk}", limit=REPORTS_AN_HOUR, seconds=3600)
    except TooMany as too_many:
        raise ModerationRefused("too_many", str(too_many)) from too_many
    original = original.strip() if reason == Report.Reason.COPY else ""
    if reason == Report.Reason.COPY and not original:
        raise ModerationRefused("no_original", _("Name the original: a design here, a link, or a file's SHA-256."))
    named = _design_named(original)
    if named is not None and named.pk == design.pk:
        raise ModerationRefused("names_itself", _("This names the design itself. Name the work it was copied from."))
    digest = _HASH.fullmatch(original)
    try:
        with transaction.atomic():
            filed = Report.objects.create(
                case=case_of(design),
                design=design,
                reporter=reporter,
                reason=reason,
                original=original,
                original_design=named,
                original_hash="0x" + digest[1].lower() if digest else "",
                statement=statement.strip(),
            )
            # A moderator who read the case before this report must read it again.
            Case.objects.filter(pk=filed.case_id).update(turn=filed.case.turn + 1)
            tell_receipt(filed)
    except IntegrityError as error:
        raise ModerationRefused(
            "already_reported", _("You have reported this design already, and the report is still open.")
        ) from error
    return filed


def _design_named(original: str) -> Design | None:
    """The design on show that an address of ours names."""
    here = urlsplit(settings.SITE_URL).netloc
    parts = urlsplit(original)
    if parts.netloc not in {"", here}:
        return None
    found = _PUBLIC_ID.search(parts.path)
    return on_show().filter(public_id=uuid.UUID(found[0])).first() if found else None
