"""Orders as their buyers see them."""

from dataclasses import dataclass
from typing import Any

from contracts.chains import chain
from contracts.selectors import ActionStatus, confirmation_status, status_of_action
from designs.selectors import Picture, picture_of
from licensing.models import LicenseSale
from licensing.selectors import licenses_of
from marketplace.models import Order
from marketplace.services.checkout import BUY


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


def order_page(order: Order) -> OrderPage:
    """The order with what the chain says of it."""
    here = chain()
    sale = LicenseSale.objects.filter(chain_id=order.chain_id, ref=order.ref).select_related("event__block").first()
    version = order.design.versions.prefetch_related("previews").latest("number")
    held = next(iter(licenses_of(user=order.buyer, license_id=sale.license_id)), None) if sale else None
    return OrderPage(
        order=order,
        picture=picture_of(order.design, version.previews.all()),
        sale=sale,
        status=(
            confirmation_status(sale.event.block.number, here)
            if sale
            else status_of_action(kind=BUY, ref=order.ref, chain=here)
        ),
        ended=held.ended if held else "",
    )


def orders_of(*, buyer: Any, limit: int = 50) -> list[Order]:
    """A buyer's orders, newest first."""
    return list(Order.objects.filter(buyer=buyer).select_related("design", "template")[:limit])
