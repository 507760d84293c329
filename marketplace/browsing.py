"""Home, search and the page of a creator: reading needs no account and no JavaScript."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from marketplace import selectors
from marketplace.selectors import Wanted


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Context: page (selectors.Page), wanted, facets (of kinds and tags)."""
    wanted = Wanted()
    context = {
        "page": selectors.cards_page(wanted, after=request.GET.get("after", "")),
        "wanted": wanted,
        "facets": selectors.facets(wanted, only=("kind", "tag")),
    }
    return render(request, "marketplace/home.html", context)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Context: page, wanted, facets; where nothing was found also suggestions and how many any filter would hide."""
    wanted = Wanted.of(request.GET)
    found = selectors.facets(wanted)
    page = selectors.cards_page(wanted, after=request.GET.get("after", ""))
    context = {"page": page, "wanted": wanted, "facets": found, "suggestions": [], "unfiltered": 0}
    if not found.total:
        context["suggestions"] = selectors.suggestions(wanted.query)
        if wanted.narrowed:
            context["unfiltered"] = selectors.facets(wanted.without_facets(), only=()).total
    return render(request, "marketplace/search.html", context)


@require_safe
def creator(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: shown (selectors.CreatorPage). Whoever has nothing on show has no page."""
    try:
        shown = selectors.creator_page(public_id=public_id, after=request.GET.get("after", ""))
    except User.DoesNotExist as error:
        raise Http404 from error
    return render(request, "marketplace/creator.html", {"shown": shown})
