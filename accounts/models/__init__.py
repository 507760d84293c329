from accounts.models.custody import CustodyKey, SigningConfirmation
from accounts.models.notification import MutedMail, Notification
from accounts.models.user import User
from accounts.models.wallet import Wallet, WalletChallenge, WalletEvent

__all__ = [
    "CustodyKey",
    "MutedMail",
    "Notification",
    "SigningConfirmation",
    "User",
    "Wallet",
    "WalletChallenge",
    "WalletEvent",
]
