"""The creator's page for what a draft was made with: registered entries, and things elsewhere."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from designs.errors import DesignError
from designs.models import Resource
from designs.resources import shown_resources, with_resources
from studio import selectors
from studio.errors import PublishingError
from studio.reference_forms import ElsewhereForm, EntryForm
from studio.reference_pages import FOUND, found_entries
from studio.services.references import drop_reference, refer_elsewhere, refer_to_entry
from studio.views import own


@login_required
@require_http_methods(["GET", "POST"])
def references(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: draft, references (Reference with its resource), found (reference_pages.Found), more, query, error,
    entry (EntryForm), elsewhere (ElsewhereForm)."""
    design = own(request, public_id)
    draft = selectors.draft_page(design)
    posted = request.POST if request.method == "POST" else None
    wish = posted.get("wish", "") if posted is not None else ""
    query = (posted or request.GET).get("q", "").replace("\x00", "").strip()[:200]
    error = ""
    entry = EntryForm(posted if wish == "entry" else None, prefix="entry")
    elsewhere = ElsewhereForm(posted if wish == "elsewhere" else None, prefix="elsewhere")
    if posted is not None:
        form: Any = {"entry": entry, "elsewhere": elsewhere}.get(wish)
        try:
            if wish == "found":
                _name(request, design, **_chosen(posted.get("add", "")))
            elif form is None:
                _drop(request, design)
            elif form.is_valid() and form is entry:
                _name(request, design, **form.cleaned_data)
            elif form.is_valid():
                refer_elsewhere(actor=request.user, design=design, **form.cleaned_data)  # type: ignore[arg-type]
                messages.success(request, _("Named."))
        except DesignError as refusal:
            if wish == "found":
                error = str(refusal)
            elif form is None:
                messages.error(request, str(refusal))
            else:
                form.add_error(None, str(refusal))
        if not error and (form is None or form.is_valid()):
            back = reverse("studio:references", args=[public_id])
            return redirect(f"{back}?{urlencode({'q': query})}" if query else back)
    found = found_entries(query, named=draft.version)
    context = {
        "draft": draft,
        "references": with_resources(draft.version.references.all()),
        "found": found[:FOUND],
        "more": len(found) > FOUND,
        "query": query,
        "error": error,
        "entry": entry,
        "elsewhere": elsewhere,
    }
    return render(request, "studio/references.html", context, status=400 if posted is not None else 200)


def _name(request: HttpRequest, design: Any, *, kind: str, entry_id: str) -> None:
    if refer_to_entry(actor=request.user, design=design, kind=kind, entry_id=entry_id):  # type: ignore[arg-type]
        messages.success(request, _("Named. It stands among the works that yours derives from, and earns."))
    else:
        messages.success(request, _("Named. It asks for no part of derived works."))


def _chosen(text: str) -> dict[str, str]:
    """What is registered under the public id of a row that was chosen."""
    try:
        resource = shown_resources().get(public_id=uuid.UUID(text))
    except (ValueError, Resource.DoesNotExist) as error:
        raise PublishingError("no_such_entry", _("That is not shown any more. Search for another one.")) from error
    return {"kind": resource.kind, "entry_id": str(resource.entry_id)}


def _drop(request: HttpRequest, design: Any) -> None:
    try:
        number = int(request.POST.get("drop", ""))
    except ValueError as error:
        raise Http404 from error
    if number >= 2**63 or not drop_reference(actor=request.user, design=design, number=number):  # type: ignore[arg-type]
        raise Http404
    messages.success(request, _("Taken off."))
