from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.hooks import label_of_kind, register_notification_kind
from accounts.models import Notification
from accounts.services import notify
from accounts.services.notifications import deliver, deliver_unsent

pytestmark = pytest.mark.django_db


def _tell(user, **changes) -> Notification:
    fields = {
        "kind": "sale",
        "key": "1",
        "subject": "Sold",
        "body": "One license was sold.",
        "url": "/earnings/",
    }
    return notify(user=user, **{**fields, **changes})


def test_a_person_is_told_once_about_one_thing(ada, bo):
    first = _tell(ada)
    assert _tell(ada, subject="Sold again").pk == first.pk
    _tell(ada, key="2")
    _tell(bo)
    assert Notification.objects.count() == 3
    assert Notification.objects.get(pk=first.pk).subject == "Sold"


def test_a_mail_goes_out_once(ada, settings):
    settings.SITE_URL = "https://shop.example"
    told = _tell(ada)
    assert deliver(notification_id=told.pk) is True
    assert deliver(notification_id=told.pk) is False
    assert len(mail.outbox) == 1
    assert mail.outbox[0].subject == "Sold"
    assert mail.outbox[0].body == (
        "Hello Ada,\n\nOne license was sold.\n\nhttps://shop.example/earnings/\n\nLoomprint\n"
    )
    told.refresh_from_db()
    assert told.sent_at is not None


def test_a_subject_cannot_carry_another_header(ada):
    told = _tell(ada, subject="Sold\r\nBcc: everyone@example.org")
    deliver(notification_id=told.pk)
    assert mail.outbox[0].subject == "Sold Bcc: everyone@example.org"
    assert mail.outbox[0].recipients() == ["ada@example.org"]


def test_the_sweeper_sends_what_was_left_behind_and_only_that(ada):
    now = timezone.now()
    lost, fresh, stale, sent = (_tell(ada, key=key) for key in ("lost", "fresh", "stale", "sent"))
    for row, age in ((lost, timedelta(minutes=1)), (stale, timedelta(days=4)), (sent, timedelta(minutes=1))):
        Notification.objects.filter(pk=row.pk).update(created_at=now - age)
    Notification.objects.filter(pk=sent.pk).update(sent_at=now)
    assert deliver_unsent() == 1
    unsent = Notification.objects.filter(sent_at__isnull=True).values_list("key", flat=True)
    assert sorted(unsent) == ["fresh", "stale"]
    assert fresh.sent_at is None


def test_a_mail_server_that_is_down_leaves_the_mail_for_later(ada, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    told = _tell(ada)
    Notification.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    assert deliver_unsent() == 0
    told.refresh_from_db()
    assert told.sent_at is None
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert deliver_unsent() == 1


def test_a_kind_is_read_by_its_registered_name():
    register_notification_kind("test_only_kind", "A thing that happened")
    assert label_of_kind("test_only_kind") == "A thing that happened"
    assert label_of_kind("never_registered") == "Never registered"
