"""Orders against the sales that the chain has."""

from collections import Counter
from collections.abc import Iterator, Sequence

from common.parts import in_parts
from contracts.chains import Chain
from contracts.models import ChainTransaction
from licensing.models import LicenseSale
from marketplace.models import Order
from marketplace.sales import BUY, BUY_SIGNED, sales_of

ORDERS = 500


def orders(chain: Chain) -> Iterator[str]:
    """Exactly one sale for a purchase that is final, none for one that failed; and what was paid was to be bought."""
    for part in in_parts(Order.objects.filter(chain_id=chain.chain_id).order_by("id"), ORDERS):
        sold, buys = _sold(part), _buys(chain, part)
        for order in part:
            buy = buys.get(order.ref if order.way == Order.Way.CUSTODY else order.intent_digest or "")
            if problem := _problem(order, buy, sold[order.pk]):
                yield f"order {order.public_id} is {order.state}, {problem}"


def _problem(order: Order, buy: ChainTransaction | None, sold: int) -> str:
    if order.state in (Order.State.FAILED, Order.State.REFUNDED) and sold:
        return "and the chain has sold its license"
    if order.state != Order.State.PAID:
        return ""
    if buy is not None and buy.state == ChainTransaction.State.FINAL and sold != 1:
        return f"its purchase is final, and the chain has sold {sold} times for it"
    # A wallet may have sent its purchase itself: only ours are known to be planned, or told of when they fail.
    if order.way != Order.Way.CUSTODY or sold:
        return ""
    if buy is None:
        return "and no purchase was planned"
    return f"though its purchase is {buy.state}, and its buyer has no license" if buy.outcome_delivered else ""


def _sold(part: Sequence[Order]) -> Counter[int]:
    """How many sales each order has, by its key."""
    sold = Counter(sales_of(order for order in part if order.way != Order.Way.CUSTODY).keys())
    by_ref = {order.ref: order.pk for order in part if order.way == Order.Way.CUSTODY}
    sales = LicenseSale.objects.filter(chain_id=part[0].chain_id, ref__in=by_ref)
    sold.update(by_ref[ref] for ref in sales.values_list("ref", flat=True))
    return sold


def _buys(chain: Chain, part: Sequence[Order]) -> dict[str, ChainTransaction]:
    """What we sent for these orders, by the order's ref or the digest of what its wallet signed."""
    refs = [order.ref for order in part] + [order.intent_digest for order in part if order.intent_digest]
    rows = ChainTransaction.objects.filter(chain_id=chain.chain_id, kind__in=[BUY, BUY_SIGNED], ref__in=refs)
    return {row.ref: row for row in rows}
