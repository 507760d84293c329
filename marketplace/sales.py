"""Which sale on the chain an order became: read from the events, written by nobody."""

from collections.abc import Iterable

from contracts.models import ChainTransaction
from licensing.models import LicenseSale
from marketplace.models import Order

# Kinds of what we send: for a custody address with the order's ref, and what a wallet has signed.
BUY = "buy"
BUY_SIGNED = "buy_signed"


def sales_of(orders: Iterable[Order]) -> dict[int, LicenseSale]:
    """Sales by the order's key, of those that have one. Two queries, whatever their number; all of one chain.

    Our own purchases name the order's ref. A wallet's names nothing, so its transaction does: the one that we sent
    what it signed with, or the one that the wallet or our search has told (marketplace.services.wallet_orders).
    """
    asked = list(orders)
    if not asked:
        return {}
    sent = _sent_for(asked)
    by_custody = {order.ref: order for order in asked if order.way == Order.Way.CUSTODY}
    by_wallet = {order.pk: order.transaction_hash or sent.get(order.intent_digest or "") for order in asked}
    hashes = {value for order in asked if order.way != Order.Way.CUSTODY and (value := by_wallet[order.pk])}
    rows = LicenseSale.objects.filter(chain_id=asked[0].chain_id).select_related("event__block")
    found = {by_custody[sale.ref].pk: sale for sale in rows.filter(ref__in=by_custody)} if by_custody else {}
    if hashes:
        sales = list(rows.filter(event__transaction_hash__in=hashes))
        for order in asked:
            if order.way != Order.Way.CUSTODY and order.pk not in found:
                fits = (sale for sale in sales if _fits(sale, order, by_wallet[order.pk]))
                if sale := next(fits, None):
                    found[order.pk] = sale
    return found


def sale_of(order: Order) -> LicenseSale | None:
    """The one of this order, or None while the chain has none."""
    return sales_of([order]).get(order.pk)


def _sent_for(orders: list[Order]) -> dict[str, str | None]:
    digests = [order.intent_digest for order in orders if order.way == Order.Way.SIGNED]
    if not digests:
        return {}
    rows = ChainTransaction.objects.filter(chain_id=orders[0].chain_id, kind=BUY_SIGNED, ref__in=digests)
    return dict(rows.values_list("ref", "transaction_hash"))


def _fits(sale: LicenseSale, order: Order, transaction_hash: str | None) -> bool:
    return (
        sale.event.transaction_hash == transaction_hash
        and sale.holder == order.recipient
        and sale.payer == order.recipient
        and sale.entry_id == order.entry_id
        and sale.terms_hash == order.terms_hash
        and sale.currency == order.currency
    )
