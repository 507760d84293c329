from allauth.account.forms import SignupForm as AllauthSignupForm
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.models.user import validate_display_name


class SignupForm(AllauthSignupForm):
    """E-mail, password, and the name that others see."""

    display_name = forms.CharField(
        label=_("Display name"),
        max_length=80,
        validators=[validate_display_name],
        help_text=_("Shown to others beside what you make and buy. You can change it later."),
        widget=forms.TextInput(attrs={"autocomplete": "nickname"}),
    )
    field_order = ["email", "display_name", "password1"]


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
