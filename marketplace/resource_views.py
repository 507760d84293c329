"""The public page of a registered model, program or data set."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from common.paging import key_of
from designs.models import Resource
from designs.resources import access_resource
from marketplace import selectors


@require_safe
def resource(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: shown (selectors.ResourceShown)."""
    before = key_of(request.GET.get("before", ""))
    return render(request, "marketplace/resource.html", {"shown": _shown(request, public_id, before=before)})


@require_safe
def resource_status(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The proof strip alone, for the page that polls; asks for the whole page when the entry has arrived or gone."""
    shown = _shown(request, public_id)
    response = render(request, "marketplace/_resource_proof.html", {"shown": shown})
    if request.GET.get("seen", "") != (shown.entry.entry_id if shown.entry else "none"):
        response["HX-Refresh"] = "true"
    return response


def _shown(request: HttpRequest, public_id: uuid.UUID, *, before: int | None = None) -> selectors.ResourceShown:
    try:
        return selectors.resource_shown(access_resource(viewer=request.user, public_id=public_id), before=before)
    except Resource.DoesNotExist as error:
        raise Http404 from error
