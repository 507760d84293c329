"""Orders as their buyers see them."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from common.money import format_amount
from contracts.chains import chain
from contracts.currencies import currency_at
from contracts.selectors import ActionStatus, confirmation_status, status_of_action
from designs.selectors import Picture, cover_previews, picture_of
from licensing.models import LicenseSale
from licensing.selectors import licenses_of
from marketplace.models import Order
from marketplace.sales import BUY, BUY_SIGNED, sale_of, sales_of

ORDERS = 30
UNDER_WAY = (Order.State.PLACED, Order.State.PAID)


@dataclass(frozen=True)
class OrderPage:
    """An order as its buyer sees it. `ended` says why the license gives no rights any more, as HeldLicense does."""

    order: Order
    picture: Picture
    sale: LicenseSale | None
    status: ActionStatus
    ended: str = ""

    @property
    def licensed(self) -> bool:
        return self.sale is not None

    @property
    def by_wallet(self) -> bool:
        """Paid by a wallet of the buyer's own: then nothing is charged unless the sale happens."""
        return self.order.way != Order.Way.CUSTODY

    @property
    def price(self) -> str:
        """What it costs, with its currency."""
        return format_amount(self.order.price, currency_at(self.order.currency, chain()))


def order_page(order: Order) -> OrderPage:
    """The order with what the chain says of it."""
    here = chain()
    sale = sale_of(order)
    version = order.design.versions.prefetch_related("previews").latest("number")
    held = next(iter(licenses_of(user=order.buyer, license_id=sale.license_id)), None) if sale else None
    return OrderPage(
        order=order,
        picture=picture_of(order.design, version.previews.all()),
        sale=sale,
        status=confirmation_status(sale.event.block.number, here) if sale else _on_its_way(order),
        ended=held.ended if held else "",
    )


def _on_its_way(order: Order) -> ActionStatus:
    here = chain()
    match order.way:
        case Order.Way.SIGNED:
            return status_of_action(kind=BUY_SIGNED, ref=order.intent_digest or "", chain=here)
        case Order.Way.SENT if order.transaction_hash:
            return ActionStatus("sent", _("sent"), needed=here.confirmations)
        case Order.Way.SENT:
            return ActionStatus.none()
    return status_of_action(kind=BUY, ref=order.ref, chain=here)


@dataclass(frozen=True)
class OrderLine:
    """An order in its buyer's list. `sale` is what the chain made of it, or None."""

    order: Order
    sale: LicenseSale | None

    @property
    def price(self) -> str:
        return format_amount(self.order.price, currency_at(self.order.currency, chain()))

    @property
    def label(self) -> str:
        return _("Licensed") if self.sale else self.order.get_state_display()

    @property
    def tone(self) -> str:
        if self.sale:
            return "proof"
        return "pending" if self.order.state in UNDER_WAY else "none"


@dataclass(frozen=True)
class OrderHistory:
    """A page of a buyer's orders, newest first; `following` is the cursor of the next one, or None."""

    lines: list[OrderLine]
    following: int | None


def orders_of(*, buyer: Any, before: int | None = None, limit: int = ORDERS) -> OrderHistory:
    """A buyer's orders, those older than the one with the key `before`."""
    rows = Order.objects.filter(buyer=buyer).select_related("design__owner", "template")
    rows = rows.prefetch_related(cover_previews("design__versions")).order_by("-pk")
    orders = list((rows.filter(pk__lt=before) if before is not None else rows)[: limit + 1])
    sales = sales_of(orders[:limit])
    following = orders[limit - 1].pk if len(orders) > limit else None
    return OrderHistory([OrderLine(order, sales.get(order.pk)) for order in orders[:limit]], following)


def orders_under_way(*, buyer: Any, limit: int = 20) -> list[Order]:
    """A buyer's orders that wait for a payment or for the chain, newest first."""
    waiting = Order.objects.filter(buyer=buyer, state__in=UNDER_WAY, told_at__isnull=True)
    newest = list(waiting.select_related("design", "template")[:limit])
    sales = sales_of(newest)
    return [order for order in newest if order.pk not in sales]
