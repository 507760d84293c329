"""Storefront pages. Reading needs no account, no JavaScript and no chain; it reads the projections."""

import re
import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from common.paging import key_of
from contracts.chains import chain
from contracts.selectors import sync_status
from designs.models import Design
from designs.selectors import access_design
from licensing.selectors import OfferOnShow, licenses_of
from marketplace import selectors
from marketplace.models import Order
from marketplace.services.checkout import CheckoutRefused, place_order
from payments.services import payment_url


def _visible(request: HttpRequest, public_id: uuid.UUID) -> Design:
    try:
        return access_design(viewer=request.user, public_id=public_id)
    except Design.DoesNotExist as error:
        raise Http404 from error


@require_safe
def design(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: shown (selectors.DesignPage), chosen (OfferOnShow or None), flow (MoneyFlow or None), held."""
    shown = selectors.design_page(_visible(request, public_id))
    chosen = _chosen(shown.offers, request.GET.get("offer", ""))
    held = (
        [one for one in licenses_of(user=request.user) if one.entry_id == shown.design.entry_id and not one.ended]
        if request.user.is_authenticated and shown.entry
        else []
    )
    return render(
        request,
        "marketplace/design.html",
        {
            "shown": shown,
            "chosen": chosen,
            "flow": selectors.money_flow(offer=chosen.offer, stakes=shown.stakes) if chosen else None,
            "held": held,
        },
    )


def _chosen(offers: list[OfferOnShow], terms_hash: str) -> OfferOnShow | None:
    return next((one for one in offers if one.offer.terms_hash == terms_hash), offers[0] if offers else None)


@require_safe
def design_status(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The proof strip alone, for the page that polls; asks for the whole page when the offers have opened."""
    shown = selectors.design_page(_visible(request, public_id))
    response = render(request, "marketplace/_proof.html", {"shown": shown})
    if request.GET.get("seen") == "none" and shown.entry is not None:
        response["HX-Refresh"] = "true"
    return response


@login_required
@require_http_methods(["GET", "POST"])
def checkout(request: HttpRequest, public_id: uuid.UUID, terms_hash: str) -> HttpResponse:
    """Context: shown, wanted (OfferOnShow), flow, checkout_key (one a page, so a second press buys once)."""
    shown = selectors.design_page(_visible(request, public_id))
    if shown.stop is not None:
        messages.error(request, f"{shown.stop.title}. {shown.stop.text}")
        return redirect("marketplace:design", public_id)
    wanted = next((one for one in shown.offers if one.offer.terms_hash == terms_hash), None)
    if wanted is None:
        raise Http404
    if request.method == "POST":
        try:
            order = place_order(
                buyer=request.user,  # type: ignore[arg-type]
                design=shown.design,
                wanted=wanted,
                price_seen=_price_seen(request),
                checkout_key=_checkout_key(request),
            )
        except CheckoutRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("marketplace:checkout", public_id, terms_hash)
        if order.state == Order.State.PLACED and order.payment is not None:
            return redirect(payment_url(intent=order.payment))
        return redirect("marketplace:order", order.public_id)
    return render(
        request,
        "marketplace/checkout.html",
        {
            "shown": shown,
            "wanted": wanted,
            "flow": selectors.money_flow(offer=wanted.offer, stakes=shown.stakes),
            "checkout_key": uuid.uuid4(),
        },
    )


def _price_seen(request: HttpRequest) -> int:
    """The price that the page showed; 0, which is no price, for whatever is no number."""
    text = request.POST.get("price", "")
    return int(text) if re.fullmatch(r"[0-9]{1,78}", text) else 0


def _checkout_key(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("checkout_key", ""))
    except ValueError as error:
        raise CheckoutRefused(
            _("This page was not whole. Nothing was charged; look at it and decide again.")
        ) from error


def _own_order(request: HttpRequest, public_id: uuid.UUID) -> Order:
    return get_object_or_404(
        Order.objects.select_related("design__owner", "template", "payment"),
        public_id=public_id,
        buyer=request.user,
    )


def _order_context(order: Order) -> dict[str, Any]:
    is_open = order.state == Order.State.PLACED and order.payment is not None
    return {
        "bought": selectors.order_page(order),
        "payment_url": payment_url(intent=order.payment) if is_open and order.payment else "",
    }


@login_required
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    """Context: history (selectors.OrderHistory)."""
    before = key_of(request.GET.get("before", ""))
    history = selectors.orders_of(buyer=request.user, before=before)
    return render(request, "marketplace/orders.html", {"history": history})


@login_required
@require_safe
def order(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Context: bought (selectors.OrderPage), payment_url when the payment is still open."""
    return render(request, "marketplace/order.html", _order_context(_own_order(request, public_id)))


@login_required
@require_safe
def order_status(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The part of the order page that polls, with the same context."""
    found = _own_order(request, public_id)
    return render(request, "marketplace/_order_status.html", _order_context(found))


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 when pages can be served; the chain is told beside it, since reading does not need it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    status = sync_status(chain())
    return JsonResponse(
        {
            "database": "ok",
            "chain": {"reachable": status.reachable, "head": status.head, "indexed": status.indexed},
            "home": reverse("marketplace:home"),
        }
    )


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What search engines may read: the shop, and nothing of anybody's own."""
    return render(request, "robots.txt", content_type="text/plain")
