"""What a draft derives from, and what it asks of works that derive from it."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from common.money import TUSD, format_amount
from common.templatetags.formatting import percent
from designs.errors import DesignError
from designs.models import Design
from studio import forms, parent_pages, selectors
from studio.ancestry import open_to_derive
from studio.errors import PublishingError
from studio.services.lineage import set_derivative_terms, set_parents
from studio.views import own, saved

FOUND = 12


@login_required
@require_http_methods(["GET", "POST"])
def parents(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: draft, named (parent_pages.NamedParent), suggested (of the file), found (of the search), query, split,
    error.

    A post adds or removes one work, and comes back to the same search.
    """
    draft = selectors.draft_page(own(request, public_id))
    query = (request.POST or request.GET).get("q", "").replace("\x00", "").strip()[:200]
    error = ""
    if request.method == "POST":
        try:
            _change(request, draft)
        except DesignError as refusal:
            error = str(refusal)
        else:
            back = reverse("studio:parents", args=[public_id])
            return redirect(f"{back}?{urlencode({'q': query})}" if query else back)
    named = parent_pages.named_parents(draft)
    found = open_to_derive(query=query).exclude(pk=draft.design.pk)
    found = found.exclude(entry_id__in=[one.entry_id for one in named])
    context = {
        "draft": draft,
        "named": named,
        "found": parent_pages.as_parents(list(found[: FOUND + 1])),
        "most": FOUND,
        "suggested": parent_pages.suggested_parents(draft, named),
        "query": query,
        "split": selectors.split_for(draft),
        "error": error,
    }
    return render(request, "studio/parents.html", context, status=400 if error else 200)


def _change(request: HttpRequest, draft: selectors.DraftPage) -> None:
    remove = request.POST.get("remove", "").replace("\x00", "")
    if draft.version.references.filter(entry_id=remove).exists():
        raise PublishingError("made_with_it", _("It is named among what your design was made with. Take it off there."))
    kept = [one.entry_id for one in parent_pages.named_parents(draft) if one.entry_id != remove]
    designs = {str(one.entry_id): one for one in Design.objects.filter(entry_id__in=kept)}
    wanted = [designs[entry_id] for entry_id in kept if entry_id in designs]
    try:
        added = uuid.UUID(request.POST.get("add", ""))
    except ValueError:
        added = None
    if added is not None:
        wanted.extend(open_to_derive().filter(public_id=added))
    set_parents(actor=request.user, design=draft.design, parents=wanted)  # type: ignore[arg-type]


@login_required
@require_http_methods(["GET", "POST"])
def derivatives(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: form (DerivativesForm), draft, example (parent_pages.Example)."""
    draft = selectors.draft_page(own(request, public_id))
    form = forms.DerivativesForm(request.POST or None, initial=_initial(draft.terms))
    if request.method == "POST" and form.is_valid():
        try:
            set_derivative_terms(actor=request.user, design=draft.design, **form.terms)  # type: ignore[arg-type]
        except DesignError as error:
            form.add_error(None, str(error))
        else:
            return saved(request, public_id)
    context = {"form": form, "draft": draft, "example": parent_pages.example_of(draft.terms)}
    return render(request, "studio/derivatives.html", context)


def _initial(terms: Any) -> dict[str, str]:
    if terms is None:
        return {"open": "no", "percent": "10", "reach": "children"}
    return {
        "open": "yes",
        "percent": percent(terms.ppm),
        "reach": "all" if terms.binding else "children",
        "minimum": format_amount(terms.minimum, TUSD).split()[0] if terms.minimum else "",
    }
