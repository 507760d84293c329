"""The account's own pages. Sign-up, sign-in, e-mail and password are allauth's, under accounts/."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from accounts.errors import ConfirmationRefused
from accounts.forms import PasswordConfirmForm, ProfileForm
from accounts.models import User
from accounts.selectors import account_overview
from accounts.services import (
    create_api_token,
    export_custody_key,
    export_personal_data,
    rename,
    revoke_api_token,
)


def _person(request: HttpRequest) -> User:
    """The signed-in account; every view here asks for sign-in first."""
    if not isinstance(request.user, User):
        raise TypeError("This view needs a signed-in account.")
    return request.user


def _account_page(
    request: HttpRequest, *, form: ProfileForm | None = None, new_token: str = "", status: int = 200
) -> HttpResponse:
    person = _person(request)
    context = {
        "overview": account_overview(person),
        "form": form or ProfileForm(initial={"display_name": person.display_name}),
        "new_token": new_token,
    }
    return render(request, "accounts/overview.html", context, status=status)


@method_decorator([login_required, never_cache], name="dispatch")
class OverviewView(View):
    """The account page; posting the form renames."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return _account_page(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ProfileForm(request.POST)
        if not form.is_valid():
            return _account_page(request, form=form, status=422)
        rename(user=_person(request), display_name=form.cleaned_data["display_name"])
        messages.success(request, _("Your display name is changed."))
        return redirect("accounts:overview")


@login_required
@never_cache
@require_POST
@sensitive_variables()
def make_token(request: HttpRequest) -> HttpResponse:
    """Make or replace the API token; this answer is the only page that ever shows it."""
    return _account_page(request, new_token=create_api_token(user=_person(request)))


@login_required
@require_POST
def drop_token(request: HttpRequest) -> HttpResponse:
    if revoke_api_token(user=_person(request)):
        messages.success(request, _("The API token is revoked. Programs that use it are refused from now on."))
    return redirect("accounts:overview")


@method_decorator([login_required, never_cache, sensitive_post_parameters()], name="dispatch")
class CustodyExportView(View):
    """Ask for the password, then show the private key, on this answer only."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request, PasswordConfirmForm())

    @method_decorator(sensitive_variables())
    def post(self, request: HttpRequest) -> HttpResponse:
        form = PasswordConfirmForm(request.POST)
        if not form.is_valid():
            return self._page(request, form, status=422)
        try:
            private_key = export_custody_key(user=_person(request), password=form.cleaned_data["password"])
        except ConfirmationRefused as refusal:
            form.add_error("password", str(refusal))
            return self._page(request, form, status=429 if refusal.code == "too_many_tries" else 422)
        return self._page(request, PasswordConfirmForm(), private_key=private_key)

    @method_decorator(sensitive_variables())
    def _page(
        self, request: HttpRequest, form: PasswordConfirmForm, *, private_key: str = "", status: int = 200
    ) -> HttpResponse:
        context = {
            "form": form,
            "custody": account_overview(_person(request)).custody,
            "private_key": private_key,
        }
        return render(request, "accounts/custody_export.html", context, status=status)


@login_required
@never_cache
@require_safe
def personal_data(request: HttpRequest) -> JsonResponse:
    """Everything the apps know about the person, as a file."""
    response = JsonResponse(export_personal_data(user=_person(request)), json_dumps_params={"indent": 2})
    response["Content-Disposition"] = 'attachment; filename="loomprint-account.json"'
    return response
