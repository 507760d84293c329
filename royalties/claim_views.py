"""What the claiming island asks, and the form that claims without a wallet."""

import re
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.errors import ConfirmationRefused
from accounts.models import User
from common.throttle import TooMany, allow
from contracts.errors import ChainError
from royalties.claiming import claim_box
from royalties.models import ClaimRequest
from royalties.services import claims

HASH = re.compile(r"0x[0-9a-f]{64}")
ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


def _in_sentences(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Refusals as JSON that the island shows: {"error": sentence}."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            allow(f"claims:{request.user.pk}", limit=60, seconds=600)
            return view(request, *args, **kwargs)
        except TooMany as refusal:
            return JsonResponse({"error": str(refusal)}, status=429)
        except claims.ClaimRefused as refusal:
            return JsonResponse({"error": str(refusal)}, status=409)
        except ChainError:
            return JsonResponse({"error": _chain_is_away()}, status=503)

    return answered


def _chain_is_away() -> str:
    return _("The chain does not answer. Nothing was sent, and what waits is safe; try again in a minute.")


@login_required
@never_cache
@require_safe
def box(request: HttpRequest) -> HttpResponse:
    """The part of the Earnings page about claiming. Context: box (ClaimBox)."""
    return render(request, "royalties/_claim.html", {"box": claim_box(person=_person(request))})


@login_required
@require_POST
@_in_sentences
def ask(request: HttpRequest) -> HttpResponse:
    """A claim of a linked wallet, and what the wallet is to sign or send."""
    asked = claims.ask_claim(
        person=_person(request),
        holder=_address(request.POST.get("holder", "")),
        currency=_address(request.POST.get("currency", "")),
        way=request.POST.get("way", ""),
    )
    where = [asked.claim.public_id]
    return JsonResponse(
        {
            "order": asked.order,
            "call": asked.call,
            "signed": reverse("royalties:claim_signature", args=where),
            "sent": reverse("royalties:claim_sent", args=where),
            "cancel": reverse("royalties:claim_cancel", args=where),
        }
    )


@login_required
@require_POST
@_in_sentences
def signature(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    signed = request.POST.get("signature", "")
    return _state(claims.take_claim_signature(claim=_own(request, public_id), signature=signed))


@login_required
@require_POST
@_in_sentences
def sent(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    claim, value = _own(request, public_id), request.POST.get("hash", "").lower()
    if not HASH.fullmatch(value):
        raise claims.ClaimRefused(_("That is no hash of a transaction."))
    return _state(claims.note_claim_sent(claim=claim, transaction_hash=value))


@login_required
@require_POST
@_in_sentences
def cancel(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    return _state(claims.cancel_claim(claim=_own(request, public_id)))


@sensitive_post_parameters("password")
@login_required
@require_POST
def by_custody(request: HttpRequest) -> HttpResponse:
    """The form of people without a wallet: their password signs, and we send."""
    try:
        claims.claim_by_custody(
            person=_person(request),
            currency=_address(request.POST.get("currency", "")),
            paid_to=_address(request.POST.get("to", "")),
            password=request.POST.get("password", ""),
        )
    except (claims.ClaimRefused, ConfirmationRefused) as refusal:
        messages.error(request, str(refusal))
    except ChainError:
        messages.error(request, _chain_is_away())
    return redirect("royalties:earnings")


def _state(claim: ClaimRequest) -> JsonResponse:
    return JsonResponse({"state": claim.state})


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("This view needs a signed-in account.")
    return request.user


def _own(request: HttpRequest, public_id: uuid.UUID) -> ClaimRequest:
    try:
        return claims.own_claim_request(person=_person(request), public_id=public_id)
    except ClaimRequest.DoesNotExist as error:
        raise Http404 from error


def _address(text: str) -> str:
    from eth_utils.address import to_checksum_address

    if not ADDRESS.fullmatch(text):
        raise claims.ClaimRefused(_("This page was not whole. Nothing was sent; reload it and try again."))
    return to_checksum_address(text)
