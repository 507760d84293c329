"""The creator's page for giving away chosen fields of their record."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from designs.anchored import anchored_record
from designs.models import FieldProofLink
from designs.provenance import ATTACHMENT_KEYS
from designs.services.proving import ProvingError, prove_fields, show_proof, take_back_proof
from studio.views import own


@login_required
@require_http_methods(["GET", "POST"])
def prove(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: design, anchored (AnchoredRecord or None), fields (key, value, chosen), links, error."""
    design = own(request, public_id)
    anchored = anchored_record(design)
    chosen = request.POST.getlist("key")
    error = ""
    if request.method == "POST":
        wish = request.POST.get("wish", "")
        try:
            if wish == "file":
                return _file(prove_fields(design=design, keys=chosen))
            if wish == "show":
                show_proof(design=design, keys=chosen)
                messages.success(request, _("The fields stand at the address below now. Whoever has it sees them."))
                return redirect("studio:prove", public_id)
        except ProvingError as refusal:
            error = str(refusal)
        else:
            _take_back(request, design)
            return redirect("studio:prove", public_id)
    record = anchored.record if anchored else None
    stated = {key: value for key, value in record.fields.items() if not _is_free(key, value)} if record else {}
    context = {
        "design": design,
        "anchored": anchored,
        "fields": [(key, value, key in chosen) for key, value in sorted(stated.items())],
        "links": list(FieldProofLink.objects.filter(record=record)) if record else [],
        "error": error,
    }
    return render(request, "studio/prove.html", context, status=400 if error else 200)


def _is_free(key: str, value: Any) -> bool:
    """Whether it is room for a file that was not used: nobody asks for a proof of that."""
    return key in ATTACHMENT_KEYS and value is None


def _file(proof: dict[str, Any]) -> HttpResponse:
    response = JsonResponse(proof, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = 'attachment; filename="field-proof.json"'
    response["Cache-Control"] = "private, no-store"
    return response


def _take_back(request: HttpRequest, design: Any) -> None:
    try:
        link = uuid.UUID(request.POST.get("take_back", ""))
    except ValueError as error:
        raise Http404 from error
    if not take_back_proof(design=design, public_id=link):
        raise Http404
    messages.success(request, _("The address shows nothing any more. Who kept a copy of the proof still has it."))
