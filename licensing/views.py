"""My library, downloads, and the license texts."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from designs.delivery import attachment_response
from designs.models import Attachment, Rendition
from designs.storage import StorageError, master_store
from licensing.files import files_of
from licensing.models import DownloadGrant, LicenseTemplate
from licensing.selectors import shelf_of
from licensing.services.downloads import DownloadRefused, grant_download, use_grant
from licensing.services.renditions import order_rendition
from licensing.services.templates import facts_of
from licensing.services.templates import terms_document as canonical_terms


@login_required
@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """Context: shelf (selectors.Shelf), query."""
    query = " ".join(request.GET.get("q", "").split())[:120]
    shelf = shelf_of(user=request.user, query=query, after=request.GET.get("after", ""))  # type: ignore[arg-type]
    return render(request, "licensing/library.html", {"shelf": shelf, "query": query})


@login_required
@require_POST
def start_download(request: HttpRequest, license_id: int) -> HttpResponse:
    """The master; with `rendition` one that is ready, with `attachment` a further file."""
    try:
        grant = grant_download(
            user=request.user,  # type: ignore[arg-type]
            license_id=license_id,
            rendition=_wanted(request, "rendition", Rendition),
            attachment=_wanted(request, "attachment", Attachment),
        )
    except DownloadRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("licensing:library")
    return redirect("licensing:fetch", grant.public_id)


def _wanted(request: HttpRequest, name: str, model: type[Any]) -> Any:
    """The row whose public id was posted under this name; None where none was. Whoever calls checks whose it is."""
    wanted = request.POST.get(name)
    if not wanted:
        return None
    try:
        return get_object_or_404(model, public_id=uuid.UUID(wanted))
    except ValueError as error:
        raise Http404 from error


@login_required
@require_safe
def files(request: HttpRequest, license_id: int) -> HttpResponse:
    """Context: files (licensing.files.LicensedFiles). With `part=forms` the list alone, which looks again by itself."""
    found = files_of(user=request.user, license_id=license_id)  # type: ignore[arg-type]
    if found is None:
        raise Http404
    name = "licensing/_forms.html" if request.GET.get("part") == "forms" else "licensing/files.html"
    response = render(request, name, {"files": found})
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_POST
def order(request: HttpRequest, license_id: int) -> HttpResponse:
    """Ask for a form of the file. It is made by a worker; the page shows how far it is."""
    try:
        order_rendition(user=request.user, license_id=license_id, form=request.POST.get("form", ""))  # type: ignore[arg-type]
    except DownloadRefused as refusal:
        messages.error(request, str(refusal))
        held = files_of(user=request.user, license_id=license_id)  # type: ignore[arg-type]
        return redirect("licensing:library") if held is None else redirect("licensing:files", license_id)
    return redirect("licensing:files", license_id)


@login_required
@require_safe
def fetch(request: HttpRequest, public_id: str) -> HttpResponse | FileResponse:
    """The master itself, a rendition, or a further file, for the person the grant was given to, and nobody else."""
    grants = DownloadGrant.objects.select_related("version__master", "rendition__asset", "attachment__asset")
    grant = get_object_or_404(grants, public_id=public_id, user=request.user)
    rendition = grant.rendition
    asset = rendition.asset if rendition is not None and rendition.asset is not None else grant.version.master
    try:
        # A file that cannot be given must not count as fetched.
        with transaction.atomic():
            use_grant(user=request.user, grant=grant)  # type: ignore[arg-type]
            if grant.attachment is not None:
                return attachment_response(grant.attachment)
            content = master_store().open(asset.sha256)
    except (DownloadRefused, StorageError) as refusal:
        messages.error(request, str(refusal))
        return redirect("licensing:library")
    response = FileResponse(
        content,
        as_attachment=True,
        filename=rendition.file_name if rendition is not None else grant.version.file_name,
        content_type=asset.media_type,
    )
    response["Content-Length"] = str(asset.size)
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
def terms(request: HttpRequest, terms_hash: str) -> HttpResponse:
    template = get_object_or_404(LicenseTemplate, terms_hash=terms_hash)
    return render(request, "licensing/terms.html", {"template": template, "facts": facts_of(template.rights)})


@require_safe
def terms_document(request: HttpRequest, terms_hash: str) -> HttpResponse:
    """The canonical document, byte for byte: its keccak-256 and the facts make the hash in the address."""
    template = get_object_or_404(LicenseTemplate, terms_hash=terms_hash)
    document = canonical_terms(code=template.code, version=template.version, rights=template.rights, text=template.text)
    return HttpResponse(document, content_type="application/json")
