"""What a person was told: theirs alone, read once, and mailed as they choose."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from accounts.hooks import mail_choices
from accounts.models import MutedMail, Notification, User
from accounts.selectors import unread_number
from accounts.services import notify
from accounts.services.notifications import choose_mail, deliver, deliver_unsent
from marketplace.tests.pages import page, signed_in, text

pytestmark = pytest.mark.django_db
LIST = "/account/notifications/"


def tell(user: User, key: str = "1", *, kind: str = "license_ready", url: str = "/library/") -> Notification:
    return notify(user=user, kind=kind, key=key, subject=f"Told {key}", body="A thing happened.", url=url)


def test_opening_one_marks_it_and_leads_on(ada: User) -> None:
    first = tell(ada, "a")
    tell(ada, "b")
    assert "2 are unread" in text(page(ada, LIST))
    answer = signed_in(ada).get(reverse("accounts:notification", args=[first.pk]))
    assert answer["Location"] == "/library/"
    assert [told.read_at is not None for told in Notification.objects.order_by("pk")] == [True, False]
    assert "1 is unread" in text(page(ada, LIST))
    assert signed_in(ada).post(reverse("accounts:read_all")).status_code == 302
    assert unread_number(ada) == 0


def test_nobody_reads_or_marks_what_is_told_to_another(ada: User, bo: User) -> None:
    told = tell(ada)
    for person, status in ((bo, 404), (None, 302)):
        assert signed_in(person).get(reverse("accounts:notification", args=[told.pk])).status_code == status
    signed_in(bo).post(reverse("accounts:read_all"))
    assert "Told 1" not in page(bo, LIST)
    assert unread_number(ada) == 1
    for name in ("read_all", "choose_mail"):
        assert signed_in(ada).get(reverse(f"accounts:{name}")).status_code == 405
        assert signed_in(None).post(reverse(f"accounts:{name}")).status_code == 302


@pytest.mark.parametrize(
    "url", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", "/\\evil.example", ""]
)
def test_a_notification_leads_to_no_other_site(ada: User, url: str) -> None:
    answer = signed_in(ada).get(reverse("accounts:notification", args=[tell(ada, url=url).pk]))
    assert answer["Location"] == LIST


def test_a_muted_kind_is_told_on_the_page_and_not_by_mail(ada: User, bo: User) -> None:
    kinds = set(mail_choices())
    assert "license_ready" in kinds
    answer = signed_in(ada).post(reverse("accounts:choose_mail"), {"kind": [*(kinds - {"license_ready"}), "unknown"]})
    assert answer.status_code == 302
    assert list(MutedMail.objects.values_list("user", "kind")) == [(ada.pk, "license_ready")]
    muted = tell(ada)
    tell(bo)
    tell(ada, "9", kind="order_failed")
    Notification.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    assert deliver(notification_id=muted.pk) is False
    assert deliver_unsent() == 2
    assert {(mail_.to[0], mail_.subject) for mail_ in mail.outbox} == {
        ("bo@example.org", "Told 1"), ("ada@example.org", "Told 9"),
    }  # fmt: skip
    assert "no e-mail, as you chose" in text(page(ada, LIST))
    choose_mail(user=ada, wanted=kinds)
    assert not MutedMail.objects.exists()


def test_pages_go_by_key_and_the_header_counts_with_one_query(ada: User, django_assert_num_queries: Callable) -> None:
    for number in range(31):
        tell(ada, str(number))
    first = page(ada, LIST)
    assert first.count('<li class="unread">') == 30
    following = first.split("?before=")[1].split('"')[0]
    assert page(ada, f"{LIST}?before={following}").count('<li class="unread">') == 1
    assert ", 31 unread" in text(first)
    for odd in ("x", "9" * 40, "-1", "²"):
        page(ada, f"{LIST}?before={odd}")
    client = signed_in(ada)
    client.get("/account/")
    client.get(LIST)
    with django_assert_num_queries(1):
        assert unread_number(ada) == 31


def test_a_warning_is_mailed_whatever_was_chosen(ada: User) -> None:
    signed_in(ada).post(reverse("accounts:choose_mail"), {})
    assert set(MutedMail.objects.values_list("kind", flat=True)) == set(mail_choices())
    for kind in ("custody_exported", "wallet_linked", "wallet_unlinked"):
        assert f'value="{kind}"' not in page(ada, LIST)
        assert deliver(notification_id=tell(ada, kind=kind).pk) is True
