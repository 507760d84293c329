"""What is on offer, who holds which license, and whether its download is open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Exists, F, Max, Min, OuterRef, Q, Sum, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.fields import UintField
from common.identifiers import ZERO_ADDRESS, ZERO_HASH
from contracts.chains import Chain, chain
from contracts.errors import ChainNotDeployed
from contracts.models import ChainEvent
from contracts.selectors import sync_status
from designs.models import Design, EntryStatus
from designs.selectors import entry_status
from licensing.models import (
    EntryClosing,
    LicenseExpiry,
    LicenseMovement,
    LicenseRevocation,
    LicenseSale,
    LicenseTemplate,
    Offer,
)

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


@dataclass(frozen=True)
class HeldLicense:
    """A license somebody holds, `quantity` of it. `confirmations` counts from the block it first arrived in; `ended`
    says why it gives no rights any more: "revoked", "expired", or nothing. Of a license that was revoked and bought
    again, only the valid ones are counted.
    """

    license_id: int
    entry_id: str
    quantity: int
    design: Design
    template: LicenseTemplate | None
    confirmations: int
    needed: int
    ended: str = ""
    expires_at: datetime | None = None

    @property
    def download_open(self) -> bool:
        return not self.ended and self.confirmations >= self.needed


def licenses_of(*, user: User, license_id: int | None = None, limit: int = 200) -> list[HeldLicense]:
    """The licenses at a user's custody address, newest first, by the projections alone."""
    here = chain()
    holder = user.custody_key.address
    into = When(receiver=holder, then=F("quantity"))
    out_of = When(sender=holder, then=F("quantity"))
    zero = Value(0, output_field=UintField())
    rows = LicenseMovement.objects.filter(Q(receiver=holder) | Q(sender=holder), chain_id=here.chain_id)
    if license_id is not None:
        rows = rows.filter(license_id=license_id)
    held = list(
        rows.values("license_id", "entry_id")
        .annotate(
            quantity=Sum(
                Case(into, default=zero, output_field=UintField())
                - Case(out_of, default=zero, output_field=UintField()),
                output_field=UintField(),
            ),
            first_block=Min("event__block__number", filter=Q(receiver=holder)),
            last_block=Max("event__block__number", filter=Q(receiver=holder)),
        )
        .filter(quantity__gt=0)
        .order_by("-last_block")[:limit]
    )
    designs = {
        design.entry_id: design
        for design in Design.objects.filter(chain_id=here.chain_id, entry_id__in=[row["entry_id"] for row in held])
        .select_related("owner")
        .prefetch_related("versions__previews")
    }
    templates = {f"{t.terms_hash[2:26]}": t for t in LicenseTemplate.objects.all()}
    head = sync_status(here).indexed
    revoked = _revoked(here, holder)
    expiries = _expiries(here, [row["license_id"] for row in held])
    now = timezone.now()
    return [
        HeldLicense(
            license_id=row["license_id"],
            entry_id=row["entry_id"],
            quantity=row["quantity"] - revoked.get(row["license_id"], 0) or row["quantity"],
            design=designs[row["entry_id"]],
            template=templates.get(f"{row['license_id'] >> 32 & (1 << 96) - 1:024x}"),
            confirmations=max(0, head - row["first_block"] + 1),
            needed=here.confirmations,
            ended=(
                "revoked"
                if row["quantity"] <= revoked.get(row["license_id"], 0)
                else _expired(expiries.get(row["license_id"]), now)
            ),
            expires_at=expiries.get(row["license_id"]),
        )
        for row in held
        if row["entry_id"] in designs
    ]


def _revoked(chain: Chain, holder: str) -> dict[int, int]:
    """How many of each license this holder has that are revoked. They cannot leave, so the number only grows."""
    rows = LicenseRevocation.objects.filter(chain_id=chain.chain_id, holder=holder)
    return dict(rows.values_list("license_id").annotate(number=Max("quantity")))


def _expiries(chain: Chain, license_ids: Sequence[int]) -> dict[int, datetime | None]:
    """When those of these licenses end that ever do."""
    rows = LicenseExpiry.objects.filter(chain_id=chain.chain_id, license_id__in=license_ids)
    return dict(rows.values_list("license_id").annotate(until=Max("expires_at")))


def _expired(until: datetime | None, now: datetime) -> str:
    return "expired" if until is not None and until <= now else ""


def held_entries(*, user: User, entry_ids: Sequence[str]) -> set[str]:
    """Which of these entries the user holds any license of that is valid."""
    wanted = set(entry_ids)
    return {held.entry_id for held in licenses_of(user=user) if held.entry_id in wanted and not held.ended}
