"""The creator's page for what a draft was made with: registered entries, and things elsewhere."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from designs.errors import DesignError
from studio import selectors
from studio.reference_forms import ElsewhereForm, EntryForm
from studio.services.references import drop_reference, refer_elsewhere, refer_to_entry
from studio.views import own


@login_required
@require_http_methods(["GET", "POST"])
def references(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: draft, references (Reference), entry (EntryForm), elsewhere (ElsewhereForm)."""
    design = own(request, public_id)
    draft = selectors.draft_page(design)
    posted = request.POST if request.method == "POST" else None
    wish = posted.get("wish", "") if posted is not None else ""
    entry = EntryForm(posted if wish == "entry" else None, prefix="entry")
    elsewhere = ElsewhereForm(posted if wish == "elsewhere" else None, prefix="elsewhere")
    if posted is not None:
        form: Any = {"entry": entry, "elsewhere": elsewhere}.get(wish)
        try:
            if form is None:
                _drop(request, design)
            elif form.is_valid() and form is entry:
                earns = refer_to_entry(actor=request.user, design=design, **form.cleaned_data)  # type: ignore[arg-type]
                if earns:
                    messages.success(request, _("Named. It stands among the works that yours derives from, and earns."))
                else:
                    messages.success(request, _("Named. It asks for no part of derived works."))
            elif form.is_valid():
                refer_elsewhere(actor=request.user, design=design, **form.cleaned_data)  # type: ignore[arg-type]
                messages.success(request, _("Named."))
        except DesignError as error:
            if form is None:
                messages.error(request, str(error))
            else:
                form.add_error(None, str(error))
        if form is None or form.is_valid():
            return redirect("studio:references", public_id)
    context = {
        "draft": draft,
        "references": list(draft.version.references.all()),
        "entry": entry,
        "elsewhere": elsewhere,
    }
    return render(request, "studio/references.html", context, status=400 if posted is not None else 200)


def _drop(request: HttpRequest, design: Any) -> None:
    try:
        number = int(request.POST.get("drop", ""))
    except ValueError as error:
        raise Http404 from error
    if number >= 2**63 or not drop_reference(actor=request.user, design=design, number=number):  # type: ignore[arg-type]
        raise Http404
    messages.success(request, _("Taken off."))
