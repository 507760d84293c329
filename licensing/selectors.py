"""What is on offer, and why nothing is; who holds what is in licensing.holdings."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from common.identifiers import ZERO_ADDRESS, ZERO_HASH
from contracts.chains import chain
from contracts.errors import ChainNotDeployed
from contracts.models import ChainEvent
from designs.models import EntryStatus
from designs.selectors import entry_status
from licensing.holdings import HeldLicense, Shelf, held_entries, licenses_of, shelf_of
from licensing.models import (
    EntryClosing,
    LicenseSale,
    LicenseTemplate,
    Offer,
)

__all__ = [
    "HeldLicense",
    "OfferOnShow",
    "Shelf",
    "Stop",
    "closed_currencies",
    "coin_offer_of",
    "current_offers",
    "held_entries",
    "licenses_of",
    "market_is_paused",
    "offers_of",
    "sale_stop",
    "shelf_of",
    "sold_by_offers",
]

IN_CHAIN_ORDER = ("block__number", "log_index")


@dataclass(frozen=True)
class OfferOnShow:
    """An offer with its terms; `left` is None when the supply is unlimited."""

    offer: Offer
    template: LicenseTemplate
    left: int | None

    @property
    def sold_out(self) -> bool:
        return self.left == 0


def current_offers(*, chain_id: int, entry_ids: Sequence[str]) -> list[Offer]:
    """Of these entries, what is open to everyone now in the currency of our prices, cheapest first."""
    currency = _our_currency()
    return [one for one in _open_offers(chain_id, entry_ids) if currency in ("", one.currency)]


def coin_offer_of(*, chain_id: int, entry_id: str, terms_hash: str) -> Offer | None:
    """The offer of these terms in the chain's own coin that anyone can buy now."""
    if ZERO_ADDRESS in closed_currencies(chain_id=chain_id):
        return None
    for one in _open_offers(chain_id, [entry_id]):
        if one.terms_hash == terms_hash and one.currency == ZERO_ADDRESS:
            sold = sold_by_offers(chain_id=chain_id, entry_ids=[entry_id]).get((entry_id, terms_hash, ZERO_ADDRESS), 0)
            return one if not one.supply or sold < one.supply else None
    return None


def _open_offers(chain_id: int, entry_ids: Sequence[str]) -> list[Offer]:
    """Open to everyone now, in whatever currency, cheapest first."""
    key = ("chain_id", "entry_id", "terms_hash", "currency")
    closed = EntryClosing.objects.filter(chain_id=chain_id, entry_id=OuterRef("entry_id"))
    newest = (
        Offer.objects.filter(~Exists(closed), chain_id=chain_id, entry_id__in=entry_ids)
        .order_by(*key, "-event__block__number", "-event__log_index")
        .distinct(*key)
    )
    now = timezone.now()
    offers = [offer for offer in newest if offer.is_open and not offer.restricted and _on_at(offer, now)]
    return sorted(offers, key=lambda offer: offer.price)


def _on_at(offer: Offer, now: datetime) -> bool:
    begun = offer.starts_at is None or offer.starts_at <= now
    return begun and (offer.ends_at is None or now < offer.ends_at)


def _our_currency() -> str:
    """Empty where nothing is deployed, and so nothing else was ever read."""
    try:
        return chain().deployment.currency
    except ChainNotDeployed:
        return ""


@dataclass(frozen=True)
class Stop:
    """Why an entry sells nothing now: a code, and what people are told.

    `tone` is "broken" for what is wrong with it, "pending" for what passes, and empty for what its people chose.
    """

    code: str
    title: str
    text: str
    tone: str = ""


def sale_stop(*, chain_id: int, entry_id: str) -> Stop | None:
    """Why nothing of this entry can be bought now; None when its offers hold."""
    match entry_status(chain_id=chain_id, entry_id=entry_id):
        case EntryStatus.Status.SUSPENDED:
            text = _("A moderator has suspended this design. Licenses that were sold stay valid.")
            return Stop("suspended", _("Not for sale: suspended"), text, tone="broken")
        case EntryStatus.Status.WITHDRAWN:
            text = _("Its creators have withdrawn this design from sale. Licenses that were sold stay valid.")
            return Stop("withdrawn", _("Not for sale: withdrawn"), text)
    if EntryClosing.objects.filter(chain_id=chain_id, entry_id=entry_id).exists():
        text = _("An exclusive license was sold. Licenses that were sold before it stay valid.")
        return Stop("closed", _("Not for sale any more"), text)
    if market_is_paused(chain_id=chain_id) or _our_currency() in closed_currencies(chain_id=chain_id):
        text = _("Nothing is sold at the moment. What was bought and earned is not touched by it.")
        return Stop("paused", _("Sales are paused"), text, tone="pending")
    return None


def market_is_paused(*, chain_id: int) -> bool:
    """Whether the market's guardian has stopped all sales."""
    found = ChainEvent.objects.filter(chain_id=chain_id, contract="LicenseMarket", name__in=["Paused", "Unpaused"])
    newest = found.order_by(*IN_CHAIN_ORDER).last()
    return newest is not None and newest.name == "Paused"


def closed_currencies(*, chain_id: int) -> set[str]:
    """Currencies that the ledger takes no more."""
    found = ChainEvent.objects.filter(chain_id=chain_id, contract="DesignShares", name="CurrencyClosed")
    newest = {event.text("currency"): event.args["closed"] for event in found.order_by(*IN_CHAIN_ORDER)}
    return {currency for currency, closed in newest.items() if closed}


def sold_by_offers(*, chain_id: int, entry_ids: Sequence[str]) -> dict[tuple[str, str, str], int]:
    """By entry, terms and currency, how many licenses the offer has sold; what a voucher sold is not of its supply."""
    sales = LicenseSale.objects.filter(chain_id=chain_id, entry_id__in=entry_ids, voucher=ZERO_HASH)
    totals = sales.values_list("entry_id", "terms_hash", "currency").annotate(total=Sum("quantity"))
    return {tuple(key): total for *key, total in totals}


def offers_of(*, chain_id: int, entry_id: str) -> list[OfferOnShow]:
    """Offers of an entry that anyone can buy here now, under terms that we know, cheapest first."""
    offers = current_offers(chain_id=chain_id, entry_ids=[entry_id])
    templates = {t.terms_hash: t for t in LicenseTemplate.objects.filter(terms_hash__in=[o.terms_hash for o in offers])}
    sold = sold_by_offers(chain_id=chain_id, entry_ids=[entry_id])
    return [
        OfferOnShow(
            offer=offer,
            template=templates[offer.terms_hash],
            left=max(0, offer.supply - sold.get((entry_id, offer.terms_hash, offer.currency), 0))
            if offer.supply
            else None,
        )
        for offer in offers
        if offer.terms_hash in templates
    ]
