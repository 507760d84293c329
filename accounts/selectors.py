"""Reading accounts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from rest_framework.authtoken.models import Token

from accounts.models import CustodyKey, Notification, User, Wallet


@dataclass(frozen=True)
class AccountOverview:
    """What the account page shows. The API token itself is shown only when it is made."""

    custody: CustodyKey
    api_token_made_at: datetime | None
    signatures: int


def account_overview(user: User) -> AccountOverview:
    return AccountOverview(
        custody=CustodyKey.objects.get(user=user),
        api_token_made_at=Token.objects.filter(user=user).values_list("created", flat=True).first(),
        signatures=user.signing_confirmations.count(),
    )


def notifications_of(user: User) -> QuerySet[Notification]:
    """Newest first."""
    return Notification.objects.filter(user=user)


def addresses_of(user: User) -> list[str]:
    """Every address that is this person's: the custody address first, then their linked wallets as they came."""
    custody = CustodyKey.objects.filter(user=user).values_list("address", flat=True)
    wallets = Wallet.objects.filter(user=user).order_by("id").values_list("address", flat=True)
    return [*custody, *wallets]


def names_of(addresses: Iterable[str]) -> dict[str, str]:
    """Display names by address, of those that are somebody's custody address or linked wallet now."""
    asked = list(addresses)
    owners = [
        model.objects.filter(address__in=asked).values_list("address", "user__display_name")
        for model in (CustodyKey, Wallet)
    ]
    return {address: name for found in owners for address, name in found}
