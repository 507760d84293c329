"""Reading accounts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from rest_framework.authtoken.models import Token

from accounts.models import CustodyKey, Notification, User


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


def names_of(addresses: Iterable[str]) -> dict[str, str]:
    """Display names by custody address, of those addresses that are ours."""
    keys = CustodyKey.objects.filter(address__in=list(addresses)).select_related("user")
    return {key.address: key.user.display_name for key in keys}
