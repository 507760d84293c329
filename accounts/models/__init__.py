from accounts.models.custody import CustodyKey, SigningConfirmation
from accounts.models.notification import Notification
from accounts.models.user import User

__all__ = ["CustodyKey", "Notification", "SigningConfirmation", "User"]
