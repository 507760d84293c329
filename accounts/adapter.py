"""How django-allauth makes accounts and writes mails here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up with a display name. Saving the new account makes its custody key (see User.save)."""

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> User:
        user.display_name = form.cleaned_data["display_name"]
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def format_email_subject(self, subject: str) -> str:
        return subject.strip()
