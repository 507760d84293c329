"""What is on offer, who holds which license, and whether its download is open."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Case, F, Max, Min, Q, Sum, Value, When

from accounts.models import User
from common.fields import UintField
from contracts.chains import chain
from contracts.selectors import sync_status
from designs.models import Design
from licensing.models import LicenseMovement, LicenseSale, LicenseTemplate, Offer


@dataclass(frozen=True)
class OfferOnShow:
    """An offer with its terms; `left` is None when the supply is unlimited."""

    offer: Offer
    template: LicenseTemplate
    left: int | None

    @property
    def sold_out(self) -> bool:
        return self.left == 0


def offers_of(*, chain_id: int, entry_id: str) -> list[OfferOnShow]:
    """Offers of an entry whose terms we know, cheapest first."""
    offers = list(Offer.objects.filter(chain_id=chain_id, entry_id=entry_id).order_by("price"))
    templates = {t.terms_hash: t for t in LicenseTemplate.objects.filter(terms_hash__in=[o.terms_hash for o in offers])}
    sold = dict(
        LicenseSale.objects.filter(chain_id=chain_id, entry_id=entry_id)
        .values_list("terms_hash")
        .annotate(total=Sum("quantity"))
    )
    return [
        OfferOnShow(
            offer=offer,
            template=templates[offer.terms_hash],
            left=max(0, offer.supply - sold.get(offer.terms_hash, 0)) if offer.supply else None,
        )
        for offer in offers
        if offer.terms_hash in templates
    ]


@dataclass(frozen=True)
class HeldLicense:
    """A license somebody holds. `confirmations` counts from the block it last arrived in."""

    license_id: int
    entry_id: str
    quantity: int
    design: Design
    template: LicenseTemplate | None
    confirmations: int
    needed: int

    @property
    def download_open(self) -> bool:
        return self.confirmations >= self.needed


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
    return [
        HeldLicense(
            license_id=row["license_id"],
            entry_id=row["entry_id"],
            quantity=row["quantity"],
            design=designs[row["entry_id"]],
            template=templates.get(f"{row['license_id'] >> 32 & (1 << 96) - 1:024x}"),
            confirmations=max(0, head - row["first_block"] + 1),
            needed=here.confirmations,
        )
        for row in held
        if row["entry_id"] in designs
    ]


def held_entries(*, user: User, entry_ids: Sequence[str]) -> set[str]:
    """Which of these entries the user holds any license of."""
    return {held.entry_id for held in licenses_of(user=user) if held.entry_id in set(entry_ids)}
