"""Reading for storefront pages, each in a fixed number of queries; a topic a module."""

from .cards import PAGE, Card, Page, cards_of, cards_page
from .creators import CreatorPage, creator_page
from .design_page import DesignPage, MoneyFlow, Stake, design_page, money_flow, stakes_of
from .orders import OrderHistory, OrderPage, order_page, orders_of, orders_under_way
from .resource_page import ResourceShown, resource_shown
from .search import SORTS, Facets, Suggestion, Wanted, facets, search, suggestions

__all__ = [
    "PAGE",
    "SORTS",
    "Card",
    "CreatorPage",
    "DesignPage",
    "Facets",
    "MoneyFlow",
    "OrderHistory",
    "OrderPage",
    "Page",
    "ResourceShown",
    "Stake",
    "Suggestion",
    "Wanted",
    "cards_of",
    "cards_page",
    "creator_page",
    "design_page",
    "facets",
    "money_flow",
    "order_page",
    "orders_of",
    "orders_under_way",
    "resource_shown",
    "search",
    "stakes_of",
    "suggestions",
]
