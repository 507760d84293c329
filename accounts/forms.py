from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.forms import BaseSignupForm
from allauth.account.models import EmailAddress
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from accounts.models import User, Wallet
from accounts.models.user import validate_display_name


class DisplayNameField(forms.CharField):
    def __init__(self) -> None:
        super().__init__(
            label=_("Display name"),
            max_length=80,
            validators=[validate_display_name],
            help_text=_("Shown to others beside what you make and buy. You can change it later."),
            widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
        )


WORDS = {"login": _("E-mail"), "email": _("E-mail"), "remember": _("Remember me")}


class InOurWords:
    """Labels as the rest of the site writes them."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in WORDS.keys() & self.fields.keys():
            self.fields[name].label = WORDS[name]


class LoginForm(InOurWords, allauth_forms.LoginForm):
    """E-mail and password."""


class ResetPasswordForm(InOurWords, allauth_forms.ResetPasswordForm):
    """Where the link for a new password goes."""


class AddEmailForm(InOurWords, allauth_forms.AddEmailForm):
    """Another address."""


class SignupForm(InOurWords, allauth_forms.SignupForm):
    """E-mail, password, and the name that others see."""

    display_name = DisplayNameField()
    field_order = ["email", "display_name", "password1"]


class WalletSignupForm(InOurWords, BaseSignupForm):
    """E-mail and name of somebody who has proven a wallet, which is in the password's place."""

    display_name = DisplayNameField()
    field_order = ["email", "display_name"]
    account_already_exists: bool
    unfinished: User | None = None

    def validate_unique_email(self, value: str) -> str:
        """An account that somebody began with a wallet and never confirmed keeps nobody from beginning again."""
        email: str = super().validate_unique_email(value)
        if self.account_already_exists:
            self.unfinished = _unfinished_account(email)
            self.account_already_exists = self.unfinished is None
        return email

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        if self.unfinished is None:
            saved: tuple[User | None, HttpResponse | None] = super().try_save(request)
            return saved
        self.unfinished.display_name = self.cleaned_data["display_name"]
        self.unfinished.save(update_fields=["display_name"])
        return self.unfinished, None


def _unfinished_account(email: str) -> User | None:
    """The account of this address when nobody can ever have been in it: no password, no wallet, nothing confirmed."""
    user = User.objects.filter(email=email, last_login__isnull=True, is_active=True).first()
    if user is None or user.has_usable_password() or Wallet.objects.filter(user=user).exists():
        return None
    return None if EmailAddress.objects.filter(user=user, verified=True).exists() else user


class ProfileForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["display_name"]


class PasswordConfirmForm(forms.Form):
    """The password again, for one thing that is about to happen."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class WalletLabelForm(forms.ModelForm):
    class Meta:
        model = Wallet
        fields = ["label"]
        labels = {"label": _("Name of this wallet")}
        help_texts = {"label": _("Only you see it.")}


class AddPasskeyForm(AddWebAuthnForm):
    """A passkey signs in by itself, unless the person wants it beside the password only."""

    passwordless = forms.BooleanField(
        label=_("Sign in with it alone, without the password"),
        required=False,
        initial=True,
        help_text=_("Your device then asks for its PIN, your finger or your face."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        self.fields["name"].max_length = 60
        self.fields["name"].required = True
