"""Reading accounts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db.models import QuerySet
from rest_framework.authtoken.models import Token

from accounts.models import CustodyKey, MutedMail, Notification, User, Wallet, WalletEvent

WALLET_EVENTS_SHOWN = 20


@dataclass(frozen=True)
class AccountOverview:
    """What the account page shows. The API token itself is shown only when it is made."""

    custody: CustodyKey
    api_token_made_at: datetime | None
    signatures: int
    wallets: list[Wallet]
    wallet_events: list[WalletEvent]
    ways_in: "WaysIn"


@dataclass(frozen=True)
class WaysIn:
    """By what a person can sign in; a passkey counts when it works without a password."""

    has_password: bool
    passkeys: int
    wallets: int


def ways_in(user: User) -> WaysIn:
    keys = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    return WaysIn(
        has_password=user.has_usable_password(),
        passkeys=sum(key.wrap().is_passwordless is True for key in keys),
        wallets=Wallet.objects.filter(user=user).count(),
    )


def account_overview(user: User) -> AccountOverview:
    return AccountOverview(
        custody=CustodyKey.objects.get(user=user),
        api_token_made_at=Token.objects.filter(user=user).values_list("created", flat=True).first(),
        signatures=user.signing_confirmations.count(),
        wallets=list(Wallet.objects.filter(user=user)),
        wallet_events=list(WalletEvent.objects.filter(user=user)[:WALLET_EVENTS_SHOWN]),
        ways_in=ways_in(user),
    )


def notifications_of(user: User) -> QuerySet[Notification]:
    """Newest first."""
    return Notification.objects.filter(user=user)


def unread_number(user: User) -> int:
    """How many notifications a person has not read; 100 stands for more."""
    return Notification.objects.filter(user=user, read_at__isnull=True).order_by()[:100].count()


def muted_kinds(user: User) -> set[str]:
    """Kinds of notifications that a person wants no mail of."""
    return set(MutedMail.objects.filter(user=user).values_list("kind", flat=True))


def addresses_of(user: User) -> list[str]:
    """Every address that is this person's: the custody address first, then their linked wallets as they came."""
    custody = CustodyKey.objects.filter(user=user).values_list("address", flat=True)
    wallets = Wallet.objects.filter(user=user).order_by("id").values_list("address", flat=True)
    return [*custody, *wallets]


def linked_wallet(address: str) -> Wallet | None:
    """The wallet at this address with its account, when it is linked to one."""
    return Wallet.objects.select_related("user").filter(address=address).first()


def names_of(addresses: Iterable[str]) -> dict[str, str]:
    """Display names by address, of those that are somebody's custody address or linked wallet now."""
    asked = list(addresses)
    owners = [
        model.objects.filter(address__in=asked).values_list("address", "user__display_name")
        for model in (CustodyKey, Wallet)
    ]
    return {address: name for found in owners for address, name in found}
