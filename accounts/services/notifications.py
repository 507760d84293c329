"""Telling people by e-mail: stored with the action, sent after it, once per (person, kind, key)."""

from collections.abc import Collection
from datetime import timedelta
from urllib.parse import urljoin

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.hooks import mail_choices
from accounts.models import MutedMail, Notification, User
from common.tasks import nudge

logger = structlog.get_logger(__name__)

# After this long an unsent mail says nothing new any more; its text stays on the notifications page.
GIVE_UP_AFTER = timedelta(days=3)
SWEEP_AFTER = timedelta(seconds=20)


@transaction.atomic
def notify(*, user: User, kind: str, subject: str, body: str, key: str = "", url: str = "") -> Notification:
    """Tell a person something by e-mail once the transaction is in; the same key again tells nothing.

    `key` names the thing it is about, `url` is a path on this site.
    """
    from accounts.tasks import send_notification

    one_line = " ".join(subject.split())
    notification, is_new = Notification.objects.get_or_create(
        user=user,
        kind=kind,
        key=key,
        defaults={
            "subject": one_line if len(one_line) <= 200 else one_line[:199] + "…",
            "body": body,
            "url": url,
            "quiet": MutedMail.objects.filter(user=user, kind=kind).exists(),
        },
    )
    if is_new and not notification.quiet:
        nudge(send_notification, notification.pk)
    return notification


@transaction.atomic
def deliver(*, notification_id: int) -> bool:
    """Send one unsent notification. False when another worker has it or it is sent.

    A worker that dies between sending and committing lets the mail go out twice; the other order loses it.
    """
    notification = (
        Notification.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("user")
        .filter(pk=notification_id, sent_at__isnull=True, quiet=False)
        .first()
    )
    if notification is None:
        return False
    EmailMessage(subject=notification.subject, body=_letter(notification), to=[notification.user.email]).send()
    Notification.objects.filter(pk=notification.pk, sent_at__isnull=True).update(sent_at=timezone.now())
    return True


def deliver_unsent() -> int:
    """Send what a lost message or a mail server that was down left behind. Returns how many were sent."""
    now = timezone.now()
    waiting = Notification.objects.filter(
        sent_at__isnull=True, quiet=False, created_at__lt=now - SWEEP_AFTER, created_at__gt=now - GIVE_UP_AFTER
    ).order_by("created_at", "pk")
    sent = 0
    for pk in waiting.values_list("pk", flat=True)[:200]:
        try:
            sent += deliver(notification_id=pk)
        except OSError as error:
            logger.warning("notification_unsent", notification=pk, error=str(error))
    return sent


def mark_read(*, user: User, notification_id: int | None = None) -> int:
    """Note that a person has read one of their notifications, or all of them. Returns how many were unread."""
    unread = Notification.objects.filter(user=user, read_at__isnull=True)
    if notification_id is not None:
        unread = unread.filter(pk=notification_id)
    return unread.update(read_at=timezone.now())


@transaction.atomic
def choose_mail(*, user: User, wanted: Collection[str]) -> None:
    """Send mail of these kinds and of no other that is known; the page keeps telling of all."""
    known = set(mail_choices())
    MutedMail.objects.filter(user=user, kind__in=known & set(wanted)).delete()
    MutedMail.objects.bulk_create(
        [MutedMail(user=user, kind=kind) for kind in sorted(known - set(wanted))], ignore_conflicts=True
    )


def _letter(notification: Notification) -> str:
    parts = [
        _("Hello %(name)s,") % {"name": notification.user.display_name},
        notification.body.strip(),
        urljoin(settings.SITE_URL, notification.url) if notification.url else "",
        "Loomprint",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
