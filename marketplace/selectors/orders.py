"""Orders as their buyers see them."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from common.money import format_amount
from contracts.chains import chain
from contracts.currencies import currency_at
from contracts.selectors import ActionStatus, confirmation_status, status_of_action
from designs.selectors import Picture, picture_of
from licensing.models import LicenseSale
from licensing.selectors import licenses_of
from marketplace.models import Order
from marketplace.sales import BUY, BUY_SIGNED, sale_of


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


def orders_of(*, buyer: Any, limit: int = 50) -> list[Order]:
    """A buyer's orders, newest first."""
    return list(Order.objects.filter(buyer=buyer).select_related("design", "template")[:limit])


def orders_under_way(*, buyer: Any, limit: int = 20) -> list[Order]:
    """A buyer's orders that wait for a payment or for the chain, newest first."""
    sold = LicenseSale.objects.filter(chain_id=OuterRef("chain_id"), ref=OuterRef("ref"))
    waiting = Order.objects.filter(~Exists(sold), buyer=buyer, state__in=[Order.State.PLACED, Order.State.PAID])
    return list(waiting.select_related("design", "template")[:limit])
