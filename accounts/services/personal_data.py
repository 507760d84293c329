"""What we know about a person, gathered from every app that registered an exporter."""

from typing import Any

from accounts.hooks import exporters
from accounts.models import User, Wallet, WalletEvent


def export_personal_data(*, user: User) -> dict[str, Any]:
    """JSON-ready data by app."""
    return {app: exporter(user) for app, exporter in sorted(exporters().items())}


def own_data(user: User) -> dict[str, Any]:
    """The exporter of accounts itself. Keys and passwords are no part of it: the key has its own page."""
    custody = user.custody_key
    return {
        "public_id": str(user.public_id),
        "email": user.email,
        "display_name": user.display_name,
        "created_at": user.created_at.isoformat(),
        "custody_address": custody.address,
        "custody_key_exported_at": custody.exported_at.isoformat() if custody.exported_at else None,
        "wallets": [
            {
                "address": wallet.address,
                "kind": wallet.kind,
                "label": wallet.label,
                "linked_at": wallet.linked_at.isoformat(),
                "last_used_at": wallet.last_used_at.isoformat() if wallet.last_used_at else None,
            }
            for wallet in user.wallets.all()
        ],
        "wallet_events": [
            {"address": event.address, "action": event.action, "at": event.at.isoformat()}
            for event in user.wallet_events.all()
        ],
        "signatures": [
            {
                "purpose": confirmation.purpose,
                "digest": confirmation.digest,
                "confirmed_at": confirmation.confirmed_at.isoformat(),
            }
            for confirmation in user.signing_confirmations.all()
        ],
        "notifications": [
            {"subject": one.subject, "body": one.body, "created_at": one.created_at.isoformat()}
            for one in user.notifications.all()
        ],
    }


def forget_wallets(user: User) -> None:
    """The eraser of accounts: the link from a person to their wallets goes, what the chain shows stays (law 13)."""
    Wallet.objects.filter(user=user).delete()
    WalletEvent.objects.filter(user=user).delete()
