"""Who holds which license, by the chain alone, and whether its download is open."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, F, Max, Min, Q, Sum, Value, When
from django.utils import timezone

from accounts.models import User
from accounts.selectors import addresses_of
from common.fields import UintField
from contracts.chains import Chain, chain
from contracts.selectors import sync_status
from designs.models import Design, EntryVersion
from designs.selectors import cover_previews
from licensing.models import LicenseExpiry, LicenseMovement, LicenseRevocation, LicenseSale, LicenseTemplate

PAGE = 24
_CURSOR = re.compile(r"([0-9]{1,18})\.([0-9]{1,78})")


@dataclass(frozen=True)
class HeldLicense:
    """A license somebody holds at some of their addresses, `quantity` of it in all. `confirmations` counts from the
    block it first arrived in; `ended` says why it gives no rights any more: "revoked", "expired", or nothing. Of a
    license that was revoked and bought again, only the valid ones are counted. `version` is the one that was bought.
    """

    license_id: int
    entry_id: str
    quantity: int
    design: Design
    template: LicenseTemplate | None
    confirmations: int
    needed: int
    holder: str
    ended: str = ""
    expires_at: datetime | None = None
    version: int = 1
    newest_version: int = 1

    @property
    def download_open(self) -> bool:
        return not self.ended and self.confirmations >= self.needed


@dataclass(frozen=True)
class Shelf:
    """A page of a library; `following` is the cursor of the next one, or None."""

    licenses: list[HeldLicense]
    following: str | None


def shelf_of(*, user: User, query: str = "", after: str = "", limit: int = PAGE) -> Shelf:
    """A page of what a person holds, newest first, of designs whose title or creator has these words."""
    found = _CURSOR.fullmatch(after)
    key = (int(found[1]), int(found[2])) if found else None
    rows = _rows(addresses_of(user), query=query, after=key, limit=limit + 1)
    following = f"{rows[limit - 1]['last_block']}.{rows[limit - 1]['license_id']}" if len(rows) > limit else None
    return Shelf(_held(addresses_of(user), rows[:limit]), following)


def licenses_of(*, user: User, license_id: int | None = None, limit: int = 200) -> list[HeldLicense]:
    """The licenses at all addresses of a user, newest first, by the projections alone."""
    holders = addresses_of(user)
    return _held(holders, _rows(holders, license_id=license_id, limit=limit))


def held_entries(*, user: User, entry_ids: Sequence[str]) -> set[str]:
    """Which of these entries the user holds any license of that is valid."""
    wanted = set(entry_ids)
    return {held.entry_id for held in licenses_of(user=user) if held.entry_id in wanted and not held.ended}


def _rows(
    holders: Sequence[str],
    *,
    license_id: int | None = None,
    query: str = "",
    after: tuple[int, int] | None = None,
    limit: int,
) -> list[dict]:
    """Licenses that these addresses together have, with the blocks of their first and last arrival."""
    chain_id = chain().chain_id
    into = When(receiver__in=holders, then=F("quantity"))
    out_of = When(sender__in=holders, then=F("quantity"))
    zero = Value(0, output_field=UintField())
    rows = LicenseMovement.objects.filter(Q(receiver__in=holders) | Q(sender__in=holders), chain_id=chain_id)
    if license_id is not None:
        rows = rows.filter(license_id=license_id)
    if query:
        named = Design.objects.filter(
            Q(title__icontains=query) | Q(owner__display_name__icontains=query), chain_id=chain_id
        )
        rows = rows.filter(entry_id__in=named.values("entry_id"))
    found = (
        rows.values("license_id", "entry_id")
        .annotate(
            quantity=Sum(
                Case(into, default=zero, output_field=UintField())
                - Case(out_of, default=zero, output_field=UintField()),
                output_field=UintField(),
            ),
            first_block=Min("event__block__number", filter=Q(receiver__in=holders)),
            last_block=Max("event__block__number", filter=Q(receiver__in=holders)),
        )
        .filter(quantity__gt=0)
    )
    if after is not None:
        found = found.filter(Q(last_block__lt=after[0]) | Q(last_block=after[0], license_id__lt=after[1]))
    return [dict(row) for row in found.order_by("-last_block", "-license_id")[:limit]]


def _held(holders: Sequence[str], rows: Sequence[dict]) -> list[HeldLicense]:
    here = chain()
    entry_ids, license_ids = [row["entry_id"] for row in rows], [row["license_id"] for row in rows]
    designs = {
        design.entry_id: design
        for design in Design.objects.filter(chain_id=here.chain_id, entry_id__in=entry_ids)
        .select_related("owner")
        .prefetch_related(cover_previews())
    }
    templates = {f"{t.terms_hash[2:26]}": t for t in LicenseTemplate.objects.all()} if rows else {}
    head = sync_status(here).indexed
    valid, where = _valid(here, holders, license_ids)
    expiries = _expiries(here, license_ids)
    bought, newest = _versions(here, holders, license_ids, entry_ids)
    now = timezone.now()
    return [
        HeldLicense(
            license_id=row["license_id"],
            entry_id=row["entry_id"],
            quantity=valid.get(row["license_id"], 0) or row["quantity"],
            design=designs[row["entry_id"]],
            template=templates.get(f"{row['license_id'] >> 32 & (1 << 96) - 1:024x}"),
            confirmations=max(0, head - row["first_block"] + 1),
            needed=here.confirmations,
            holder=where.get(row["license_id"], holders[0]),
            ended=(
                _expired(expiries.get(row["license_id"]), now) if valid.get(row["license_id"], 0) > 0 else "revoked"
            ),
            expires_at=expiries.get(row["license_id"]),
            version=bought.get(row["license_id"], 1),
            newest_version=newest.get(row["entry_id"], 1),
        )
        for row in rows
        if row["entry_id"] in designs
    ]


def _valid(chain: Chain, holders: Sequence[str], license_ids: Sequence[int]) -> tuple[dict[int, int], dict[int, str]]:
    """How many of each license these addresses have that are not revoked, and an address that has them.

    What is revoked cannot leave its address, so its number there only grows.
    """
    here = LicenseMovement.objects.filter(chain_id=chain.chain_id, license_id__in=license_ids)
    held: dict[tuple[int, str], int] = {}
    for end, sign in (("receiver", 1), ("sender", -1)):
        moved = here.filter(**{f"{end}__in": holders}).order_by().values_list("license_id", end)
        for license_id, address, number in moved.annotate(number=Sum("quantity", output_field=UintField())):
            held[license_id, address] = held.get((license_id, address), 0) + sign * number
    rows = LicenseRevocation.objects.filter(chain_id=chain.chain_id, holder__in=holders, license_id__in=license_ids)
    revoked = rows.order_by().values_list("license_id", "holder").annotate(number=Max("quantity"))
    for license_id, address, number in revoked:
        held[license_id, address] = held.get((license_id, address), 0) - number
    valid: dict[int, int] = {}
    where: dict[int, str] = {}
    for (license_id, address), number in sorted(held.items(), key=lambda item: holders.index(item[0][1])):
        if number > 0:
            valid[license_id] = valid.get(license_id, 0) + number
            where.setdefault(license_id, address)
    return valid, where


def _versions(
    chain: Chain, holders: Sequence[str], license_ids: Sequence[int], entry_ids: Sequence[str]
) -> tuple[dict[int, int], dict[str, int]]:
    """The version that each license was last bought at, and the newest one of each entry."""
    sales = LicenseSale.objects.filter(chain_id=chain.chain_id, holder__in=holders, license_id__in=license_ids)
    bought = dict(sales.order_by().values_list("license_id").annotate(version=Max("version")))
    later = EntryVersion.objects.filter(chain_id=chain.chain_id, entry_id__in=entry_ids)
    return bought, dict(later.order_by().values_list("entry_id").annotate(number=Max("number")))


def _expiries(chain: Chain, license_ids: Sequence[int]) -> dict[int, datetime | None]:
    """When those of these licenses end that ever do."""
    rows = LicenseExpiry.objects.filter(chain_id=chain.chain_id, license_id__in=license_ids)
    return dict(rows.values_list("license_id").annotate(until=Max("expires_at")))


def _expired(until: datetime | None, now: datetime) -> str:
    return "expired" if until is not None and until <= now else ""
