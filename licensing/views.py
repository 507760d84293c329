"""My library, downloads, and the license texts."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from designs.storage import StorageError, master_store
from licensing.models import DownloadGrant, LicenseTemplate
from licensing.selectors import shelf_of
from licensing.services.downloads import DownloadRefused, grant_download, use_grant
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
    try:
        grant = grant_download(user=request.user, license_id=license_id)  # type: ignore[arg-type]
    except DownloadRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("licensing:library")
    return redirect("licensing:fetch", grant.public_id)


@login_required
@require_safe
def fetch(request: HttpRequest, public_id: str) -> HttpResponse | FileResponse:
    """The master itself, for the person the grant was given to; anyone else sees no such link."""
    grant = get_object_or_404(
        DownloadGrant.objects.select_related("version__master"), public_id=public_id, user=request.user
    )
    try:
        # A file that cannot be given must not count as fetched.
        with transaction.atomic():
            use_grant(user=request.user, grant=grant)  # type: ignore[arg-type]
            master = master_store().open(grant.version.master.sha256)
    except (DownloadRefused, StorageError) as refusal:
        messages.error(request, str(refusal))
        return redirect("licensing:library")
    response = FileResponse(
        master,
        as_attachment=True,
        filename=grant.version.file_name,
        content_type=grant.version.master.media_type,
    )
    response["Content-Length"] = str(grant.version.master.size)
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
