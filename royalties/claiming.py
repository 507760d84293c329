"""What waits for a person, by the address that holds the shares, and where their claims stand."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from accounts.models import User
from accounts.selectors import addresses_of
from common.money import Currency
from contracts.chains import chain
from contracts.currencies import currency_at
from royalties.models import ClaimRequest
from royalties.selectors import earning_totals

State = ClaimRequest.State
TOLD_FOR = timedelta(days=1)


@dataclass(frozen=True)
class Waiting:
    """One address and currency. `claim` is the newest wish to be paid it, while there is something to say of it."""

    address: str
    custody: bool
    currency_address: str
    currency: Currency
    amount: int
    designs: int
    claim: ClaimRequest | None

    @property
    def going(self) -> bool:
        return self.claim is not None and self.claim.state == State.GOING


@dataclass(frozen=True)
class ClaimBox:
    """Everything that waits. `addresses` are the person's, the custody address first."""

    waiting: list[Waiting]
    addresses: list[str]

    @property
    def going(self) -> bool:
        return any(one.going for one in self.waiting)

    @property
    def by_wallet(self) -> bool:
        return any(not one.custody for one in self.waiting)


def claim_box(*, person: User) -> ClaimBox:
    """What waits for each of the person's addresses. A query for each address, and three more."""
    here = chain()
    addresses = addresses_of(person)
    claims = _newest_claims(person, here.chain_id)
    waiting = []
    for place, address in enumerate(addresses):
        sums: dict[str, list[int]] = defaultdict(list)
        for total in earning_totals(chain_id=here.chain_id, holder=address):
            if total.claimable > 0:
                sums[total.currency].append(total.claimable)
        for currency in sorted({*sums, *(on for holder, on in claims if holder == address)}):
            one = Waiting(
                address=address,
                custody=place == 0,
                currency_address=currency,
                currency=currency_at(currency, here),
                amount=sum(sums[currency]),
                designs=len(sums[currency]),
                claim=claims.get((address, currency)),
            )
            if one.amount or one.going:
                waiting.append(one)
    return ClaimBox(waiting=waiting, addresses=addresses)


def _newest_claims(person: User, chain_id: int) -> dict[tuple[str, str], ClaimRequest]:
    """By holder and currency the newest claim, if it goes on or ended badly a short time ago."""
    rows = ClaimRequest.objects.filter(person=person, chain_id=chain_id, updated_at__gt=timezone.now() - TOLD_FOR)
    open_ones = ClaimRequest.objects.filter(person=person, chain_id=chain_id, state=State.GOING)
    newest: dict[tuple[str, str], ClaimRequest] = {}
    for claim in (rows | open_ones).exclude(state=State.ASKED).order_by("id"):
        newest[claim.holder, claim.currency] = claim
    return {key: claim for key, claim in newest.items() if claim.state in (State.GOING, State.FAILED)}
