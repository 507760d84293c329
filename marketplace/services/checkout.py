"""Placing an order, and what its payment and its transaction bring about.

An order is an intent. The license itself is made by the chain alone; nothing here writes one.
"""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import notify
from common.identifiers import new_ref
from common.money import TUSD, format_amount
from contracts.chains import chain, chain_of
from contracts.errors import NotDecidedYet
from contracts.outbox import enqueue
from contracts.selectors import is_confirmed, is_final
from designs.models import Design
from licensing.selectors import OfferOnShow, sale_stop
from marketplace.models import Order
from marketplace.sales import BUY, sale_of, sales_of
from payments.models import PaymentIntent
from payments.services import cancel_intent, open_intent, refund_intent

logger = structlog.get_logger(__name__)

UNPAID_HOURS = 1
BUY_HOURS = 24


class CheckoutRefused(Exception):
    """The purchase cannot begin; `str()` says why. No money was taken."""


def place_order(*, buyer: User, design: Design, wanted: OfferOnShow, price_seen: int, checkout_key: UUID) -> Order:
    """One order per press of Buy: the same checkout key gives the same order, however often it is sent."""
    existing = Order.objects.filter(buyer=buyer, checkout_key=checkout_key).first()
    if existing is not None:
        return existing
    offer = wanted.offer
    if design.state != Design.State.ANCHORING or design.entry_id != offer.entry_id:
        raise CheckoutRefused(_("This design is not for sale."))
    stop = sale_stop(chain_id=offer.chain_id, entry_id=offer.entry_id)
    if stop is not None:
        raise CheckoutRefused(f"{stop.title}. " + _("Nothing was charged."))
    if offer.price != price_seen:
        raise CheckoutRefused(
            _("The price has changed to %(price)s. Nothing was charged; look at it and decide again.")
            % {"price": format_amount(offer.price, TUSD)}
        )
    if wanted.sold_out:
        raise CheckoutRefused(_("The last license was just sold. Nothing was charged."))
    try:
        with transaction.atomic():
            order = Order.objects.create(
                ref=new_ref(),
                buyer=buyer,
                checkout_key=checkout_key,
                design=design,
                template=wanted.template,
                chain_id=offer.chain_id,
                entry_id=offer.entry_id,
                terms_hash=offer.terms_hash,
                currency=offer.currency,
                price=offer.price,
                recipient=buyer.custody_key.address,
            )
            order.payment = open_intent(
                payer=buyer,
                amount=offer.price,
                description=f"{design.title} · {wanted.template.title}",
                return_url=reverse("marketplace:order", args=[order.public_id]),
                purpose_key=order.ref,
            )
            order.save(update_fields=["payment"])
            return order
    except IntegrityError:
        return Order.objects.get(buyer=buyer, checkout_key=checkout_key)


@transaction.atomic
def payment_settled(intent: PaymentIntent) -> None:
    """Settlement handler: money arrived, failed or went back. Runs in the payment's own transaction."""
    order = Order.objects.select_for_update().filter(payment=intent).first()
    if order is None:
        return
    match intent.state:
        case PaymentIntent.State.PAID:
            _paid(order)
        case PaymentIntent.State.FAILED | PaymentIntent.State.CANCELED:
            _move(order, Order.State.PLACED, Order.State.CANCELED, intent.failure_reason)
        case PaymentIntent.State.REFUNDED:
            _move(order, Order.State.FAILED, Order.State.REFUNDED, order.state_reason)


def _move(order: Order, before: str, after: str, reason: str = "") -> bool:
    moved = Order.objects.filter(pk=order.pk, state=before).update(
        state=after, state_reason=reason, updated_at=timezone.now()
    )
    return bool(moved)


def _paid(order: Order) -> None:
    if not _move(order, Order.State.PLACED, Order.State.PAID):
        return
    deadline = timezone.now() + timedelta(hours=BUY_HOURS)
    enqueue(
        kind=BUY,
        subject=f"marketplace.order:{order.public_id}",
        ref=bytes.fromhex(order.ref[2:]),
        contract="LicenseMarket",
        function="buyFor",
        args=[
            [
                int(order.entry_id, 16),
                order.terms_hash,
                order.currency,
                order.price,
                order.quantity,
                order.recipient,
                int(deadline.timestamp()),
            ],
            [],  # the proof for an offer to a list: what is sold here is for everyone
            order.ref,
        ],
    )


@transaction.atomic
def purchase_failed(action: Any) -> None:
    """Outcome handler: the purchase will never be on chain. The buyer gets the money back and a mail."""
    order = Order.objects.select_related("buyer", "design", "payment").get(ref=action.ref)
    sale = sale_of(order)
    if sale is not None:
        if not is_final(sale.event.block.number, chain_of(order.chain_id)):
            raise NotDecidedYet("it was sold, in a block that may yet go away")
        logger.error("failed_purchase_was_sold", order=str(order.public_id), error=action.error)
        return  # whatever a node said: who holds the license does not get the money back
    if order.payment is not None:
        # The payment first, as whoever moves one takes the two (decision 0034).
        PaymentIntent.objects.select_for_update(no_key=True).get(pk=order.payment.pk)
    reason = _("The chain refused the purchase (%(error)s). Your payment is returned.") % {"error": action.error}
    if not _move(order, Order.State.PAID, Order.State.FAILED, reason):
        return
    if order.payment is not None:
        refund_intent(intent=order.payment)
    notify(
        user=order.buyer,
        kind="order_failed",
        key=str(order.public_id),
        subject=_("Your purchase of “%(title)s” failed") % {"title": order.design.title},
        body=reason,
        url=reverse("marketplace:order", args=[order.public_id]),
    )


def sweep_orders(*, limit: int = 200) -> None:
    """Tell buyers whose license is final; give up on orders nobody paid."""
    here = chain()
    waiting = Order.objects.filter(chain_id=here.chain_id, state=Order.State.PAID, told_at__isnull=True).select_related(
        "buyer", "design", "template"
    )[:limit]
    sales = sales_of(waiting)
    for order in waiting:
        sale = sales.get(order.pk)
        if sale is not None and is_confirmed(sale.event.block.number, here):
            _tell(order)
    stale = timezone.now() - timedelta(hours=UNPAID_HOURS)
    for order in Order.objects.filter(
        state=Order.State.PLACED, told_at__isnull=True, created_at__lt=stale
    ).select_related("payment")[:limit]:
        if order.payment is not None:
            cancel_intent(intent=order.payment)


@transaction.atomic
def _tell(order: Order) -> None:
    if not Order.objects.filter(pk=order.pk, told_at__isnull=True).update(told_at=timezone.now()):
        return
    notify(
        user=order.buyer,
        kind="license_ready",
        key=str(order.public_id),
        subject=_("Your license for “%(title)s” is ready") % {"title": order.design.title},
        body=_("You hold a %(terms)s license for “%(title)s”. The file waits in your library.")
        % {"terms": order.template.title.lower(), "title": order.design.title},
        url=reverse("licensing:library"),
    )
