"""Reading for storefront pages, each in a fixed number of queries; a topic a module."""

from .cards import Card, Page, cards_of, cards_page, kind_counts
from .design_page import DesignPage, MoneyFlow, Stake, design_page, money_flow, stakes_of
from .orders import OrderPage, order_page, orders_of

__all__ = [
    "Card",
    "DesignPage",
    "MoneyFlow",
    "OrderPage",
    "Page",
    "Stake",
    "cards_of",
    "cards_page",
    "design_page",
    "kind_counts",
    "money_flow",
    "order_page",
    "orders_of",
    "stakes_of",
]
