"""Encrypted public copies for those who hold a license: where they are, how to open them, the key."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from licensing.services.downloads import DownloadRefused
from licensing.services.key_release import KEY_FILE, key_offer, release_key


@login_required
@require_safe
def copies(request: HttpRequest, license_id: int) -> HttpResponse:
    """Context: offer (services.key_release.KeyOffer), license_id."""
    try:
        offer = key_offer(user=request.user, license_id=license_id)  # type: ignore[arg-type]
    except DownloadRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("licensing:library")
    return render(request, "licensing/copies.html", {"offer": offer, "license_id": license_id})


@login_required
@require_POST
def key(request: HttpRequest, license_id: int) -> HttpResponse:
    try:
        text = release_key(user=request.user, license_id=license_id)  # type: ignore[arg-type]
    except DownloadRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("licensing:library")
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{KEY_FILE}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
