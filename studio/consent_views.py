"""Publishing and consent: what is signed, by a password or by a wallet, and every other answer."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.errors import ConfirmationRefused
from common.throttle import TooMany, allow
from designs.errors import DesignError
from designs.models import Resource
from designs.resources import own_resource
from designs.selectors import own_design
from studio import forms, selectors
from studio.addresses import own_addresses, share_address
from studio.errors import PublishingError
from studio.models import Consent
from studio.resource_pages import resource_page
from studio.services import publishing
from studio.views import own
from studio.works import studio_address

SIGNATURES_PER_TEN_MINUTES = 60


def signs(form: forms.ConfirmForm, user: Any, work: Any) -> bool:
    """Freeze a design or resource, signed by the password or next by a wallet; false with the form's errors."""
    try:
        if form.custodial:
            publishing.freeze_and_sign(actor=user, work=work, password=form.cleaned_data["password"])
        else:
            publishing.freeze_for_wallet(actor=user, work=work, address=form.chosen)
    except ConfirmationRefused as error:
        form.add_error("password", str(error))
    except DesignError as error:
        form.add_error(None, str(error))
    else:
        return True
    return False


@login_required
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: form (ConfirmForm), draft, split. Shows what will be signed; a password signs it, or a wallet next."""
    user: Any = request.user
    draft = selectors.draft_page(own(request, public_id))
    form = forms.ConfirmForm(request.POST or None, addresses=own_addresses(user), preferred=share_address(user).address)
    if request.method == "POST" and form.is_valid() and signs(form, user, draft.design):
        return redirect("studio:design" if form.custodial else "studio:publish", public_id)
    return render(request, "studio/publish.html", {"form": form, "draft": draft, "split": selectors.split_for(draft)})


@login_required
@require_POST
def take_back(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    if publishing.take_back(actor=request.user, work=own(request, public_id)):  # type: ignore[arg-type]
        messages.success(request, _("Taken back. You can change the draft and ask again."))
    return redirect("studio:design", public_id)


@login_required
@require_POST
def signature(request: HttpRequest, public_id: uuid.UUID) -> JsonResponse:
    """Take what a wallet signed: {"next": address} or {"code", "sentence", "next_step"}, for the page's own script."""
    user: Any = request.user
    try:
        part = selectors.own_part(account=user, public_id=public_id)
        allow(f"signature:{user.pk}", limit=SIGNATURES_PER_TEN_MINUTES, seconds=600)
        publishing.sign_with_wallet(
            actor=user, publication=part.publication, signature=request.POST.get("signature", "")
        )
    except Consent.DoesNotExist as error:
        raise Http404 from error
    except TooMany as error:
        return _refused("too_many", str(error), _("Your signature is kept in this page until then."), status=429)
    except PublishingError as error:
        status = 503 if error.code == "unreachable" else 409
        return _refused(error.code, str(error), _next_step(error.code), status=status)
    if part.position == 0:
        messages.success(request, _("Your wallet has signed."))
        return JsonResponse({"next": studio_address(part.publication.work)})
    messages.success(request, _("You accepted. It is published once everyone has."))
    return JsonResponse({"next": reverse("studio:consent", args=[public_id])})


def _refused(code: str, sentence: str, next_step: str, *, status: int) -> JsonResponse:
    return JsonResponse({"code": code, "sentence": sentence, "next_step": next_step}, status=status)


def _next_step(code: str) -> str:
    return {
        "unreachable": _("Press the button below in a minute; your wallet need not sign again."),
        "expired": _("Nothing was published, and your draft is unchanged."),
        "already_answered": _("Nothing was published twice."),
        "wallet_unlinked": _("You link wallets under Account. The request stays open until then."),
    }.get(code, _("Nothing was published, and nothing is lost."))


def _consent(request: HttpRequest, public_id: uuid.UUID) -> Consent:
    try:
        return selectors.consent_for(account=request.user, public_id=public_id)
    except Consent.DoesNotExist as error:
        raise Http404 from error


@login_required
@require_http_methods(["GET", "POST"])
def consent(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: see _consent_page."""
    asked = _consent(request, public_id)
    form = forms.AcceptForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            publishing.accept(
                actor=request.user,  # type: ignore[arg-type]
                publication=asked.publication,
                password=form.cleaned_data["password"],
            )
        except ConfirmationRefused as error:
            form.add_error("password", str(error))
        except DesignError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("You accepted. It is published once everyone has."))
            return redirect("studio:consent", public_id)
    return _consent_page(request, asked, form, forms.DeclineForm())


def _consent_page(
    request: HttpRequest, asked: Consent, form: forms.AcceptForm, decline_form: forms.DeclineForm
) -> HttpResponse:
    """Context: consent, linked (is the address theirs), form (AcceptForm), decline_form, address_form; and of a design
    draft and split, of a resource shown (ResourcePage)."""
    work = asked.publication.work
    addresses = own_addresses(request.user)
    others = [one for one in addresses if one.address != asked.address]
    context = {
        "consent": asked,
        "linked": len(others) < len(addresses),
        "form": form,
        "decline_form": decline_form,
        "address_form": forms.AddressForm(addresses=others) if others else None,
    }
    if isinstance(work, Resource):
        shown = resource_page(own_resource(owner=work.owner, public_id=work.public_id))
        return render(request, "studio/resource_consent.html", {**context, "shown": shown})
    draft = selectors.draft_page(own_design(owner=work.owner, public_id=work.public_id))
    return render(request, "studio/consent.html", {**context, "draft": draft, "split": selectors.split_for(draft)})


@login_required
@require_POST
def decline(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    asked = _consent(request, public_id)
    form = forms.DeclineForm(request.POST)
    if not form.is_valid():
        return _consent_page(request, asked, forms.AcceptForm(), form)
    try:
        publishing.decline(
            actor=request.user,  # type: ignore[arg-type]
            publication=asked.publication,
            reason=form.cleaned_data["reason"],
        )
    except DesignError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("You declined. The creator was told; nothing is published."))
    return redirect(reverse("studio:consent", args=[public_id]))


@login_required
@require_POST
def other_address(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Have one's part held at another of one's addresses: the creator is asked to publish again with it."""
    asked = _consent(request, public_id)
    form = forms.AddressForm(request.POST, addresses=own_addresses(request.user))
    try:
        if not form.is_valid():
            raise PublishingError("not_yours", _("Choose one of your own addresses."))
        publishing.ask_for_other_address(
            actor=request.user,  # type: ignore[arg-type]
            publication=asked.publication,
            address=form.cleaned_data["address"],
        )
    except DesignError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The creator was told. You are asked again when they have published it anew."))
    return redirect("studio:consent", public_id)


@login_required
@require_http_methods(["GET", "POST"])
def address(request: HttpRequest) -> HttpResponse:
    """Where shares are held that are given to one from now on. Context: form (AddressForm), addresses."""
    user: Any = request.user
    addresses = own_addresses(user)
    initial = {"address": share_address(user).address}
    form = forms.AddressForm(request.POST or None, addresses=addresses, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            publishing.choose_share_address(actor=user, address=form.cleaned_data["address"])
        except DesignError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Saved. Designs that name you from now on use this address."))
            return redirect("studio:dashboard")
    return render(request, "studio/address.html", {"form": form, "addresses": addresses})
