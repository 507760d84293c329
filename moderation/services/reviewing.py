"""Judging a frozen draft: rules first, a moderator for what they cannot decide."""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from designs.file_says import FileSays
from designs.models import Design, DesignVersion, Disclosure, RegistryEntry
from designs.resemblance import others_published_before
from moderation.models import Review


def judge(*, version: DesignVersion, digest: str, parents: Collection[str] = ()) -> Review:
    """Approve by rule, or ask for a moderator and say why. Call in the transaction that froze the draft.

    `parents` are the entries from which it is declared to derive: to look like those is no question.
    """
    rule = _needs_moderator(version, parents)
    if rule is None:
        return Review.objects.create(
            version=version,
            digest=digest,
            state=Review.State.APPROVED,
            rule=Review.Rule.NOTHING_TO_ASK,
            decided_at=timezone.now(),
        )
    code, reason = rule
    return Review.objects.create(version=version, digest=digest, rule=code, reason=reason)


def _needs_moderator(version: DesignVersion, parents: Collection[str]) -> tuple[str, str] | None:
    design = version.design
    claimed = RegistryEntry.objects.filter(output_hash=version.master.output_hash).exists()
    being_claimed = (
        Design.objects.filter(versions__master=version.master, state=Design.State.ANCHORING)
        .exclude(owner=design.owner)
        .exists()
    )
    if claimed or being_claimed:
        return Review.Rule.ALREADY_CLAIMED, _("Someone else has claimed this very file; a moderator looks at it first.")
    if others_published_before(version, parents=parents):
        return Review.Rule.LOOKS_LIKE_ANOTHER, _(
            "It shows what an earlier design of someone else shows; a moderator looks at it first."
        )
    says = FileSays(version, design.disclosure)
    if says.contradicts:
        return Review.Rule.FILE_CONTRADICTS, _(
            "It is said to be “%(disclosure)s”, but in the file stands: %(why)s. A moderator looks at it first."
        ) % {"disclosure": design.get_disclosure_display(), "why": says.why}
    if design.disclosure == Disclosure.NOT_AI and version.prompt:
        return Review.Rule.DISCLOSURE_CONTRADICTS, _(
            "It is said to be made without AI but names a prompt; a moderator looks at it first."
        )
    return None


class AlreadyDecided(Exception):
    """The review was decided or withdrawn meanwhile; nothing was changed."""


@transaction.atomic
def decide(*, moderator: User, review: Review, approve: bool, reason: str) -> None:
    """A moderator's decision. Raises AlreadyDecided when another one was faster."""
    moved = Review.objects.filter(pk=review.pk, state=Review.State.PENDING).update(
        state=Review.State.APPROVED if approve else Review.State.REJECTED,
        reason=reason,
        decided_by=moderator,
        decided_at=timezone.now(),
    )
    if not moved:
        raise AlreadyDecided


def withdraw_review(*, digest: str) -> None:
    """Take a pending review off the queue because its draft is frozen no more."""
    Review.objects.filter(digest=digest, state=Review.State.PENDING).delete()
