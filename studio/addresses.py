"""Which address of a person holds the shares that are given to them, and who signs for it (docs/decisions/0017)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import CustodyKey, User, Wallet
from studio.models import ShareAddress


@dataclass(frozen=True)
class OwnAddress:
    """An address of a person: the one whose key Loomprint keeps for them, or a wallet that they linked."""

    address: str
    custodial: bool
    label: str = ""


def own_addresses(user: Any) -> list[OwnAddress]:
    """Every address of this person: custody first, then linked wallets as they came."""
    custody = CustodyKey.objects.get(user=user)
    wallets = Wallet.objects.filter(user=user).order_by("id")
    return [
        OwnAddress(custody.address, custodial=True),
        *(OwnAddress(wallet.address, custodial=False, label=wallet.label) for wallet in wallets),
    ]


def own_address(user: Any, address: str) -> OwnAddress | None:
    """This address, if it is this person's now."""
    return next((own for own in own_addresses(user) if own.address == address), None)


def share_addresses(users: Iterable[User]) -> dict[int, OwnAddress]:
    """Where each of these people holds new shares, by their key: as they prefer, custody where that is gone.

    Who has no password cannot have our key sign: without a preference their first wallet holds.
    """
    users = list(users)
    people = [user.pk for user in users]
    by_wallet = {user.pk for user in users if not user.has_usable_password()}
    found = {key.user_id: OwnAddress(key.address, custodial=True) for key in CustodyKey.objects.filter(user__in=people)}
    preferred = dict(ShareAddress.objects.filter(account__in=people).values_list("account_id", "address"))
    wallets = list(Wallet.objects.filter(user__in=people).order_by("-id"))
    linked = {(wallet.user_id, wallet.address) for wallet in wallets}
    wanted = {pk: address for pk, address in preferred.items() if (pk, address) in linked}
    for wallet in wallets:
        if wanted.get(wallet.user_id, wallet.address if wallet.user_id in by_wallet else "") == wallet.address:
            found[wallet.user_id] = OwnAddress(wallet.address, custodial=False, label=wallet.label)
    return found


def share_address(user: User) -> OwnAddress:
    """Where this person holds new shares."""
    return share_addresses([user])[user.pk]
