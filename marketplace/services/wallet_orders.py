"""Buying with a wallet of one's own: by signature, which we send, or by the buyer's own transaction.

The license goes to the wallet that pays, which is one of the account's (docs/decisions/0016). As with any order only
the chain's event makes a license; what is stored here is what the buyer agreed to, and where its sale is expected.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.selectors import addresses_of
from accounts.services import notify
from common.identifiers import ZERO_ADDRESS, ZERO_HASH, new_ref
from common.money import format_amount
from contracts.chains import Chain, chain
from contracts.client import client
from contracts.currencies import currency_at
from contracts.errors import ChainError
from contracts.models import ChainTransaction
from contracts.outbox import enqueue
from contracts.selectors import sync_status
from contracts.signatures import SignatureRefused, signature_of, split
from designs.models import Design
from licensing.models import LicenseSale, LicenseTemplate, Offer
from licensing.selectors import sale_stop
from marketplace.models import Order
from marketplace.sales import BUY_SIGNED
from marketplace.services.checkout import CheckoutRefused
from marketplace.services.intents import (
    approve_call,
    buy_call,
    deadline_of,
    digest_of,
    holdings_of,
    intent_arguments,
    intent_data,
    permit_data,
)
from marketplace.services.refusals import purchase_refusal

logger = structlog.get_logger(__name__)

AGREED_FOR = timedelta(minutes=30)
# A transaction that the node never saw, or that somebody replaced without telling, is given up after this.
LOST_AFTER = timedelta(hours=2)
LOOKED_FOR = timedelta(days=2)
WALLETS = (Order.Way.SIGNED, Order.Way.SENT)
OPEN = (Order.State.PLACED, Order.State.PAID)


@dataclass(frozen=True)
class Asked:
    """What the wallet is asked for: typed data to sign, or transactions to send; `permit` and `approve` as needed."""

    order: Order
    intent: dict[str, Any] | None = None
    permit: dict[str, Any] | None = None
    approve: dict[str, str] | None = None
    buy: dict[str, str] | None = None


def place_wallet_order(
    *,
    buyer: User,
    design: Design,
    offer: Offer,
    template: LicenseTemplate,
    payer: str,
    way: str,
    price_seen: int,
    checkout_key: UUID,
) -> Asked:
    """One order per checkout key, and what its wallet has to do. Raises CheckoutRefused and ChainUnavailable.

    Repeating it gives the same order and the same things to sign.
    """
    here = chain()
    if way not in WALLETS:
        raise CheckoutRefused(_("This page was not whole. Nothing was charged; look at it and decide again."))
    if payer not in addresses_of(buyer)[1:]:
        raise CheckoutRefused(_("This wallet is not linked to your account. Link it first, then buy."))
    if way == Order.Way.SIGNED and offer.currency == ZERO_ADDRESS:
        raise CheckoutRefused(_("The chain's own coin cannot be paid by signature: send the purchase yourself."))
    order = Order.objects.filter(buyer=buyer, checkout_key=checkout_key).first()
    if order is None:
        _check_sale(design=design, offer=offer, price_seen=price_seen)
        _check_balance(offer=offer, payer=payer, chain=here)
        order = _place(buyer, design, offer, template, payer, way, checkout_key, here)
    if order.state != Order.State.PLACED or order.way != way or order.recipient != payer:
        raise CheckoutRefused(_("This purchase has gone on already. Open your orders to see where it stands."))
    return _asked(order, here)


def _check_sale(*, design: Design, offer: Offer, price_seen: int) -> None:
    if design.state != Design.State.ANCHORING or design.entry_id != offer.entry_id:
        raise CheckoutRefused(_("This design is not for sale."))
    stop = sale_stop(chain_id=offer.chain_id, entry_id=offer.entry_id)
    if stop is not None:
        raise CheckoutRefused(f"{stop.title}. " + _("Nothing was charged."))
    if offer.price != price_seen:
        price = format_amount(offer.price, currency_at(offer.currency, chain()))
        raise CheckoutRefused(
            _("The price has changed to %(price)s. Nothing was charged; look at it and decide again.")
            % {"price": price}
        )


def _check_balance(*, offer: Offer, payer: str, chain: Chain) -> None:
    held = holdings_of(account=payer, chain=chain)
    has = held.coin if offer.currency == ZERO_ADDRESS else held.balance
    if has < offer.price:
        currency = currency_at(offer.currency, chain)
        raise CheckoutRefused(
            _("The wallet holds %(has)s and the license costs %(price)s. Nothing was charged.")
            % {"has": format_amount(has, currency), "price": format_amount(offer.price, currency)}
        )


def _place(
    buyer: User,
    design: Design,
    offer: Offer,
    template: LicenseTemplate,
    payer: str,
    way: str,
    checkout_key: UUID,
    here: Chain,
) -> Order:
    order = Order(
        ref=new_ref(),
        buyer=buyer,
        checkout_key=checkout_key,
        design=design,
        template=template,
        chain_id=offer.chain_id,
        entry_id=offer.entry_id,
        terms_hash=offer.terms_hash,
        currency=offer.currency,
        price=offer.price,
        recipient=payer,
        way=way,
        deadline=(timezone.now() + AGREED_FOR).replace(microsecond=0),
        asked_at_block=sync_status(here).indexed,
    )
    order.intent = intent_data(order, payer=payer, chain=here)
    order.intent_digest = digest_of(order.intent)
    try:
        with transaction.atomic():
            order.save()
    except IntegrityError:
        # Two at once with one key, or in one second for the same license: the first stands.
        found = Order.objects.filter(
            Q(checkout_key=checkout_key) | Q(intent_digest=order.intent_digest), buyer=buyer
        ).first()
        if found is None:
            raise
        return found
    return order


def _asked(order: Order, here: Chain) -> Asked:
    held = holdings_of(account=order.recipient, chain=here)
    short = order.currency != ZERO_ADDRESS and held.allowance < order.price * order.quantity
    if order.way == Order.Way.SIGNED:
        permit = permit_data(order, payer=order.recipient, chain=here) if short else None
        return Asked(order, intent=order.intent, permit=permit)
    return Asked(
        order,
        approve=approve_call(order, chain=here) if short else None,
        buy=buy_call(order, chain=here),
    )


def take_signature(*, order: Order, signature: str, permit: str = "") -> Order:
    """Hand the signed purchase to the outbox, once however often it is sent.

    `permit` is the signature over the permit that was asked for, or empty. Raises CheckoutRefused; then nothing is
    sent and the order is as it was.
    """
    here = chain()
    if order.way != Order.Way.SIGNED or order.intent is None or order.intent_digest is None:
        raise CheckoutRefused(_("This order is not paid by signature."))
    if order.deadline is None or order.deadline <= timezone.now():
        raise CheckoutRefused(_("The purchase was agreed for half an hour, which is over. Start again."))
    try:
        signed = signature_of(signature, address=order.recipient, digest=order.intent_digest, chain=here)
        leave = _permit_arguments(order, permit, here)
    except SignatureRefused as refusal:
        raise CheckoutRefused(str(refusal)) from refusal
    with transaction.atomic():
        if not _move(order, [Order.State.PLACED], Order.State.PAID):
            return Order.objects.get(pk=order.pk)
        enqueue(
            kind=BUY_SIGNED,
            subject=f"marketplace.order:{order.public_id}",
            ref=bytes.fromhex(order.intent_digest[2:]),
            contract="LicenseMarket",
            function="buyWithPermit",
            args=[intent_arguments(order), order.recipient, signed, [], leave],
        )
    return Order.objects.get(pk=order.pk)


def _permit_arguments(order: Order, permit: str, here: Chain) -> list[Any]:
    """Value, deadline, v, r, s; all zero where the allowance is there already."""
    if not permit:
        return [0, 0, 0, ZERO_HASH, ZERO_HASH]
    data = permit_data(order, payer=order.recipient, chain=here)
    signed = signature_of(permit, address=order.recipient, digest=digest_of(data), chain=here)
    if len(signed) != 65:
        raise SignatureRefused(
            "contract", _("A contract wallet cannot give leave by signature: send the purchase yourself.")
        )
    return [order.price * order.quantity, deadline_of(order), *split(signed)]


def note_sent(*, order: Order, transaction_hash: str) -> Order:
    """The wallet has sent the purchase, or sent it anew under another hash. Raises CheckoutRefused."""
    if order.way != Order.Way.SENT:
        raise CheckoutRefused(_("This order is not paid by a transaction of yours."))
    try:
        with transaction.atomic():
            Order.objects.filter(pk=order.pk, state__in=OPEN).update(
                state=Order.State.PAID, transaction_hash=transaction_hash, updated_at=timezone.now()
            )
    except IntegrityError as error:
        raise CheckoutRefused(_("This transaction belongs to another order of yours.")) from error
    return Order.objects.get(pk=order.pk)


def cancel_wallet_order(*, order: Order) -> Order:
    """The buyer gives up before anything was signed or sent, or has canceled it in their wallet."""
    if order.way in WALLETS:
        reach = [Order.State.PLACED] if order.way == Order.Way.SIGNED else OPEN
        _move(order, reach, Order.State.CANCELED, _("You canceled it."))
    return Order.objects.get(pk=order.pk)


@transaction.atomic
def signed_purchase_failed(action: Any) -> None:
    """Outcome handler: what the buyer signed will not be on chain by us. Nothing was charged."""
    order = Order.objects.select_related("buyer", "design").get(intent_digest=action.ref)
    reason = purchase_refusal(action.error)
    if _move(order, [Order.State.PAID], Order.State.FAILED, reason):
        _tell_failed(order, reason)


def sweep_wallet_orders(*, limit: int = 200) -> None:
    """Find sales that came under another hash, and give up on what will never be."""
    here = chain()
    waiting = [order for order in _without_sale(here, limit) if not _find_sale(order)]
    _end_refused([order for order in waiting if order.way == Order.Way.SENT and order.transaction_hash], here)
    for order in waiting:
        if order.deadline is not None and timezone.now() > order.deadline + LOST_AFTER:
            _move(order, OPEN, Order.State.CANCELED, _("It did not reach the chain in time."))


def _without_sale(here: Chain, limit: int) -> list[Order]:
    """Open orders, and the newest of those that ended lately: a wallet may have sent what was thought canceled."""
    rows = Order.objects.filter(chain_id=here.chain_id, way__in=WALLETS, told_at__isnull=True)
    rows = rows.select_related("buyer", "design")
    ended = rows.filter(
        state__in=[Order.State.CANCELED, Order.State.FAILED], updated_at__gt=timezone.now() - LOOKED_FOR
    )
    return [*rows.filter(state__in=OPEN).order_by("id")[:limit], *ended.order_by("-id")[:limit]]


def _find_sale(order: Order) -> bool:
    """Whether the chain has a sale for it; noted by its transaction, which one order alone may hold."""
    sales = LicenseSale.objects.filter(
        chain_id=order.chain_id,
        payer=order.recipient,
        holder=order.recipient,
        entry_id=order.entry_id,
        terms_hash=order.terms_hash,
        currency=order.currency,
        ref=ZERO_HASH,
        event__block__number__gt=order.asked_at_block or 0,
    ).order_by("event__block__number", "event__log_index")
    for transaction_hash in sales.values_list("event__transaction_hash", flat=True):
        if transaction_hash == order.transaction_hash:
            return True
        if _is_anothers(order, transaction_hash):
            continue
        try:
            with transaction.atomic():
                Order.objects.filter(pk=order.pk).update(transaction_hash=transaction_hash, state=Order.State.PAID)
        except IntegrityError:
            continue  # another order was given it in this moment
        return True
    return False


def _is_anothers(order: Order, transaction_hash: str) -> bool:
    """Whether another order of the wallet holds this transaction, or we sent it for what another one signed."""
    others = Order.objects.filter(chain_id=order.chain_id, recipient=order.recipient, transaction_hash=transaction_hash)
    sent = ChainTransaction.objects.filter(
        chain_id=order.chain_id, kind=BUY_SIGNED, transaction_hash=transaction_hash
    ).exclude(ref=order.intent_digest)
    return others.exists() or sent.exists()


def _end_refused(orders: Sequence[Order], here: Chain) -> None:
    """End those whose transaction the chain refused. While it cannot be asked, all else goes on."""
    try:
        receipts = client(here).receipts([order.transaction_hash or "" for order in orders]) if orders else {}
    except ChainError as error:
        logger.warning("receipts_not_read", orders=len(orders), error=str(error))
        return
    reason = _("Your transaction reached the chain and was refused there. Only its network fee was spent.")
    for order in orders:
        receipt = receipts.get(order.transaction_hash or "")
        if receipt is not None and not receipt.succeeded and _move(order, OPEN, Order.State.FAILED, reason):
            _tell_failed(order, reason)


def _tell_failed(order: Order, reason: str) -> None:
    notify(
        user=order.buyer,
        kind="order_failed",
        key=str(order.public_id),
        subject=_("Your purchase of “%(title)s” failed") % {"title": order.design.title},
        body=reason + " " + _("No license was bought and the price was not taken."),
        url=reverse("marketplace:order", args=[order.public_id]),
    )


def _move(order: Order, before: Sequence[str], after: str, reason: str = "") -> bool:
    moved = Order.objects.filter(pk=order.pk, state__in=before).update(
        state=after, state_reason=reason, updated_at=timezone.now()
    )
    return bool(moved)
