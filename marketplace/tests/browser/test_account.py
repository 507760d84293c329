"""Accounts, mail and what goes wrong, in every width and color scheme."""

from typing import Any

import pytest
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse

from accounts.mailbox import newest_mails
from accounts.models import User
from accounts.services import notify
from common.testing import PASSWORD
from designs.models import Design
from marketplace.tests.browser.visitor import Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("recorded_deployment"),
]


def test_the_way_in(visitor: Visitor) -> None:
    for name in ("account_login", "account_signup", "account_reset_password", "account_reset_password_done"):
        visitor.look(reverse(name))
    page = visitor.page
    visitor.go(reverse("account_login"))
    page.locator("input[type=email]").fill("nobody@example.org")
    page.locator("input[type=password]").fill("not the password")
    page.keyboard.press("Enter")
    page.locator(".errorlist, .field-errors, .notice-broken").first.wait_for()
    visitor.judge()
    visitor.judge_focus()


def test_a_new_account_is_asked_for_the_code_of_its_mail(visitor: Visitor) -> None:
    visitor.go(reverse("account_signup"))
    page = visitor.page
    page.locator("input[type=email]").fill("ada@example.org")
    page.get_by_label("name").fill("Ada")
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/confirm-email/**")
    visitor.judge()


def test_the_account(visitor: Visitor, creator: User) -> None:
    notify(user=creator, kind="sale", key="1", subject="You sold a lamp", body="Well done.", url="/earnings/")
    visitor.sign_in(creator)
    for name in (
        "accounts:overview",
        "accounts:notifications",
        "accounts:custody_export",
        "account_email",
        "account_change_password",
        "account_reauthenticate",
        "account_logout",
    ):
        visitor.look(reverse(name))
        visitor.judge_focus()
    page = visitor.page
    visitor.go(reverse("accounts:overview"))
    page.get_by_role("button", name="Make a token").click()
    page.locator("#new-token").wait_for()
    visitor.judge()
    visitor.go(reverse("accounts:custody_export"))
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Show the key").click()
    page.locator("#private-key").wait_for()
    visitor.judge()


def test_the_mailbox_of_a_local_start(visitor: Visitor, settings: Any) -> None:
    settings.LOOMPRINT_LOCAL = True
    visitor.look(reverse("mailbox:list"))
    text = "Your code is 123456.\n\nhttps://loomprint.example/a/long/address/that/must/break/somewhere/at/360/pixels"
    mail = EmailMessage("Please confirm your e-mail address", text, to=["somebody.with.a.long.name@example.org"])
    get_connection("django.core.mail.backends.filebased.EmailBackend").send_messages([mail])
    visitor.look(reverse("mailbox:list"))
    visitor.judge_focus()
    visitor.look(reverse("mailbox:message", args=[newest_mails()[0].id]))


def test_what_goes_wrong(visitor: Visitor, lantern: Design, buyer: User, settings: Any) -> None:
    page = visitor.page
    visitor.look("/nowhere/", status=404)

    visitor.go(reverse("account_login"))
    page.locator("main [name=csrfmiddlewaretoken]").first.evaluate("field => field.remove()")
    page.locator("input[type=email]").fill(buyer.email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text("403").wait_for()
    visitor.judge()

    for _try in range(settings.AXES_FAILURE_LIMIT + 1):
        visitor.go(reverse("account_login"))
        page.locator("input[type=email]").fill(buyer.email)
        page.locator("input[type=password]").fill("not the password")
        with page.expect_navigation():
            page.keyboard.press("Enter")
    page.get_by_text("429").wait_for()
    visitor.judge()

    settings.CHAINS = {}
    visitor.look(lantern.get_absolute_url(), status=500)
    visitor.judge_focus()
