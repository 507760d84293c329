"""The owner's pages for models, programs and data sets: list, draft, signature, where it stands."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.money import TUSD, format_amount
from common.paging import key_of
from common.templatetags.formatting import percent
from common.throttle import TooMany, allow
from designs.errors import DesignError
from designs.models import Contribution, Reference, Resource
from designs.resources import own_resource
from studio import forms, resource_pages
from studio.addresses import own_addresses, share_address
from studio.consent_views import signs
from studio.resource_forms import ResourceForm
from studio.services import publishing, resources
from studio.views import parts_of

PAGE = 24
ROLES = {
    Reference.Kind.MODEL: Contribution.Role.MODEL_ARCHITECT,
    Reference.Kind.PROGRAM: Contribution.Role.DESIGNER,
    Reference.Kind.DATASET: Contribution.Role.DATASET_PROVIDER,
}


def own(request: HttpRequest, public_id: uuid.UUID) -> Resource:
    """The resource of whoever asks; nobody else has it."""
    try:
        return own_resource(owner=request.user, public_id=public_id)
    except Resource.DoesNotExist as error:
        raise Http404 from error


@login_required
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Context: resources (resource_pages.ResourceRow), following (cursor or None)."""
    before = key_of(request.GET.get("before", ""))
    rows = resource_pages.own_resources(owner=request.user, before=before, limit=PAGE + 1)
    context = {"resources": rows[:PAGE], "following": rows[PAGE - 1].resource.pk if len(rows) > PAGE else None}
    return render(request, "studio/resources.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Context: see _form_page."""
    user: Any = request.user
    if request.method == "POST":
        form = ResourceForm(request.POST, request.FILES)
        parts = forms.PartFormSet(request.POST, prefix="parts")
        if _valid(request, form, parts):
            try:
                assert form.hashed is not None, "only a draft has a hash already"
                made = resources.draft_resource(owner=user, words=form.words, file=form.hashed, parts=parts_of(parts))
            except DesignError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Saved. Nothing is registered yet: read it over, then sign."))
                return redirect("studio:resource", made.public_id)
    else:
        kind = request.GET.get("kind", "")
        kind = kind if kind in Reference.Kind.values else Reference.Kind.MODEL
        form = ResourceForm(initial={"kind": kind, "open": "yes", "reach": "children"})
        mine = {"email": user.email, "role": ROLES[Reference.Kind(kind)], "percent": 100}
        parts = forms.PartFormSet(prefix="parts", initial=[mine])
    return _form_page(request, form, parts)


@login_required
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: see _form_page."""
    shown = resource_pages.resource_page(own(request, public_id))
    if request.method == "POST":
        form = ResourceForm(request.POST, request.FILES, resource=shown.resource)
        parts = forms.PartFormSet(request.POST, prefix="parts")
        if _valid(request, form, parts):
            try:
                resources.change_resource(
                    actor=request.user,  # type: ignore[arg-type]
                    resource=shown.resource,
                    words=form.words,
                    parts=parts_of(parts),
                    file=form.hashed,
                )
            except DesignError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("Saved."))
                return redirect("studio:resource", public_id)
    else:
        form = ResourceForm(initial=_initial(shown.resource), resource=shown.resource)
        rows = [{"email": p.account.email, "role": p.role, "percent": p.percent} for p in shown.parts]
        parts = forms.PartFormSet(prefix="parts", initial=rows)
    return _form_page(request, form, parts, shown=shown)


def _valid(request: HttpRequest, form: ResourceForm, parts: Any) -> bool:
    """Whether both forms can be taken, and no more files came than one person may send."""
    valid = form.is_valid() & parts.is_valid()
    if valid and request.FILES:
        try:
            allow(f"upload:{request.user.pk}", limit=settings.UPLOADS_PER_HOUR, seconds=3600)
        except TooMany as error:
            form.add_error(None, str(error))
            return False
    return valid


def _form_page(
    request: HttpRequest, form: ResourceForm, parts: Any, *, shown: resource_pages.ResourcePage | None = None
) -> HttpResponse:
    """Context: form (ResourceForm), parts (PartFormSet; the first row is the owner), shown (ResourcePage or None),
    max_bytes."""
    context = {"form": form, "parts": parts, "shown": shown, "max_bytes": settings.ASSET_MAX_BYTES}
    return render(request, "studio/resource_form.html", context, status=400 if request.method == "POST" else 200)


def _initial(resource: Resource) -> dict[str, Any]:
    names = ("kind", "name", "version", "description", "license", "license_address", "address", "sha256")
    return {
        **{name: getattr(resource, name) for name in names},
        "open": "yes" if resource.open else "no",
        "percent": percent(resource.ppm) if resource.open else "",
        "reach": "all" if resource.binding else "children",
        "minimum": format_amount(resource.minimum, TUSD).split()[0] if resource.minimum else "",
    }


@login_required
@require_safe
def resource(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: shown (resource_pages.ResourcePage)."""
    return render(request, "studio/resource.html", {"shown": resource_pages.resource_page(own(request, public_id))})


@login_required
@require_safe
def status(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The part of the page that polls; asks for the whole page when the part around it must change too."""
    shown = resource_pages.resource_page(own(request, public_id))
    response = render(request, "studio/_resource_status.html", {"shown": shown})
    if request.GET.get("seen") not in (None, shown.stage):
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_http_methods(["GET", "POST"])
def register(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: form (ConfirmForm), shown. Shows what will be signed; a password signs it, or a wallet next."""
    user: Any = request.user
    shown = resource_pages.resource_page(own(request, public_id))
    form = forms.ConfirmForm(request.POST or None, addresses=own_addresses(user), preferred=share_address(user).address)
    if request.method == "POST" and form.is_valid() and signs(form, user, shown.resource):
        return redirect("studio:resource" if form.custodial else "studio:resource_register", public_id)
    return render(request, "studio/resource_register.html", {"form": form, "shown": shown})


@login_required
@require_POST
def take_back(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    if publishing.take_back(actor=request.user, work=own(request, public_id)):  # type: ignore[arg-type]
        messages.success(request, _("Taken back. You can change it and sign again."))
    return redirect("studio:resource", public_id)


@login_required
@require_POST
def discard(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    try:
        resources.discard_resource(actor=request.user, resource=own(request, public_id))  # type: ignore[arg-type]
    except DesignError as error:
        messages.error(request, str(error))
        return redirect("studio:resource", public_id)
    messages.success(request, _("The draft was discarded."))
    return redirect("studio:resources")
