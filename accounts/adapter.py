"""How django-allauth makes accounts, asks for second factors and writes mails here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core import context
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.services.secrets import open_secret, seal_secret
from accounts.wallet_sign_in import confirmed_lately, keep_promise


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up with a display name. Saving the new account makes its custody key (see User.save)."""

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> User:
        user.display_name = form.cleaned_data["display_name"]
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def format_email_subject(self, subject: str) -> str:
        return subject.strip()

    def confirm_email(self, request: HttpRequest, email_address: Any) -> bool:
        confirmed = bool(super().confirm_email(request, email_address))
        if confirmed:
            keep_promise(request, user=email_address.user)
        return confirmed

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Allauth's own, and the wallet."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if user.is_authenticated and user.wallets.exists():
            url = reverse("accounts:wallet_confirm")
            methods.append({"id": "wallet", "description": _("Use your wallet"), "url": url})
        return methods

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Allauth asks those with a password or a second factor only; a wallet alone can confirm as well."""
        required = bool(super().is_reauthentication_required(app=app, **kwargs))
        user = context.request.user
        if required and user.is_authenticated and user.wallets.exists() and not get_reauthentication_flows(user):
            if confirmed_lately(context.request, user):
                return False
            raise ReauthenticationRequired
        return required


class MFAAdapter(DefaultMFAAdapter):
    """Second factors; what an authenticator app and we share is sealed as custody keys are."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("That did not work. Check the code or the key, and try again."),
        "unverified_email": gettext_lazy("Confirm your e-mail address first."),
    }

    def get_totp_issuer(self) -> str:
        return "Loomprint"

    def _get_site_name(self) -> str:
        return "Loomprint"

    def encrypt(self, text: str) -> str:
        return seal_secret(text)

    def decrypt(self, encrypted_text: str) -> str:
        return open_secret(encrypted_text)

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        number = user.authenticator_set.filter(type=type).count()
        return _("Passkey") if number == 0 else _("Passkey %(number)d") % {"number": number + 1}
