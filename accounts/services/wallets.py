"""Linking wallets to accounts, and unlinking them; both are recorded and told by e-mail."""

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import WalletRefused
from accounts.models import CustodyKey, User, Wallet, WalletEvent
from accounts.selectors import WaysIn, ways_in
from accounts.services.notifications import notify
from accounts.services.wallet_proofs import Proof

logger = structlog.get_logger(__name__)

MOST_WALLETS = 20


@transaction.atomic
def link_wallet(*, user: User, proof: Proof, label: str = "") -> Wallet:
    """Let the holder of a proven wallet into this account. Raises WalletRefused (taken, own, custody, many)."""
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    refuse_custody_address(proof.address)
    if Wallet.objects.filter(user=user).count() >= MOST_WALLETS:
        raise WalletRefused(
            "many",
            _("An account can have %(most)d wallets, and yours has that many.") % {"most": MOST_WALLETS},
            _("Unlink one that you no longer use."),
        )
    try:
        with transaction.atomic():
            wallet = Wallet.objects.create(
                user=user, address=proof.address, kind=proof.kind, label=label, last_used_at=timezone.now()
            )
    except IntegrityError:
        raise _linked_already(user, proof.address) from None
    _record(
        wallet,
        WalletEvent.Action.LINKED,
        subject=_("A wallet was linked to your account"),
        body=_(
            "The wallet %(address)s can sign in to your account from now on. "
            "If this was not you, unlink it under Account, and set a new password."
        )
        % {"address": wallet.address},
    )
    return wallet


@transaction.atomic
def unlink_wallet(*, user: User, wallet_id: int) -> Wallet:
    """End what a wallet may do here. Raises Wallet.DoesNotExist, WalletRefused when it is the last way to sign in."""
    current = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    wallet = Wallet.objects.select_related("user").get(user=current, pk=wallet_id)
    if ways_in(current) == WaysIn(has_password=False, passkeys=0, wallets=1):
        raise WalletRefused(
            "last",
            _("This wallet is your only way to sign in, so it stays linked."),
            _("Set a password, add a passkey, or link another wallet first."),
        )
    _record(
        wallet,
        WalletEvent.Action.UNLINKED,
        subject=_("A wallet was unlinked from your account"),
        body=_(
            "The wallet %(address)s cannot sign in to your account any more. What it holds on the chain stays its own. "
            "If this was not you, sign in, link it again, and set a new password."
        )
        % {"address": wallet.address},
    )
    wallet.delete()
    return wallet


@transaction.atomic
def label_wallet(*, user: User, wallet_id: int, label: str) -> None:
    """Give a wallet a name for its owner's eyes. Raises Wallet.DoesNotExist, ValidationError."""
    wallet = Wallet.objects.get(user=user, pk=wallet_id)
    wallet.label = label.strip()
    wallet.clean_fields()
    wallet.save(update_fields=["label"])


def wallet_signed_in(*, wallet: Wallet) -> None:
    """Note when the wallet was last used here."""
    Wallet.objects.filter(pk=wallet.pk).update(last_used_at=timezone.now())


def refuse_custody_address(address: str) -> None:
    """Raise WalletRefused for an address whose key we keep: its account is opened by other means."""
    if CustodyKey.objects.filter(address=address).exists():
        raise WalletRefused(
            "custody",
            _("This address is the one that Loomprint keeps for an account. It is no wallet to sign in with."),
            _("Sign in with the e-mail address of that account."),
        )


def _linked_already(user: User, address: str) -> WalletRefused:
    if Wallet.objects.filter(user=user, address=address).exists():
        return WalletRefused("own", _("This wallet is linked to your account already."))
    return WalletRefused(
        "taken",
        _("This wallet is linked to another account, and a wallet can be linked to one only."),
        _("Sign in with this wallet to reach that account, unlink it there, and link it here again."),
    )


def _record(wallet: Wallet, action: WalletEvent.Action, *, subject: str, body: str) -> None:
    event = WalletEvent.objects.create(user=wallet.user, address=wallet.address, action=action)
    notify(user=wallet.user, kind=f"wallet_{action}", key=str(event.pk), subject=subject, body=body, url="/account/")
    logger.info(f"wallet_{action}", user=str(wallet.user.public_id), address=wallet.address)
