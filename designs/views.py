"""Previews, and a design's record and further files for the people in it."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from designs.delivery import attachment_response
from designs.models import Attachment, Design, Preview
from designs.selectors import HIDDEN, access_design, open_attachment, preview_in_place_of, preview_name
from designs.storage import BlobMissing, CorruptBlob, StorageError, preview_store

YEAR = 31_536_000


@require_safe
def preview(request: HttpRequest, public_id: uuid.UUID, preview_id: int, name: str) -> HttpResponse | FileResponse:
    """A derivative of a design that this viewer may see. The id finds it; the name has a piece of its hash, so that
    nothing that caches keep is ever old. An address of other bytes leads to that of those that are there now."""
    design = _visible(request, public_id)
    found = Preview.objects.filter(pk=preview_id, version__design=design).first()
    if found is None or found.sha256[:12] not in name.split("."):
        return _moved_on(design, name, found)
    try:
        stream = preview_store().open(found.sha256)
    except (BlobMissing, CorruptBlob) as error:
        raise Http404 from error
    except StorageError as error:
        return HttpResponse(str(error), status=503, headers={"Retry-After": "60"}, content_type="text/plain")
    response = FileResponse(stream, content_type=found.media_type)
    response["Content-Length"] = str(found.size)
    # What is hidden is shown to its people and moderators alone: no cache between us may keep it for others.
    shared = design.entry_block is not None and design.state not in HIDDEN  # type: ignore[attr-defined]
    response["Cache-Control"] = f"{'public' if shared else 'private'}, max-age={YEAR}, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_safe
def record(request: HttpRequest, public_id: uuid.UUID) -> JsonResponse:
    """The whole provenance record with its salts (/verify/schema/record-N.json): for the owner alone, who can prove
    fields with it."""
    design = _visible(request, public_id)
    if design.owner_id != request.user.pk:
        raise Http404
    latest = design.versions.latest("number").records.order_by("-id").first()
    if latest is None:
        raise Http404
    response = JsonResponse(
        {"version": latest.schema, "root": latest.root, "fields": latest.fields, "salts": latest.salts}
    )
    response["Content-Disposition"] = 'attachment; filename="provenance-record.json"'
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
def attachment(request: HttpRequest, public_id: uuid.UUID, attachment_id: uuid.UUID) -> HttpResponse | FileResponse:
    """A further file of a design, for its owner and for moderators; holders of a license have it in their library."""
    try:
        found = open_attachment(viewer=request.user, design_id=public_id, public_id=attachment_id)
        return attachment_response(found)
    except Attachment.DoesNotExist as error:
        raise Http404 from error
    except StorageError as error:
        return HttpResponse(str(error), status=503, headers={"Retry-After": "60"}, content_type="text/plain")


def _moved_on(design: Design, name: str, found: Preview | None) -> HttpResponse:
    """Pages name previews that a better one, or a signed one, has replaced since they were sent: they get what is there
    now."""
    present = found or preview_in_place_of(design=design, name=name)
    if present is None:
        raise Http404
    response = redirect("designs:preview", design.public_id, present.pk, preview_name(present))
    response["Cache-Control"] = "no-store"
    return response


def _visible(request: HttpRequest, public_id: uuid.UUID) -> Design:
    try:
        return access_design(viewer=request.user, public_id=public_id)
    except Design.DoesNotExist as error:
        raise Http404 from error
