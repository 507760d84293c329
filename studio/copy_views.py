"""The creator's page of encrypted copies in public stores."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from designs.errors import DesignError
from designs.models import DesignVersion, PublicCopy
from designs.services.public_copies import make_copies, remove_copy, retry_copy
from studio.copies import copies_page
from studio.forms import PublicCopyForm
from studio.views import own


def _version(request: HttpRequest, public_id: uuid.UUID) -> DesignVersion:
    return own(request, public_id).versions.select_related("master", "design").latest("number")


@login_required
@require_http_methods(["GET", "POST"])
def copies(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: version, page (studio.copies.CopiesPage), form (PublicCopyForm)."""
    version = _version(request, public_id)
    form = PublicCopyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            make_copies(
                actor=request.user,  # type: ignore[arg-type]
                version=version,
                place=form.cleaned_data["place"],
                understood=form.cleaned_data["understood"],
            )
        except DesignError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The copy is being made. You can close this page."))
            return redirect("studio:copies", public_id)
    context = {"version": version, "page": copies_page(version), "form": form}
    return render(request, "studio/copies.html", context, status=400 if form.errors else 200)


@login_required
@require_safe
def copies_status(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The rows, which poll while something moves; asks for the whole page when a copy ended."""
    version = _version(request, public_id)
    page = copies_page(version)
    response = render(request, "studio/_copies.html", {"version": version, "page": page})
    if request.GET.get("seen") not in (None, page.stage) and not page.moving:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_POST
def retry(request: HttpRequest, public_id: uuid.UUID, copy_id: int) -> HttpResponse:
    user: Any = request.user
    retry_copy(actor=user, copy=_copy(request, public_id, copy_id))
    return redirect("studio:copies", public_id)


@login_required
@require_POST
def remove(request: HttpRequest, public_id: uuid.UUID, copy_id: int) -> HttpResponse:
    user: Any = request.user
    try:
        if remove_copy(actor=user, copy=_copy(request, public_id, copy_id)):
            messages.success(request, _("The copy is being removed. Whoever has fetched it before still has it."))
    except DesignError as error:
        messages.error(request, str(error))
    return redirect("studio:copies", public_id)


def _copy(request: HttpRequest, public_id: uuid.UUID, copy_id: int) -> PublicCopy:
    copies = PublicCopy.objects.select_related("version__design", "attachment")
    return get_object_or_404(copies, pk=copy_id, version__design=own(request, public_id))
