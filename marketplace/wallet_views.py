"""What the buying island asks: what a wallet has, an order for it, and what it has signed or sent."""

import re
import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.selectors import addresses_of
from common.identifiers import ZERO_ADDRESS
from common.money import format_amount
from common.throttle import TooMany, allow
from contracts.chains import chain
from contracts.currencies import currency_at
from contracts.errors import ChainError
from designs.models import Design
from designs.selectors import access_design
from licensing.models import LicenseTemplate, Offer
from licensing.selectors import coin_offer_of, offers_of
from marketplace.models import Order
from marketplace.services.checkout import CheckoutRefused
from marketplace.services.intents import Holdings, holdings_of
from marketplace.services.wallet_orders import (
    cancel_wallet_order,
    note_sent,
    place_wallet_order,
    take_signature,
)

Answer = Callable[..., HttpResponse]
ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
HASH = re.compile(r"0x[0-9a-f]{64}")


def _in_sentences(view: Answer) -> Answer:
    """Refusals as JSON that the island shows: {"error": sentence}."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            allow(f"wallet-order:{request.user.pk}", limit=60, seconds=600)
            return view(request, *args, **kwargs)
        except TooMany as refusal:
            return JsonResponse({"error": str(refusal)}, status=429)
        except CheckoutRefused as refusal:
            return JsonResponse({"error": str(refusal)}, status=409)
        except ChainError:
            sentence = _("The chain does not answer. Nothing was charged; try again in a minute.")
            return JsonResponse({"error": sentence}, status=503)

    return answered


@login_required
@never_cache
@require_safe
@_in_sentences
def quote(request: HttpRequest, public_id: uuid.UUID, terms_hash: str) -> HttpResponse:
    """The part about one wallet. Context: payer, linked, choices, checkout_key, design, terms_hash."""
    design = _visible(request, public_id)
    payer = _address(request.GET.get("payer", ""))
    offers = _offers(design, terms_hash)
    held = holdings_of(account=payer, chain=chain())
    context = {
        "payer": payer,
        "linked": payer in addresses_of(_person(request))[1:],
        "choices": [_choice(offer, held) for offer in offers],
        "checkout_key": uuid.uuid4(),
        "design": design,
        "terms_hash": terms_hash,
    }
    return render(request, "marketplace/_wallet_quote.html", context)


def _choice(offer: Offer, held: Holdings) -> dict[str, Any]:
    """An offer beside what the wallet has for it."""
    currency = currency_at(offer.currency, chain())
    in_coin = offer.currency == ZERO_ADDRESS
    has = held.coin if in_coin else held.balance
    return {
        "offer": offer,
        "price": format_amount(offer.price, currency),
        "balance": format_amount(has, currency),
        "enough": has >= offer.price,
        "in_coin": in_coin,
        "allowance": "" if in_coin else format_amount(min(held.allowance, 10**15 * currency.base), currency),
        "allowed": in_coin or held.allowance >= offer.price,
    }


@login_required
@require_POST
@_in_sentences
def place(request: HttpRequest, public_id: uuid.UUID, terms_hash: str) -> HttpResponse:
    """An order of a wallet, and what the wallet is to sign or send."""
    design = _visible(request, public_id)
    currency = request.POST.get("currency", "")
    offer = next((one for one in _offers(design, terms_hash) if one.currency == currency), None)
    if offer is None:
        raise CheckoutRefused(_("This license is not on offer any more. Nothing was charged."))
    asked = place_wallet_order(
        buyer=_person(request),
        design=design,
        offer=offer,
        template=LicenseTemplate.objects.get(terms_hash=terms_hash),
        payer=_address(request.POST.get("payer", "")),
        way=request.POST.get("way", ""),
        price_seen=_whole(request.POST.get("price", "")),
        checkout_key=_key(request.POST.get("checkout_key", "")),
    )
    order = asked.order
    return JsonResponse(
        {
            "order": reverse("marketplace:order", args=[order.public_id]),
            "signed": reverse("marketplace:order_signature", args=[order.public_id]),
            "sent": reverse("marketplace:order_sent", args=[order.public_id]),
            "cancel": reverse("marketplace:order_cancel", args=[order.public_id]),
            "intent": asked.intent,
            "permit": asked.permit,
            "approve": asked.approve,
            "buy": asked.buy,
        }
    )


@login_required
@require_POST
@_in_sentences
def signature(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    order = take_signature(
        order=_own(request, public_id),
        signature=request.POST.get("signature", ""),
        permit=request.POST.get("permit", ""),
    )
    return _where(order)


@login_required
@require_POST
@_in_sentences
def sent(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    order, transaction_hash = _own(request, public_id), request.POST.get("hash", "").lower()
    if not HASH.fullmatch(transaction_hash):
        raise CheckoutRefused(_("That is no hash of a transaction."))
    return _where(note_sent(order=order, transaction_hash=transaction_hash))


@login_required
@require_POST
@_in_sentences
def cancel(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    return _where(cancel_wallet_order(order=_own(request, public_id)))


def _where(order: Order) -> JsonResponse:
    return JsonResponse({"order": reverse("marketplace:order", args=[order.public_id]), "state": order.state})


def _person(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("This view needs a signed-in account.")
    return request.user


def _own(request: HttpRequest, public_id: uuid.UUID) -> Order:
    return get_object_or_404(Order.objects.select_related("design"), public_id=public_id, buyer=request.user)


def _visible(request: HttpRequest, public_id: uuid.UUID) -> Design:
    try:
        return access_design(viewer=request.user, public_id=public_id)
    except Design.DoesNotExist as error:
        raise Http404 from error


def _offers(design: Design, terms_hash: str) -> list[Offer]:
    """Of these terms, what is on offer in our currency and in the chain's coin. Raises CheckoutRefused without any."""
    where: dict[str, Any] = {"chain_id": design.chain_id or 0, "entry_id": design.entry_id or ""}
    found = [one.offer for one in offers_of(**where) if one.offer.terms_hash == terms_hash and not one.sold_out]
    in_coin = coin_offer_of(**where, terms_hash=terms_hash)
    if not found and in_coin is None:
        raise CheckoutRefused(_("This license is not on offer any more. Nothing was charged."))
    return [*found, *([in_coin] if in_coin else [])]


def _address(text: str) -> str:
    from eth_utils.address import to_checksum_address

    if not ADDRESS.fullmatch(text):
        raise CheckoutRefused(_("That is no address of a wallet."))
    return to_checksum_address(text)


def _whole(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,78}", text) else 0


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise CheckoutRefused(
            _("This page was not whole. Nothing was charged; look at it and decide again.")
        ) from error
